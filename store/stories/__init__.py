"""Which texts are one story: the decision, the joining, the merging, and what is kept of each."""
