"""The command line: a room a command group. It prints and asks; the work is done below it.

Modules of the other rooms are imported inside the commands, so that `transpacific --help` is quick.
"""
