"""What a dry run found: how many articles would change, which way, with examples of each."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from store.reprocessing import Labels, Redone

# So many examples of each kind of change are kept: two screens.
EXAMPLES = 20
# The heaviest words of the new evidence that an example shows.
WORDS_SHOWN = 5
# A text that grew or shrank by more than this part of its length is told of.
GREW = 0.1


@dataclass(frozen=True, slots=True)
class Outcome:
    """What doing an article again would change, without its texts."""

    article_id: int
    story_id: int
    url: str
    title: str
    before: Labels | None
    after: Labels | None
    length_before: int  # characters
    length_after: int
    rewritten: bool  # the title or the text is another
    evidence: tuple[str, ...]
    moves_to: str | None = None  # another story, told in words
    error: str | None = None


@dataclass
class Report:
    """Counts and examples, by kind of change; a kind is a short phrase as people read it."""

    articles: int = 0
    errors: list[str] = field(default_factory=list)
    relevance: Counter[str] = field(default_factory=Counter)
    stance: Counter[str] = field(default_factory=Counter)
    topics_gained: Counter[str] = field(default_factory=Counter)
    topics_lost: Counter[str] = field(default_factory=Counter)
    texts: Counter[str] = field(default_factory=Counter)
    stories: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[Outcome]] = field(default_factory=dict)

    def described(self) -> dict[str, Any]:
        """The report as plain JSON values."""
        return {
            "articles": self.articles,
            "errors": self.errors,
            "relevance": dict(self.relevance),
            "stance": dict(self.stance),
            "topics_gained": dict(self.topics_gained),
            "topics_lost": dict(self.topics_lost),
            "texts": dict(self.texts),
            "stories": dict(self.stories),
            "examples": {
                kind: [
                    {
                        "article": example.article_id,
                        "story": example.story_id,
                        "url": example.url,
                        "title": example.title,
                        "evidence": list(example.evidence),
                    }
                    for example in examples
                ]
                for kind, examples in self.examples.items()
            },
        }


def outcome(redone: Redone) -> Outcome:
    """The part of a result that a report is made of."""
    standing, document, judgement = redone.standing, redone.document, redone.judgement
    evidence = sorted(judgement.evidence, key=lambda item: -abs(item.weight)) if judgement else ()
    return Outcome(
        article_id=standing.article_id,
        story_id=standing.story_id,
        url=standing.url,
        title=document.title if document else standing.title,
        before=standing.labels,
        after=redone.labels,
        length_before=len(standing.text),
        length_after=len(document.text) if document else len(standing.text),
        rewritten=document is not None,
        evidence=tuple(dict.fromkeys(item.text for item in evidence if item.text))[:WORDS_SHOWN],
        moves_to=redone.moves_to,
        error=redone.error,
    )


def report(outcomes: Iterable[Outcome]) -> Report:
    """Count what would change, and keep the first examples of each kind."""
    made = Report()
    for each in sorted(outcomes, key=lambda each: each.article_id):
        made.articles += 1
        if each.error is not None:
            made.errors.append(f"article {each.article_id}: {each.error}")
            continue
        _count_labels(made, each)
        _count_text(made, each)
        if each.moves_to is not None:
            _count(made, made.stories, each.moves_to, each)
    return made


def _count_labels(made: Report, each: Outcome) -> None:
    before, after = each.before, each.after
    if after is None:
        return
    was = before.relevance if before else "untagged"
    if was != after.relevance:
        _count(made, made.relevance, f"{was} -> {after.relevance}", each)
    if before is None:
        return
    if before.stance != after.stance:
        _count(made, made.stance, f"{before.stance or 'none'} -> {after.stance or 'none'}", each)
    for topic in sorted(set(after.topics) - set(before.topics)):
        _count(made, made.topics_gained, topic, each, kind=f"+ {topic}")
    for topic in sorted(set(before.topics) - set(after.topics)):
        _count(made, made.topics_lost, topic, each, kind=f"- {topic}")


def _count_text(made: Report, each: Outcome) -> None:
    before, after = each.length_before, each.length_after
    if after > before * (1 + GREW):
        _count(made, made.texts, "grew by more than a tenth", each)
    elif after < before * (1 - GREW):
        _count(made, made.texts, "shrank by more than a tenth", each)
    elif each.rewritten:
        _count(made, made.texts, "changed by less", each)


def _count(
    made: Report, counter: Counter[str], key: str, each: Outcome, *, kind: str | None = None
) -> None:
    counter[key] += 1
    examples = made.examples.setdefault(kind or key, [])
    if len(examples) < EXAMPLES:
        examples.append(each)
