"""What a dry run found: how many articles would change, which way, with examples of each."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from store.reprocessing.redo import Labels, Redone
from store.stories.assignment_decision import StoryDecision

# So many examples of each kind of change are kept: two screens.
EXAMPLES = 20
# Words of the evidence that an example shows.
WORDS_SHOWN = 5
# A text that grew or shrank by more than this part of its length is told of.
GREW = 0.1

# A topic (None: of none alone) and the words that speak for it.
Mark = tuple[str | None, str]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What doing an article again would change, without its texts."""

    article_id: int
    story_id: int = 0
    url: str = ""
    title: str = ""
    before: Labels | None = None
    after: Labels | None = None
    marks_before: tuple[Mark, ...] = ()  # the heaviest first; none where no label changes
    marks_after: tuple[Mark, ...] = ()
    length_before: int = 0  # characters
    length_after: int = 0
    rewritten: bool = False  # the title or the text is another
    without_page: bool = False  # its page is let go: the text stays as it was read
    moves_to: str | None = None  # another story, told in words
    because: str | None = None  # and why
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Example:
    """An article that would change; the evidence is for the change that it is an example of."""

    article: int
    story: int
    url: str
    title: str
    evidence: tuple[str, ...]


@dataclass
class Report:
    """Counts and examples, by kind of change; a kind is a short phrase as people read it."""

    articles: int = 0
    without_page: int = 0
    errors: list[str] = field(default_factory=list)
    relevance: Counter[str] = field(default_factory=Counter)
    stance: Counter[str] = field(default_factory=Counter)
    topics_gained: Counter[str] = field(default_factory=Counter)
    topics_lost: Counter[str] = field(default_factory=Counter)
    texts: Counter[str] = field(default_factory=Counter)
    stories: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[Example]] = field(default_factory=dict)

    def described(self) -> dict[str, Any]:
        """The report as plain JSON values."""
        told = {each.name: getattr(self, each.name) for each in fields(self)}
        counted = {name: dict(value) for name, value in told.items() if isinstance(value, Counter)}
        examples = {kind: list(map(asdict, shown)) for kind, shown in self.examples.items()}
        return told | counted | {"examples": examples}


def outcome(redone: Redone, placed: StoryDecision | None, before: Sequence[Mark]) -> Outcome:
    """The part of a result that a report is made of.

    `placed`: where its story's decision would lead, if it is taken again. `before`: the evidence
    of the judgement that stands, where another takes its place.
    """
    standing, document, tagger_output = redone.standing, redone.document, redone.tagger_output
    after = (
        sorted(tagger_output.evidence, key=lambda item: -abs(item.weight)) if tagger_output else ()
    )
    return Outcome(
        article_id=standing.article_id,
        story_id=standing.story_id,
        url=standing.url,
        title=document.title if document else standing.title,
        before=standing.labels,
        after=redone.labels,
        marks_before=_marks(before),
        marks_after=_marks((item.topic, item.text) for item in after) if redone.relabelled else (),
        length_before=len(standing.text),
        length_after=len(document.text) if document else len(standing.text),
        rewritten=document is not None,
        without_page=redone.without_page,
        moves_to=_moves_to(standing.story_id, placed) if placed else None,
        because=placed.because if placed else None,
        error=redone.error,
    )


def lost(article_id: int, error: str) -> Outcome:
    """Of an article that ended the process that read it."""
    return Outcome(article_id, error=error)


def _marks(marks: Iterable[Mark]) -> tuple[Mark, ...]:
    return tuple(dict.fromkeys((topic, words) for topic, words in marks if words))


def _moves_to(own: int, placed: StoryDecision) -> str | None:
    if placed.stories == (own,):
        return None
    if own in placed.stories:
        return "stories merge"
    return "moves to another story" if placed.stories else "splits off into its own story"


def report(outcomes: Iterable[Outcome]) -> Report:
    """Count what would change, and keep the first examples of each kind."""
    made = Report()
    for each in sorted(outcomes, key=lambda each: each.article_id):
        made.articles += 1
        made.without_page += each.without_page
        if each.error is not None:
            made.errors.append(f"article {each.article_id}: {each.error}")
            continue
        _count_labels(made, each)
        _count_text(made, each)
        if each.moves_to is not None:
            _count(made, made.stories, each.moves_to, each, [each.because or ""])
    return made


def _count_labels(made: Report, each: Outcome) -> None:
    before, after = each.before, each.after
    if after is None:
        return
    was = before.relevance if before else "untagged"
    if was != after.relevance:
        kind = f"{was} -> {after.relevance}"
        _count(made, made.relevance, kind, each, _difference(each))
    if before is None:
        return
    if before.stance != after.stance:
        kind = f"{before.stance or 'none'} -> {after.stance or 'none'}"
        _count(made, made.stance, kind, each, _difference(each))
    for topic in sorted(set(after.topics) - set(before.topics)):
        gained = [words for of, words in each.marks_after if of == topic]
        _count(made, made.topics_gained, topic, each, gained, kind=f"+ {topic}")
    for topic in sorted(set(before.topics) - set(after.topics)):
        lacking = [f"before: {words}" for of, words in each.marks_before if of == topic]
        _count(made, made.topics_lost, topic, each, lacking, kind=f"- {topic}")


def _difference(each: Outcome) -> list[str]:
    """The words that speak for the new judgement, and those that spoke for the old one alone."""
    before, after = (
        list(dict.fromkeys(words for _, words in marks))
        for marks in (each.marks_before, each.marks_after)
    )
    new = [words for words in after if words not in before]
    gone = [f"before: {words}" for words in before if words not in after]
    return (new[:WORDS_SHOWN] + gone[:WORDS_SHOWN]) or after[:WORDS_SHOWN]


def _count_text(made: Report, each: Outcome) -> None:
    before, after = each.length_before, each.length_after
    lengths = [f"{before:,} -> {after:,} characters"]
    if after > before * (1 + GREW):
        _count(made, made.texts, "grew by more than a tenth", each, lengths)
    elif after < before * (1 - GREW):
        _count(made, made.texts, "shrank by more than a tenth", each, lengths)
    elif each.rewritten:
        _count(made, made.texts, "changed by less", each, lengths)


def _count(
    made: Report,
    counter: Counter[str],
    key: str,
    each: Outcome,
    evidence: Sequence[str],
    *,
    kind: str | None = None,
) -> None:
    counter[key] += 1
    examples = made.examples.setdefault(kind or key, [])
    if len(examples) < EXAMPLES:
        shown = tuple(evidence[: 2 * WORDS_SHOWN])
        examples.append(Example(each.article_id, each.story_id, each.url, each.title, shown))
