"""The bytes of a page to an article: its text, title, date and authors, and what it is worth."""
