"""What leaves the store as files: rows, pages, and what made them."""
