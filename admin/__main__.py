"""`python -m admin` is `transpacific`."""

from admin.app import main

main()
