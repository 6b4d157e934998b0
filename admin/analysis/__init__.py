"""What analysts ask: stories, counts, revisions, SQL, exports."""
