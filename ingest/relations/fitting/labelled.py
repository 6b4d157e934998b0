"""Labelled pieces: read from files of the labels with the texts, or of the labels alone joined to
whoever's texts."""

import csv
import hashlib
import json
import lzma
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LABELS_FOLDER = Path(__file__).parent / "labels"

# A piece with this share of Han characters is a Chinese one: English that quotes names stays below.
HAN_SHARE = 0.2

# How much a piece counts in the fit by how sure its reader was; 1 is a coin toss.
WEIGHT_OF_SURE = {3: 1.0, 2: 0.8, 1: 0.4}

# Data sets of one publisher, or of one list of feeds, are one source: held out together.
_FAMILIES = (
    "60s_daily", "allsides", "cctv", "cdt", "chinadaily", "fedregister", "hkcnews", "nexis_covid",
    "nodebe4", "octo2025", "peoplesdaily", "rss_2021", "rss_2026", "rss_bookmarks", "state_dept",
    "uschina_tracker", "white_house", "whenitson2016", "zh_hotlists",
)  # fmt: skip
UNNAMED_SOURCE = "headlines_dev"

# Sets that are for measuring; all others are for fitting alone.
MEASURED = (
    "articles2_dev", "articles3_dev", "articles_dev",
    "headlines2_dev", "headlines3_dev", "headlines_dev",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Labelled:
    """A piece as a reader labelled it. `quote` is the sentence that decides, (field, start, end);
    `weight` is how many pieces of the whole stream it stands for in its set."""

    id: str
    set: str
    source: str
    title: str
    text: str
    relevance: int  # 0 none, 1 secondary, 2 primary
    topics: frozenset[str]
    stance: str | None
    sure: int
    year: str
    script: str
    pick: str
    quote: tuple[str, int, int] | None
    weight: float = 1.0

    @property
    def family(self) -> str:
        """What is held out together."""
        return next((f for f in _FAMILIES if self.source.startswith(f)), self.source)

    @property
    def chinese(self) -> bool:
        whole = self.title + self.text
        return sum("\u4e00" <= c <= "\u9fff" for c in whole) > HAN_SHARE * len(whole)


def load(folder: Path) -> list[Labelled]:
    """The labelled pieces of `folder`: `*_dev.jsonl`, and the labels kept in the project for pieces
    of its `*_unlabelled.jsonl.xz`. Of pieces with one title and beginning the first stands."""
    found: list[Labelled] = []
    seen = set()
    # Sets for measuring come first, so that what is fitted to never hides one of theirs.
    files = sorted(folder.glob("*_dev.jsonl"), key=lambda f: (f.stem not in MEASURED, f.name))
    for piece in (*_of_files(files), *joined(folder)):
        key = (piece.title.strip(), piece.text[:300])
        if key not in seen:
            seen.add(key)
            found.append(piece)
    return found


def _of_files(files: Iterable[Path]) -> Iterator[Labelled]:
    for file in files:
        rows = [json.loads(line) for line in file.read_text("utf-8").split("\n") if line.strip()]
        weights = _stream_weights(rows, file.with_name(f"{file.stem}_strata.json"))
        for row, weight in zip(rows, weights, strict=True):
            yield _labelled(row, file.stem, weight)


def joined(folder: Path, labels: Path = LABELS_FOLDER) -> Iterator[Labelled]:
    """Pieces whose labels stand in the project, where `folder` has their texts."""
    rows = {}
    for file in sorted(labels.glob("*.tsv")):
        with file.open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines, delimiter="\t"):
                rows[row["id"]] = (file.stem, row)
    for texts in sorted(folder.glob("*_unlabelled.jsonl.xz")):
        with lzma.open(texts, "rt", encoding="utf-8") as lines:
            for line in lines:
                text = json.loads(line)
                name, label = rows.pop(identity(text), (None, None))
                if label is not None:
                    yield _labelled(_row_of_label(label, text), str(name), 1.0)


def identity(row: Mapping[str, Any]) -> str:
    """The id of an unlabelled piece: its source, and ten digits of its text's checksum."""
    whole = f"{(row['title'] or '').strip()}\n{row['text'] or ''}"
    return f"{row['source']}:{hashlib.sha256(whole.encode()).hexdigest()[:10]}"


def _row_of_label(label: Mapping[str, str], text: Mapping[str, Any]) -> dict[str, Any]:
    field, _, place = label["quote"].partition(":")
    start, _, end = place.partition("-")
    return {
        **text,
        "title": (text["title"] or "").strip(),
        "id": label["id"],
        "relevance": int(label["relevance"]),
        "topics": [topic for topic in label["topics"].split(",") if topic],
        "stance": label["stance"] or None,
        "sure": int(label["sure"]),
        "pick": label["pick"],
        "place": (field, int(start), int(end)) if place else None,
    }


def _labelled(row: Mapping[str, Any], name: str, weight: float) -> Labelled:
    title, text = row["title"] or "", row["text"] or ""
    return Labelled(
        id=row["id"],
        set=name,
        source=row.get("source") or UNNAMED_SOURCE,
        title=title,
        text=text,
        relevance=row["relevance"],
        topics=frozenset(row["topics"]),
        stance=row["stance"],
        sure=row.get("sure") or 3,
        year=(row.get("date") or "")[:4],
        script=row.get("script") or "",
        pick=row.get("pick") or "",
        quote=row["place"] if "place" in row else _place(row.get("quote"), title, text),
        weight=weight,
    )


def _place(quote: str | None, title: str, text: str) -> tuple[str, int, int] | None:
    """Where a quote stands; white space may differ."""
    if not quote:
        return None
    pattern = r"\s*".join(re.escape(character) for character in "".join(quote.split()))
    for field, whole in (("title", title), ("text", text)):
        found = re.search(pattern, whole)
        if found:
            return field, found.start(), found.end()
    return None


def _stream_weights(rows: list[dict[str, Any]], strata: Path) -> list[float]:
    if not strata.exists():
        return [1.0] * len(rows)
    of = json.loads(strata.read_text("utf-8"))
    drawn: dict[str, int] = {}
    for row in rows:
        stratum = of[row["id"]]["stratum"]
        drawn[stratum] = drawn.get(stratum, 0) + 1
    return [of[row["id"]]["pop"] / drawn[of[row["id"]]["stratum"]] for row in rows]
