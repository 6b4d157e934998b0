"""What an article is, and how bytes become one. No database, no broker, no clock of its own."""
