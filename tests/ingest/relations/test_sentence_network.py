"""The sentence network: what it gives depends on the piece alone."""

import numpy as np
import pytest

from ingest.relations.codebook import TOPICS, Stance
from ingest.relations.matching import Matcher
from ingest.relations.reading import read
from ingest.relations.sentence_marks import (
    CONTEXT,
    MARKS,
    MOST_SENTENCES,
    NOTHING_MARKED,
    MarkedPiece,
    mark,
    marks_of,
    names_a_side,
)
from ingest.relations.sentence_network import (
    OUTPUTS,
    SentenceNetwork,
    load_network,
    save_network,
)
from ingest.relations.vocabulary import load_lexicon

SPELLINGS = ["▁", "▁China", "▁US", "▁said", "▁tariffs", "中国", "美国", "s", "a", "e", "t"]
WIDTH, HIDDEN = 6, 5
TITLE = "China answers US tariffs"
TEXT = "China said the US tariffs are wrong. It rained. 中国和美国。The US said little."


def weights(seed: int) -> dict[str, np.ndarray]:
    random = np.random.default_rng(seed)
    count = len(OUTPUTS)
    shapes = {
        "into": (WIDTH, WIDTH), "into_bias": WIDTH, "marks": (MARKS, WIDTH),
        "first": (3 * WIDTH, WIDTH), "first_bias": WIDTH,
        "second": (3 * WIDTH, WIDTH), "second_bias": WIDTH,
        "norm": WIDTH, "norm_bias": WIDTH,
        "hidden": (2 * WIDTH + CONTEXT, HIDDEN), "hidden_bias": HIDDEN,
        "scores": (HIDDEN, count), "scores_bias": count, "context": (CONTEXT, count),
        "by_relevance": count, "by_score": count, "evenly": count,
    }  # fmt: skip
    return {name: random.normal(size=shape) for name, shape in shapes.items()}


@pytest.fixture(scope="module")
def network(tmp_path_factory) -> SentenceNetwork:
    file = tmp_path_factory.mktemp("network") / "network.npz"
    vectors = np.random.default_rng(0).integers(-90, 90, (len(SPELLINGS), WIDTH)).astype(np.int8)
    save_network(file, SPELLINGS, vectors, [weights(1), weights(2)])
    return load_network(file)


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    return Matcher(load_lexicon())


def marked(network: SentenceNetwork, matcher: Matcher, title: str, text: str) -> MarkedPiece:
    return mark(read(title, text, matcher), network.wordpieces)


def test_a_row_a_sentence_and_a_column_a_label(network, matcher):
    piece = marked(network, matcher, TITLE, TEXT)
    assert [(s.field, s.number) for s in piece.sentences] == [
        ("title", 0), ("text", 0), ("text", 1), ("text", 2), ("text", 3),
    ]  # fmt: skip
    assert network.give(piece).shape == (5, len(OUTPUTS))
    assert tuple(map(str, OUTPUTS)) == ("relevant", "primary", *TOPICS, *map(str, Stance))
    assert network.give(NOTHING_MARKED).shape == (0, len(OUTPUTS))


def test_sums_are_exact_in_whatever_order_they_are_taken(network, matcher):
    """Turning the order of every sum about is what another machine, more threads or another batch
    may do."""
    piece = marked(network, matcher, TITLE, TEXT)
    turned = SentenceNetwork(
        network.wordpieces,
        network.vectors[:, ::-1].copy(),
        [_turned(member) for member in network.members],
    )
    assert (network.give(piece) == turned.give(piece)).all()


def _turned(member: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The same network with the width's columns in reverse order."""
    back = np.arange(WIDTH)[::-1]
    threefold = np.concatenate([back, back + WIDTH, back + 2 * WIDTH])
    seen = np.concatenate([back, back + WIDTH, np.arange(2 * WIDTH, 2 * WIDTH + CONTEXT)])
    deep = np.arange(HIDDEN)[::-1]
    turned = dict(member)
    turned["into"] = member["into"][back][:, back]
    turned["marks"] = member["marks"][:, back]
    for name in ("first", "second"):
        turned[name] = member[name][threefold][:, back]
    for name in ("into_bias", "first_bias", "second_bias", "norm", "norm_bias"):
        turned[name] = member[name][back]
    turned["hidden"] = member["hidden"][seen][:, deep]
    turned["hidden_bias"] = member["hidden_bias"][deep]
    turned["scores"] = member["scores"][deep]
    return turned


def test_a_sentence_s_tokens_do_not_see_the_next_sentence_s(network, matcher):
    """Only its context does: with the context kept, a neighbour's words change nothing but the
    shares."""
    piece = marked(network, matcher, "", "China said a. The US said tariffs.")
    alone = piece._replace(
        sentences=piece.sentences[:1],
        pieces=piece.pieces[: piece.lengths[0]],
        marks=piece.marks[: piece.lengths[0]],
        lengths=piece.lengths[:1],
        context=piece.context[:1],
    )
    evenly = [{**m, "by_relevance": 0 * m["by_relevance"], "by_score": 0 * m["by_score"],
               "evenly": 0 * m["evenly"]} for m in network.members]  # fmt: skip
    flat = SentenceNetwork(network.wordpieces, network.vectors, evenly)
    assert flat.give(alone)[0] / 2 == pytest.approx(flat.give(piece)[0], abs=1e-3)


def test_a_weight_beyond_what_the_file_holds_is_refused(tmp_path):
    large = {**weights(1), "norm": np.full(WIDTH, 9.0)}
    with pytest.raises(ValueError, match="norm"):
        save_network(tmp_path / "n.npz", SPELLINGS, np.zeros((11, WIDTH), np.int8), [large])


def test_marks_stand_on_the_tokens_that_name(network, matcher):
    piece = marked(network, matcher, "China said", "")
    entry = next(m.entry for m in piece.sentences[0].matches if m.entry.place == "china")
    on = [set(np.flatnonzero(row)) for row in piece.marks]
    assert set(marks_of(entry)) <= on[0] and not set(marks_of(entry)) & on[1]


def test_of_a_long_piece_the_title_the_beginning_and_what_names_most_is_read(network, matcher):
    text = "It rained at last. " * 60 + "The US and China said so. " + "Nobody came. " * 40
    piece = marked(network, matcher, "Rain", text)
    assert len(piece.sentences) <= MOST_SENTENCES
    assert piece.sentences[0].field == "title"
    assert any(s.matches and "China" in text[s.start : s.end] for s in piece.sentences)


def test_a_piece_that_names_neither_side_is_known(matcher):
    assert names_a_side(read("", "Taiwan votes.", matcher))
    assert names_a_side(read("", "Beijing", matcher))
    assert not names_a_side(read("Rain in Rome", "France is glad of it.", matcher))
