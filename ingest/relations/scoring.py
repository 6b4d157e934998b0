"""How well taggings agree with a reader's labels."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from ingest.relations.codebook import Relevance
from ingest.relations.tagging import Tagging

LEVELS = {0: Relevance.NONE, 1: Relevance.SECONDARY, 2: Relevance.PRIMARY}


class Label(NamedTuple):
    """What a reader said of a piece; `weight` is how many pieces of the stream it stands for."""

    relevance: Relevance
    topics: frozenset[str]
    stance: str | None
    weight: float = 1.0


Pairs = Sequence[tuple[Label, Tagging]]


def scores(pairs: Pairs) -> dict[str, float]:
    """F1 of relevant and primary over the stream; of relevant pieces topics' micro-F1 and the share
    of right stances. A relevant piece that the tagger missed has none of its topics."""
    about = [pair for pair in pairs if pair[0].relevance is not Relevance.NONE]
    topics = [(label.topics, {topic.id for topic in tagging.topics}) for label, tagging in about]
    named = sum(len(gold) + len(said) for gold, said in topics)
    right = sum(len(gold & said) for gold, said in topics)
    stances = sum(label.stance == tagging.stance for label, tagging in about)
    return {
        "relevant_f1": _f1(pairs, lambda relevance: relevance is not Relevance.NONE),
        "primary_f1": _f1(pairs, lambda relevance: relevance is Relevance.PRIMARY),
        "topics_f1": 2 * right / named if named else 0.0,
        "stance_accuracy": stances / len(about) if about else 0.0,
    }


def _f1(pairs: Pairs, meant: Callable[[Relevance], bool]) -> float:
    hit = either = 0.0
    for label, tagging in pairs:
        yes, say = meant(label.relevance), meant(tagging.relevance)
        hit += label.weight * (yes and say)
        either += label.weight * (yes + say)
    return 2 * hit / either if either else 0.0
