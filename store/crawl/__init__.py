"""Whose turn it is to ask a host, which pages are due, and when the network was away."""
