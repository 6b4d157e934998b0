"""What keeps the service well: retention, clocks that were wrong, signs of life, its state."""
