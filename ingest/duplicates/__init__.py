"""Which texts are copies of each other: keys that find them, and the decision."""
