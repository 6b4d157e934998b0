"""Is a text about US–China relations, which part of them, and why: the tagger."""

from ingest.relations.codebook import Relevance, Stance
from ingest.relations.lexicon_file import LexiconError
from ingest.relations.tagger import TAGGER_VERSION, Tagger, load_tagger, tag
from ingest.relations.tagging import Tagging, to_json

__all__ = [
    "TAGGER_VERSION",
    "LexiconError",
    "Relevance",
    "Stance",
    "Tagger",
    "Tagging",
    "load_tagger",
    "tag",
    "to_json",
]
