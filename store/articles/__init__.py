"""An article's way from bytes to a tagged revision, and its end."""
