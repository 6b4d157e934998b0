"""The store as it was: what articles and stories showed at a time that is past.

`states` keeps what an article shows before it shows something else, `shown` reads what articles
showed at a time, `stories` puts the stories of that time together from their articles, and
`finding` answers questions among them, with `matching` for texts that the index does not hold any
more.

Sources are called by their names and countries of today, and what was purged, or seen in a feed
that was removed, is not brought back.
"""
