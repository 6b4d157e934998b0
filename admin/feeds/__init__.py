"""Feeds and archives: added, checked, polled, imported."""
