"""Full-text search over stories, in English and Chinese, with the same answers on both databases.

`query` reads what is typed and `filters` what else is asked for, `tokens` and `documents` say what
is indexed, `sqlite_fts` and `postgresql_fts` keep the index and ask it, `index` follows the stories
as they change, `search` answers questions, `ranking` tells which answers are best, `highlights`
shows where the words stand, and `results` reads what is shown of a story. `as_of` answers the same
questions as of a time that is past, with `matching` for texts that the index does not hold any
more; `aggregates` counts answers, `coverage` counts all that is printed.
"""
