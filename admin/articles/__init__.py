"""What is stored: traced, purged, done again."""
