"""Stored articles done again: which, what is put in place of what, and how it is undone."""
