"""A host and what is asked of it: leases, feeds, pages."""
