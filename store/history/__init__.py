"""The store as it was: what articles and stories showed at a time that is past.

`recording` keeps what an article shows before it shows something else, `articles_as_of` reads what
articles showed at a time, and `stories_as_of` puts the stories of that time together from their
articles. Questions among them are answered in `store.search.as_of`.

Sources are called by their names and countries of today, and what was purged, or seen in a feed
that was removed, is not brought back.
"""
