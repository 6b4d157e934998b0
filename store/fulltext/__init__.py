"""Full-text search over stories, in English and Chinese, with the same answers on both databases.

`grammar` reads what is typed, `words` and `documents` say what is indexed, `sqlite` and
`postgresql` keep the index and ask it, `indexing` follows the stories as they change, `finding`
answers questions, `ranking` tells which answers are best, and `snippets` shows where the words
stand.
"""
