"""What a document is worth: an article, too little of one, or a wall that answers with status 200.

`judge` decides from plain facts. A wall needs two things: its words, and too little else to be an
article; so an article about paywalls, or one with a "subscribe" box beside it, stays an article.
The words are in walls.toml.
"""

from dataclasses import dataclass
from functools import lru_cache

from ingest.duplicates.fingerprint import normalised
from ingest.pages.mojibake import is_mojibake
from ingest.pages.walls import (
    NOTICES,
    SPEAKS_LIKE,
    SPEAKS_LIKE_IN_PROSE,
    Quality,
    is_notice,
    is_restated,
    is_telling,
    likeness,
    padded,
    tells_news,
    walls,
)
from ingest.text.length import is_prose, letters_worth, prose_letters

__all__ = [
    "Facts",
    "Quality",
    "find_marks",
    "is_hardly_prose",
    "is_short",
    "is_wall",
    "judge",
    "may_be_a_wall",
]

# Lengths are in Latin letters; a Han character is worth three (`letters_worth`).

# Shorter than the articles of 181 hand-checked news pages (the shortest has 369 characters), and
# what trafilatura takes for too little.
SHORT_LETTERS = 250

# A text none of whose lines reaches this is a menu, or a list of names: lines of an article that is
# broken by hand run to 70.
LABEL_LETTERS = 60

# Walls say what they have to say, and name what else there is to read, in fewer letters than this.
WALL_LETTERS = 1_200

# A preview before a paywall runs to a few paragraphs. A text of more than this was given whole,
# even where the page calls itself not free (metered sites do so on every page).
PREVIEW_LETTERS = 2_000

# A longer text still ends in a paywall when its words stand in the very last lines.
TAIL_CHARS = 300

# Cookies are mentioned by every page; a wall of consent speaks of little else.
MIN_CONSENT_PHRASES = 3

# A sentence that holds more of a paywall's words than this is an offer, and no news of paywalls.
OFFERS = 0.3
# News before an offer, of which the page gave no more: some two paragraphs. With more of it, an
# offer within the text is one that readers pass by. And how many lines an offer takes.
TEASER_LETTERS = 500
LAST_LINES = 3

# What a reader sees beyond this is not looked at for a wall's words: walls are short pages.
VISIBLE_CHARS = 10_000


def is_wall(taken_from: str, quality: Quality) -> bool:
    """Whether a text is a wall's, and so nobody's: the same on every page of its site.

    What a feed gives (`taken_from`: "page" or "feed") is always the article's.
    """
    return taken_from == "page" and quality not in (Quality.OK, Quality.SHORT)


@dataclass(frozen=True, slots=True)
class Facts:
    """What the decision rests on."""

    titles: tuple[str, ...]  # the page's own, without the site's name; never the feed's
    text: str  # as extracted
    visible: str = ""  # what a reader sees of the whole page; asked for where `may_be_a_wall`
    marks: frozenset[Quality] = frozenset()  # by `find_marks`; asked for where `is_hardly_prose`
    not_free: bool = False  # JSON-LD says isAccessibleForFree: false
    home_page: bool = False  # the page says that it is the site's home page


def may_be_a_wall(text: str) -> bool:
    """Whether the text is short enough to be a wall, or a preview before one."""
    return letters_worth(text[: PREVIEW_LETTERS + 1]) <= PREVIEW_LETTERS


def is_short(text: str) -> bool:
    """Whether the text is too little to be an article."""
    return letters_worth(text[:SHORT_LETTERS]) < SHORT_LETTERS


def is_hardly_prose(text: str) -> bool:
    """Whether there is less in it that reads as sentences than an article has: a menu, a notice."""
    return prose_letters(text) < SHORT_LETTERS


def find_marks(markup: str) -> frozenset[Quality]:
    """The walls whose names, scripts or addresses stand in the page's markup."""
    lower = markup.lower()
    return frozenset(
        kind for kind, wall in walls().items() if any(mark in lower for mark in wall.marks)
    )


def judge(facts: Facts) -> Quality:
    """The quality of a document."""
    if is_mojibake(facts.text):
        return Quality.MOJIBAKE
    letters = letters_worth(facts.text)
    if letters < WALL_LETTERS:
        wall = _short_wall(facts, notice=is_hardly_prose(facts.text))
        if wall is not None:
            return wall
    if facts.home_page:
        return Quality.SOFT_404
    if _is_paywall(facts, letters):
        return Quality.PAYWALL
    if letters < WALL_LETTERS and (wall := _spoken_like(facts)):
        return wall
    if _ends_in_an_offer(facts.text):
        return Quality.PAYWALL
    longest = max(map(letters_worth, facts.text.splitlines()), default=0)
    return Quality.SHORT if letters < SHORT_LETTERS or longest < LABEL_LETTERS else Quality.OK


def _short_wall(facts: Facts, *, notice: bool) -> Quality | None:
    """The wall that a text of no great length is, if it is one: by title, words, then marks."""
    titles = [normalised(title) for title in facts.titles]
    said = _said(facts)
    title = " ".join(facts.titles[:1])
    news = notice and tells_news(facts.text)
    # With hardly a text the words are where the extractor did not look.
    seen = padded(facts.visible[:VISIBLE_CHARS]) if notice and not news else said
    for kind, wall in walls().items():
        # "Gone" may be news' headline too; "Access denied" alone is not.
        if any(wall.is_named(t) and not (news and not is_telling(t)) for t in titles):
            return kind
        if not any(map(wall.may_be_named, titles)):
            continue
        if notice:
            alone = not news and not is_restated(title, facts.text)
            if alone or is_notice(kind, title, facts.text, seen):
                return kind
        elif wall.spoken(seen) and likeness(seen, kind) >= SPEAKS_LIKE_IN_PROSE:
            return kind
    for kind in (Quality.BLOCKED, Quality.SOFT_404):
        if notice and walls()[kind].spoken(seen) and is_notice(kind, title, facts.text, seen):
            return kind
    if len(walls()[Quality.CONSENT].spoken(seen)) >= MIN_CONSENT_PHRASES and (
        notice or likeness(seen, Quality.CONSENT) >= SPEAKS_LIKE_IN_PROSE
    ):
        return Quality.CONSENT
    marked = (kind for kind in (Quality.BLOCKED, Quality.CONSENT) if kind in facts.marks)
    return next(marked, None) if notice and not news else None


def _spoken_like(facts: Facts) -> Quality | None:
    """The wall whose words make up most of a text, where they make up much of it."""
    said = _said(facts)
    shares = {kind: likeness(said, kind) for kind in NOTICES}
    most = max(shares, key=lambda kind: shares[kind])
    if is_hardly_prose(facts.text):
        title = " ".join(facts.titles[:1])
        notice = shares[most] >= SPEAKS_LIKE and is_notice(most, title, facts.text, said)
        return most if notice else None
    return most if shares[most] >= SPEAKS_LIKE_IN_PROSE else None


def _said(facts: Facts) -> str:
    return padded(" ".join((*facts.titles[:1], facts.text)))


def _is_paywall(facts: Facts, letters: int) -> bool:
    paywall = walls()[Quality.PAYWALL]
    if letters <= PREVIEW_LETTERS:
        beside = padded(_beside_the_news(facts))
        return facts.not_free or bool(paywall.spoken(beside))
    return bool(paywall.spoken(padded(facts.text[-TAIL_CHARS:])))


def _ends_in_an_offer(text: str) -> bool:
    """Whether little news is followed by a line that is made of a paywall's words."""
    lines = text.splitlines()
    offers = [line for line in lines[-LAST_LINES:] if _is_offer(line)]
    if not offers or not any(is_prose(line) and line not in offers for line in lines):
        return False
    return letters_worth(text) - sum(map(letters_worth, offers)) < TEASER_LETTERS


# The last lines are looked at twice.
@lru_cache(maxsize=256)
def _is_offer(line: str) -> bool:
    return likeness(padded(line), Quality.PAYWALL) >= OFFERS


def _beside_the_news(facts: Facts) -> str:
    """What a reader sees, without headline and paragraphs that at most tell of paywalls."""
    visible = facts.visible[:VISIBLE_CHARS]
    notices = []
    titles = {normalised(title) for title in facts.titles}
    for line in (*facts.text.splitlines(), *facts.titles):
        if (is_prose(line) and not _is_offer(line)) or normalised(line) in titles:
            visible = visible.replace(" ".join(line.split()), " ")
        else:
            notices.append(line)
    return "\n".join((*notices, visible))
