"""Articles of other archives: lists of addresses, saved pages, WARC."""
