"""What outlets are called: the names that we know, and what gives a name away for an outlet's."""

import re
import tomllib
from functools import cache
from importlib.resources import files

from ingest.duplicates.fingerprint import normalised
from ingest.feeds.catalogue import load_catalogue

_DOMAIN = re.compile(
    r"(?:[a-z0-9-]+\.)+(?:com|org|net|gov|edu|cn|tw|hk|sg|uk|us|asia|news|tv)", re.IGNORECASE
)
_CHINESE = re.compile(
    r"(?:[网網][站]?|[报報]|社|电视台|電視台|电台|電台|[广廣]播|周刊|週刊|月刊|[杂雜][志誌]|新[闻聞]|"
    r"日[报報]|[频頻]道|[传傳]媒|[资資][讯訊]|[财財][经經]|[门門][户戶]|客[户戶]端|中文|在[线線]|快[讯訊]|"
    r"[电電]子[报報]|外交部|商务部|國防部|国防部|使[馆館]|[办辦]公[厅廳室]|委[员員][会會]|[总總]局|研究院)$"
)
_LATIN = re.compile(
    r"\b(?:news|times|post|daily|press|journal|herald|tribune|gazette|magazine|review|online|tv|"
    r"television|radio|network|today|newspaper|weekly|courier|chronicle|observer|guardian|"
    r"telegraph|independent|standard|mirror|globe|sun|register|wire|media|broadcasting|podcast)\b",
    re.IGNORECASE,
)
_GOVERNMENT = re.compile(
    r"^(?:the\s+)?(?:u\.?\s?s\.?|united states|american|embassy|consulate|ministry|office|permanent"
    r"|department|state council|people['’]s)\b.*\b(?:of|representative|department|embassy|agency|"
    r"commission|trade|treasury|congress|senate|house)\b",
    re.IGNORECASE,
)
MAX_NAME_CHARS = 60


@cache
def known_sources() -> frozenset[str]:
    """The names of the catalogue's sources, of agencies and of more outlets, normalised."""
    room = files("ingest.pages")
    others = tomllib.loads(room.joinpath("bylines.toml").read_text("utf-8"))["sources"]
    agencies = tomllib.loads(room.joinpath("agencies.toml").read_text("utf-8"))
    wires = (name for agency in agencies.values() for name in agency.get("names", ()))
    catalogued = (feed.source for feed in load_catalogue())
    return frozenset(map(normalised, (*others, *wires, *catalogued))) - {""}


def is_source(name: str) -> bool:
    """Whether something that stands apart from a headline names an outlet, or who published it."""
    name = name.strip(" .")
    if not name or len(name) > MAX_NAME_CHARS:
        return False
    plain = normalised(name)
    if plain in known_sources() or plain.removeprefix("the ") in known_sources():
        return True
    if _DOMAIN.fullmatch(name):
        return True
    first = name.split(" ")[0]
    if not first.isascii() and (_CHINESE.search(first) or normalised(first) in known_sources()):
        return True  # 中央社 CNA, BBC News 中文
    if _CHINESE.search(name):
        return True
    titled = all(word[0].isupper() or word in _SMALL for word in name.split() if word[0].isalpha())
    return titled and bool(_LATIN.search(name) or _GOVERNMENT.search(name))


_SMALL = frozenset({"of", "the", "and", "for", "in", "to", "on", "at", "a"})


def is_titled(name: str) -> bool:
    """Whether every word has a capital: a name, or a section, but no clause."""
    words = [word for word in name.split() if word[0].isalpha()]
    return bool(words) and all(word[0].isupper() or word in _SMALL for word in words)
