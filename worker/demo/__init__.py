"""The demo wire: outlets that do not exist, their articles, and a small local web that serves them.

`wire/` holds the articles, a file an outlet; `boilerplate/` the pages they are printed on.
Everything in both is invented, and every page says so.
"""
