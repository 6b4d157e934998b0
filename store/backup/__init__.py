"""Backups: the whole store in one file, taken while the service works, and put back.

`file` is the file and what stands in its header; `sqlite` and `postgresql` know how their database
is copied and replaced; `taking` and `restoring` decide what is done, and check what came of it.
"""
