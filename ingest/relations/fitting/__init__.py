"""Fitting the tagger's model to labelled pieces. Needs PyTorch, which nothing else here does:
`make fit-tagger` sets up an environment of its own. The service never imports this package."""
