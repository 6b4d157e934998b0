"""What a lexicon file says in short, written out: names in set forms, and rosters of an office.

`stems = ["Dayton", "Toledo"]` with `forms = ["mayor of {}", "{}, Ohio"]` stands for every stem in
every form: four names, none of which is the bare stem. A roster holds a person a line, in fields
between bars of which those at the end may be left out:

    name | stems | what the office is of | from | to | Wikidata id | other names

Stems and other names are lists with commas. A member's names are the name itself, the other names,
and its stems in the roster's forms. The name itself does not count where the roster says
`bare = false`, for names that many people bear, nor where it holds a bracket that tells namesakes
apart. The office is the roster's `title`, in which `{}` stands for what it is of.
"""

import re
import unicodedata
from collections.abc import Iterable
from datetime import date
from typing import Any

BLANK = "{}"
_FIELDS = 7
_NO_SLUG = re.compile(r"[^a-z0-9]+")


def in_forms(stems: Iterable[str], forms: Iterable[str]) -> list[str]:
    """Every stem in every form."""
    return [form.replace(BLANK, stem) for form in forms for stem in stems]


def member(line: str, roster: dict[str, Any]) -> dict[str, Any]:
    """The [[actor]] that a line of a checked roster stands for.

    Raises ValueError, which says what is wrong with the line.
    """
    fields = [field.strip() for field in line.split("|")]
    if len(fields) > _FIELDS:
        raise ValueError(f"has {len(fields)} fields, and {_FIELDS} are the most")
    name, stems, of, start, end, wikidata, others = fields + [""] * (_FIELDS - len(fields))
    identity = _slug(name)
    if not identity:
        raise ValueError("a member's name needs a Latin letter")
    names = [name] if roster.get("bare", True) and "(" not in name else []
    names += _listed(others)
    names += in_forms(_listed(stems), roster.get("forms", ()))
    if not names:
        raise ValueError("a member without any name: give stems, other names or bare = true")
    actor = {
        "id": identity,
        "name": name,
        "side": roster["side"],
        "kind": "person",
        "names": list(dict.fromkeys(names)),
    }
    actor |= {key: roster[key] for key in ("topics", "weight") if key in roster}
    if wikidata:
        actor["wikidata"] = wikidata
    if "title" in roster:
        role: dict[str, Any] = {"title": roster["title"].replace(BLANK, of)}
        role |= {key: _day(day) for key, day in (("from", start), ("to", end)) if day}
        actor["roles"] = [role]
    elif start or end:
        raise ValueError("dates without an office: the roster has no title")
    return actor


def _listed(field: str) -> list[str]:
    return [item for part in field.split(",") if (item := part.strip())]


def _slug(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return _NO_SLUG.sub("-", plain.replace("'", "").replace(".", "")).strip("-")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is no date like 2025-01-20") from None
