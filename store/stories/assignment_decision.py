"""Which story an article belongs to: the decision, from what the database knows of its text."""

from collections.abc import Sequence
from dataclasses import dataclass

from store.stories.near_duplicates import Copy

FIRST = "first of its text"
NO_TEXT = "its page shows no text of its own"
BOILERPLATE = "its text stands under other headlines of its source as well"


@dataclass(frozen=True, slots=True)
class Same:
    """The story that exactly this text stands for, and the article that brought it.

    `article_id` is None where that article was purged. `is_boilerplate`: the source prints the
    text under another headline too, so that it tells nothing of a page that shows no more.
    """

    story_id: int
    article_id: int | None
    is_boilerplate: bool = False

    @property
    def because(self) -> str:
        """Why an article with this text is in that story."""
        whose = "another article" if self.article_id is None else f"article {self.article_id}"
        return f"the same text as {whose}"


@dataclass(frozen=True, slots=True)
class StoryDecision:
    """Where an article goes.

    `stories`: the one that it is in from now on; a new one where there is none; where there are
    several, they are one story, as this text shows. `because` is None where it stays in its own.
    `stands`: the text stands for that story, so that copies of it join it.
    """

    stories: tuple[int, ...]
    because: str | None
    stands: bool


def place(
    current: int | None, same: Same | None, copies: Sequence[Copy], *, alone: bool, has_text: bool
) -> StoryDecision:
    """Decide on an article that is in the story `current`, if in any, `alone` or with others.

    An article stays in its story when it is edited, and its new text stands for it too; but one
    that was alone in its story, and now has a text that others carry, brings its story to theirs.
    """
    if same is not None and same.is_boilerplate and same.story_id != current:
        if current is None:
            return StoryDecision((), BOILERPLATE, stands=False)
        return StoryDecision((current,), None, stands=False)
    if same is not None:
        others, because = [same.story_id], same.because
    elif copies:
        others = [copy.story_id for copy in copies]
        because = f"a copy of article {copies[0].article_id}: {copies[0].because}"
    else:
        others, because = [], FIRST if has_text else NO_TEXT
    if current is None:
        return StoryDecision(tuple(others), because, stands=same is None)
    others = [story_id for story_id in others if story_id != current]
    if alone and others:
        return StoryDecision((current, *others), because, stands=same is None)
    return StoryDecision((current,), None, stands=same is None)


def place_again(
    current: int, same: Same | None, own: Copy | None, copies: Sequence[Copy], *, is_first: bool
) -> StoryDecision:
    """Decide on an article of the story `current` once more.

    `own` is a text of another article in that story, of which it is a copy; `copies` stand for
    other stories. The article that its story was seen in first stays in it; any other stays as
    long as it is a copy of something there.
    """
    elsewhere = [copy.story_id for copy in copies]
    because = f"a copy of article {copies[0].article_id}: {copies[0].because}" if copies else FIRST
    if same is not None and same.story_id != current:
        elsewhere = [same.story_id]
        because = same.because
    if is_first or own is not None or (same is not None and same.story_id == current):
        return StoryDecision((current, *elsewhere), because if elsewhere else None, stands=True)
    return StoryDecision(tuple(elsewhere), because, stands=True)
