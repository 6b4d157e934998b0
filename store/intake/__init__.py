"""What comes in: feeds and their polls, entries, sources, imports."""
