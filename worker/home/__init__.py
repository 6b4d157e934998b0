"""The home of the embedded service: who holds it, and the room that it takes on disk."""
