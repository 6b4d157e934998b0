"""Two runs of the tagger over the same records: whose label changed, how, and why."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

# Changes of weight below this (in log-odds) are no reason worth a line.
LEAST_WEIGHT = 0.05
MOST_REASONS = 5
# So many records stand as examples for a kind of change.
MOST_EXAMPLES = 3

_LABELS = ("relevance", "topics", "stance")


@dataclass(frozen=True, slots=True)
class Change:
    """One record whose labels differ. `labels` maps a label to (old, new); `reasons` says which
    rules weigh differently, with the words that they rest on in the new run or rested on in the
    old."""

    id: str
    labels: Mapping[str, tuple[Any, Any]]
    old_score: float
    new_score: float
    reasons: tuple[str, ...]

    def kinds(self) -> Iterator[str]:
        """What kinds of change these are: `relevance: none -> primary`, `topics: +trade`."""
        for label, (old, new) in self.labels.items():
            if label == "topics":
                yield from (f"topics: +{topic}" for topic in new if topic not in old)
                yield from (f"topics: -{topic}" for topic in old if topic not in new)
            else:
                yield f"{label}: {old or 'none'} -> {new or 'none'}"


@dataclass(frozen=True, slots=True)
class KindOfChange:
    """`examples` are the ids of the records whose score moved most."""

    kind: str
    count: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    changes: tuple[Change, ...]
    same: int
    only_old: tuple[str, ...]  # ids that the new run lacks
    only_new: tuple[str, ...]

    def by_kind(self) -> list[KindOfChange]:
        """The commonest first. A topic of a record that became or ceased to be relevant is no
        change of its own."""
        of: dict[str, list[Change]] = {}
        for change in self.changes:
            relevances = change.labels.get("relevance", ())
            for kind in change.kinds():
                if "none" not in relevances or kind.startswith("relevance"):
                    of.setdefault(kind, []).append(change)
        return [
            KindOfChange(
                kind,
                len(changes),
                tuple(
                    change.id
                    for change in sorted(
                        changes, key=lambda c: (-abs(c.new_score - c.old_score), c.id)
                    )[:MOST_EXAMPLES]
                ),
            )
            for kind, changes in sorted(of.items(), key=lambda item: (-len(item[1]), item[0]))
        ]


def compare(old: Iterable[Mapping[str, Any]], new: Iterable[Mapping[str, Any]]) -> Comparison:
    """Compare records as `to_json` makes them, matched by id; in the new run's order.

    Raises KeyError for a record without an id or a relevance.
    """
    before = {record["id"]: record for record in old}
    after = {record["id"]: record for record in new}
    changes = []
    for id, record in after.items():
        if id in before:
            labels = dict(_differences(before[id], record))
            if labels:
                changes.append(_change(id, before[id], record, labels))
    shared = before.keys() & after.keys()
    return Comparison(
        changes=tuple(changes),
        same=len(shared) - len(changes),
        only_old=tuple(id for id in before if id not in after),
        only_new=tuple(id for id in after if id not in before),
    )


def _differences(
    old: Mapping[str, Any], new: Mapping[str, Any]
) -> Iterator[tuple[str, tuple[Any, Any]]]:
    for label in _LABELS:
        was, is_now = _comparable(label, old), _comparable(label, new)
        if was != is_now:
            yield label, (was, is_now)


def _comparable(label: str, record: Mapping[str, Any]) -> Any:
    if label == "topics":
        return sorted(record.get("topics") or ())
    return record["relevance"] if label == "relevance" else record.get(label)


def _change(
    id: str,
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    labels: Mapping[str, tuple[Any, Any]],
) -> Change:
    return Change(
        id=id,
        labels=labels,
        old_score=float(old.get("score") or 0.0),
        new_score=float(new.get("score") or 0.0),
        reasons=tuple(_reasons(old, new)),
    )


def _reasons(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    before, after = _by_rule(old), _by_rule(new)
    shifts = {
        rule: after.get(rule, (0.0, ""))[0] - before.get(rule, (0.0, ""))[0]
        for rule in before.keys() | after.keys()
    }
    weighty = [rule for rule, shift in shifts.items() if abs(shift) >= LEAST_WEIGHT]
    weighty.sort(key=lambda rule: (-abs(shifts[rule]), rule))
    for rule in weighty[:MOST_REASONS]:
        words = (after.get(rule) or before[rule])[1]
        yield f"{rule} {shifts[rule]:+.2f}" + (f" ({words})" if words else "")
    for kind in ("tagger", "lexicon"):
        if old.get(kind) != new.get(kind):
            yield f"{kind} {old.get(kind)} -> {new.get(kind)}"


def _by_rule(record: Mapping[str, Any]) -> dict[str, tuple[float, str]]:
    """rule -> (weight, the words it rests on)."""
    found: dict[str, tuple[float, list[str]]] = {}
    for item in record.get("evidence") or ():
        weight, words = found.get(item["rule"], (0.0, []))
        if item["text"] and item["text"] not in words:
            words.append(item["text"])
        found[item["rule"]] = (weight + item["weight"], words)
    return {rule: (weight, ", ".join(words)) for rule, (weight, words) in found.items()}
