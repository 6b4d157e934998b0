"""When to ask, when to ask again, and what an answer means."""
