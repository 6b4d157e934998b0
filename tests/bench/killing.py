"""Reprocessing killed and resumed: `python -m tests.bench.killing HOME [--kills 5]`.

HOME holds a SQLite store. Two copies, marked as made by older code, are done again from `extract`
and from `tag`: one undisturbed, the other with its process killed (SIGKILL) so many times and
resumed each time. Printed: whether both end the same row for row, but for the numbers of rows.
"""

import argparse
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from store.tables import Step

DATABASE = "transpacific.db"
ROOT = Path(__file__).parents[2]
# A run that comes to no end, or to no beginning.
DEADLINE_SECONDS = 1800.0

# All that an article shows and how it came to that, its stories by their first articles.
_SHOWN = """
    SELECT articles.url, articles.title, articles.published_at, articles.language,
           articles.quality, articles.agency, articles.revisions, articles.joined_because,
           revisions.number, revisions.text, revisions.content_hash, revisions.text_hash,
           revisions.authors, revisions.confirmed_version, revisions.run_id,
           taggings.tagger_version, taggings.lexicon_version, taggings.relevance, taggings.score,
           taggings.stance, taggings.evidence, taggings.run_id,
           (SELECT group_concat(topic || score, ' ') FROM
             (SELECT topic, score FROM tagging_topics WHERE tagging_id = taggings.id
              ORDER BY topic)),
           (SELECT count(*) FROM taggings AS made JOIN revisions AS its ON its.id = made.revision_id
            WHERE its.article_id = articles.id),
           (SELECT min(id) FROM articles AS others WHERE others.story_id = articles.story_id),
           stories.title, stories.relevance, stories.score, stories.articles, stories.sources
    FROM articles LEFT JOIN revisions ON revisions.id = articles.revision_id
    LEFT JOIN taggings ON taggings.id = articles.tagging_id
    LEFT JOIN stories ON stories.id = articles.story_id
    ORDER BY articles.id"""
_TEXTS = """
    SELECT story_texts.text_hash, algorithm_version, revisions.article_id, revisions.number,
           (SELECT min(id) FROM articles WHERE articles.story_id = story_texts.story_id),
           keys.number
    FROM story_texts LEFT JOIN revisions ON revisions.id = revision_id
    LEFT JOIN (SELECT text_id, count(*) AS number FROM story_keys GROUP BY text_id) AS keys
      ON keys.text_id = story_texts.id ORDER BY 1"""
_CHANGES = """
    SELECT article_id, revision_before, revision_before = revision_after, tagging_before,
           tagging_before = tagging_after, story_before = story_after, title_before
    FROM run_changes ORDER BY article_id"""
_EVENTS = "SELECT kind, article_id, count(*) FROM events GROUP BY kind, article_id ORDER BY 1, 2"


def main() -> None:
    """Kill and resume over a store, and print a line for each step."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("home", type=Path)
    asked.add_argument("--kills", type=int, default=5)
    arguments = asked.parse_args()
    for step in (Step.EXTRACT, Step.TAG):
        with tempfile.TemporaryDirectory() as folder:
            undisturbed, disturbed = Path(folder) / "undisturbed", Path(folder) / "disturbed"
            for copy in (undisturbed, disturbed):
                outdated_copy(arguments.home, copy)
            end(reprocess(undisturbed, step))
            kills = killed_and_resumed(disturbed, step, kills=arguments.kills)
            expected = outcome(undisturbed)
            rows, same = len(expected), outcome(disturbed) == expected
        print(f"from {step:8} {kills} kills, {rows:,} rows: {'the same' if same else 'DIFFERENT'}")


def outdated_copy(home: Path, copy: Path) -> None:
    """A store whose texts and judgements are another program's: every other text is cut short."""
    copy.mkdir()
    shutil.copy(home / DATABASE, copy)
    with closing(sqlite3.connect(copy / DATABASE)) as connection, connection:
        connection.execute("UPDATE taggings SET tagger_version = '0'")
        connection.execute("UPDATE revisions SET extractor_version = '0'")
        connection.execute(
            "UPDATE revisions SET text = substr(text, 1, 200), content_hash = zeroblob(32)"
            " WHERE id % 2"
        )


def reprocess(home: Path, *choices: str) -> subprocess.Popen[bytes]:
    """Begin `transpacific reprocess --here` over a store, from a step or with `--resume`."""
    how = choices if choices[0].startswith("-") else ("--from", *choices)
    return subprocess.Popen(
        [sys.executable, "-m", "admin", "reprocess", "--here", *how],
        env=os.environ | {"TRANSPACIFIC_HOME": str(home), "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def end(process: subprocess.Popen[bytes]) -> None:
    """Wait until it is done; raises where it failed."""
    _, told = process.communicate(timeout=DEADLINE_SECONDS)
    if process.returncode:
        raise RuntimeError(told.decode(errors="replace"))


def killed_and_resumed(home: Path, step: Step, *, kills: int) -> int:
    """Do a store again with so many kills on the way, evenly spread; how many there were."""
    process, killed = reprocess(home, step), 0
    while killed < kills and _is_at(home, killed / kills, process):
        process.kill()
        process.wait()
        killed += 1
        process = reprocess(home, "--resume")
    end(process)
    return killed


def _is_at(home: Path, part: float, process: subprocess.Popen[bytes]) -> bool:
    """Wait until so much is done and more is in hand; False where it has come to its end."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    with closing(sqlite3.connect(home / DATABASE, timeout=60)) as connection:
        while process.poll() is None and time.monotonic() < deadline:
            done, in_hand, total = connection.execute(
                "SELECT sum(CASE WHEN state = 'done' THEN size END),"
                " sum(state = 'waiting' AND claimed_until > datetime('now')), sum(size)"
                " FROM run_chunks"
            ).fetchone()
            if total and in_hand and (done or 0) >= part * total and _is_new(connection):
                return True
            time.sleep(0.01)
    return False


_seen = set[str]()


def _is_new(connection: sqlite3.Connection) -> bool:
    """Whether what is in hand is in the hands of processes that were not killed before."""
    owners = {
        owner
        for (owner,) in connection.execute(
            "SELECT claimed_by FROM run_chunks WHERE state = 'waiting'"
            " AND claimed_until > datetime('now')"
        )
    }
    new = bool(owners - _seen)
    _seen.update(owners)
    return new


def outcome(home: Path) -> list[tuple[Any, ...]]:
    """What a store shows after a run, row for row."""
    with closing(sqlite3.connect(home / DATABASE)) as connection:
        (state,) = connection.execute("SELECT DISTINCT state FROM runs").fetchone()
        assert state == "done", state
        return [
            row
            for statement in (_SHOWN, _TEXTS, _CHANGES, _EVENTS)
            for row in connection.execute(statement)
        ]


if __name__ == "__main__":
    main()
