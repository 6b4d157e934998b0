"""What is remembered: tables, migrations, and one module a subject that reads and writes them.

Every write is one transaction (`Database.writing`) behind one function; nothing else in the house
writes SQL. A new table goes to `tables/` with a migration beside it, a new query to the module
that is named after its subject.
"""
