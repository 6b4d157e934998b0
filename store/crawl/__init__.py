"""Who holds the lease of a host, which pages are due, and when the network was down."""
