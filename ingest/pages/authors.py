"""Names of people out of bylines: "By Jane Roe, Staff Writer and JOHN DOE | Example News"."""

import re
from collections.abc import Iterable

from ingest.text.sanitise import clean_line

# Longer than a person's name; what is longer is a sentence in the byline's place.
MAX_NAME_CHARS = 60
MAX_NAME_WORDS = 6
# A byline that names more is a list of staff.
MAX_NAMES = 20
# What a byline of so many names may run to, with titles and addresses between them.
MAX_BYLINE_CHARS = 1_000

_BRACKETED = re.compile(r"\s*[(（\[【<][^)）\]】>]*[)）\]】>]")
_ADDRESS = re.compile(r"https?://\S+|www\.\S+|\S+@\S+|@\w+")
_OPENING = re.compile(
    r"^\W*(?:(?:story|text|written|reported|reporting|posted|published|words|report|analysis|"
    r"opinion|exclusive)\s+)?(?:by|von|par|por|door)\b[\s:：]*"
    r"|^\W*(?:authors?|reporters?)\s*[:：]\s*"
    r"|^\W*(?:作者|记者|記者|撰文|撰稿|编译|編譯|文|责任编辑|責任編輯|编辑|編輯)\s*[|｜/／:：]\s*"
    r"|^(?:本报|本報|本刊|新华社|新華社|中新社|央视|央視)?(?:特约|特約|驻\w{1,6})?(?:记者|記者)\s*",
    re.IGNORECASE,
)
_BETWEEN = re.compile(
    r"\s*[,;|｜，、；/／•·—–]\s*|\s+(?:and|und|et|y|with|for|in)\s+|\s*&\s*|\s+-\s+|(?<=\w{3})\.\s+",
    re.IGNORECASE,
)
_CHINESE_NAMES = re.compile(r"^[\u4e00-\u9fff]{2,4}(?:\s+[\u4e00-\u9fff]{2,4})+$")

# Words that the name of an organisation, a desk or a post has and that of a person has not.
_NO_NAME = re.compile(
    r"^the\b|\b(?:staff|team|desk|editors?|editorial|newsroom|news|newspaper|agency|agencies|press|"
    r"associated|reuters|afp|ap|upi|bloomberg|xinhua|cnn|bbc|npr|times|post|journal|daily|weekly|"
    r"tribune|herald|gazette|magazine|media|network|tv|television|radio|online|correspondents?|"
    r"reporters?|writers?|contributors?|columnists?|producers?|analysts?|photographers?|"
    r"journalists?|admin|administrator|guest|anonymous|unknown|none|null|author|bureau|office|"
    r"department|ministry|ministries|embassy|committee|council|institute|center|centre|foundation|"
    r"university|college|association|company|corporation|inc|ltd|llc|group|services?|wires?|report|"
    r"com|org|net|subscribe|follow|updated|published|minutes?|ago|read|am|pm|gmt|est|edt|utc)\b"
    r"|通讯社|通訊社|新闻|新聞|日报|日報|晚报|晚報|时报|時報|周刊|週刊|编辑部|編輯部|记者站|电视台"
    r"|電視台|中国网|中國網|网站|網站|频道|頻道|社论|社論|综合|綜合|来源|來源|[部社网網报報]$",
    re.IGNORECASE,
)
_GENERATIONS = frozenset({"jr", "jr.", "sr", "sr.", "ii", "iii", "iv"})
# Agencies (PTI), degrees (RDN), a byline's initials (AS).
_ABBREVIATION = re.compile(r"^(?:[A-Z]\.?){1,5}$|^Ph\.?D\.?$|^Esq\.?$")


def clean_authors(bylines: Iterable[str], *, source: Iterable[str] = ()) -> tuple[str, ...]:
    """The people named, each once, in order; organisations, addresses and job titles left out.

    `outlet` are the names of the outlet itself, which many pages give as the author.
    """
    sources = tuple(name.casefold() for name in source)
    names: dict[str, str] = {}
    for byline in bylines:
        for name in _people(clean_line(byline)):
            folded = name.casefold()
            if not any(known.startswith(folded) for known in sources):
                names.setdefault(folded, name)
        if len(names) >= MAX_NAMES:
            break
    return tuple(names.values())[:MAX_NAMES]


def _people(byline: str) -> list[str]:
    if len(byline) > MAX_BYLINE_CHARS:
        return []
    line = _ADDRESS.sub(" ", _BRACKETED.sub("", byline)).strip()
    people: list[str] = []
    for part in _BETWEEN.split(_OPENING.sub("", line)):
        name = _OPENING.sub("", part).strip(" .:*-'\"“”‘’")
        if people and part.strip().lower() in _GENERATIONS:
            people[-1] += f" {part.strip()}"
        elif _CHINESE_NAMES.match(name):
            people.extend(filter(_is_name, name.split()))
        elif _is_name(name):
            people.append(_in_mixed_case(name))
    return people


def _is_name(name: str) -> bool:
    return (
        1 < len(name) <= MAX_NAME_CHARS
        and len(name.split()) <= MAX_NAME_WORDS
        and _begins_as_a_name(name)
        and not any(map(str.isdigit, name))
        and not _ABBREVIATION.match(name)
        and not _NO_NAME.search(name)
    )


def _begins_as_a_name(name: str) -> bool:
    # "self-promotional" is no name and "jdadmin" an account's; "de Vries" and "王明" are names.
    return name.lower() != name or not any(char.lower() != char.upper() for char in name)


def _in_mixed_case(name: str) -> str:
    """ "ROBERT BURNS" as "Robert Burns": one person is one person however a template shouts."""
    return name.title() if name.isupper() and " " in name else name
