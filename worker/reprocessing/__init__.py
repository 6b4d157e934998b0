"""Reprocessing: stored articles taken back through extraction, the story decision and the tagger.

No network, only what is stored: `steps` says what comes of it, `working` writes it down chunk by
chunk, `here` does so with all cores of this machine, and `report` tells what a dry run found.
"""
