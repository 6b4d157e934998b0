"""What strangers send, and what goes out: a module a row of the table; `index` names them all."""
