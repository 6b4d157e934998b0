"""The embedded service: its processes, its Redis, its lock, its room on disk."""
