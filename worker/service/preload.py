"""What children need, loaded by being imported: once, by the process that they are forked from."""

from ingest.relations.tagger import load_tagger
from worker.processing import rehearse
from worker.service.process_pool import collect_seldomer

# With an operator's lexicon each child loads a tagger of its own; all else is of use to it too.
rehearse(load_tagger(None))
collect_seldomer()
