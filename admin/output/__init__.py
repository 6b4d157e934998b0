"""How results and errors are shown: tables, JSON, quotes, one line that says what to do."""
