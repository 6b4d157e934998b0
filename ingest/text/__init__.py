"""Characters: decoded, cleaned, measured, compared; which language they are in."""
