"""The bytes of a feed to its entries; lists of feeds, and feeds found on a page."""
