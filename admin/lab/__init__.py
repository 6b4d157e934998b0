"""One step of the pipeline on a file: the tagger, the extractor, the story decision."""
