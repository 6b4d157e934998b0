"""Topics, stances and relevances are named once; whoever adds one is told of every place."""

import tomllib
from pathlib import Path

import pytest

from admin.analysis import story_options
from admin.output.choices import ArticleRelevance
from ingest.relations.codebook import TOPICS, Relevance, Stance
from ingest.relations.lexicon_file import LexiconError
from ingest.relations.model import load_model
from ingest.relations.sentence_network import load_network
from ingest.relations.tagger import load_tagger
from ingest.relations.vocabulary import LEXICON_FOLDER
from store.search import filters

ROOT = Path(__file__).parents[3]


def test_every_topic_has_terms_in_the_lexicon() -> None:
    """ingest/relations/lexicon/topics.toml."""
    file = tomllib.loads((LEXICON_FOLDER / "topics.toml").read_text("utf-8"))
    assert {table["id"] for table in file["topic"]} == set(TOPICS)


def test_every_topic_and_stance_has_weights_in_the_model() -> None:
    """ingest/relations/model.toml and network.npz, written by `make fit-tagger`."""
    for heads in (load_model().brief, load_model().long):
        assert set(heads.topics) == set(TOPICS)
        assert set(heads.stances) == set(Stance)
    for member in load_network().members:
        assert member["scores"].shape[1] == 2 + len(TOPICS) + len(Stance)


def test_every_topic_and_stance_can_be_asked_for() -> None:
    assert filters.topics(list(TOPICS)) == TOPICS
    assert all(filters.stance(stance) == stance for stance in Stance)


@pytest.mark.parametrize("offered", [story_options.Relevance, ArticleRelevance, filters.RELEVANCE])
def test_every_relevance_is_offered_where_stories_are_chosen(offered: object) -> None:
    assert set(Relevance) <= {str(value) for value in offered}  # type: ignore[attr-defined]


@pytest.mark.parametrize("document", ["docs/data-dictionary.md"])
def test_every_topic_stance_and_relevance_stands_in_the_dictionary(document: str) -> None:
    text = (ROOT / document).read_text("utf-8")
    assert [word for word in (*TOPICS, *Stance, *Relevance) if word not in text] == []


def test_a_topic_of_the_lexicon_alone_is_refused_with_its_line(tmp_path: Path) -> None:
    overlay = tmp_path / "mine.toml"
    overlay.write_text('[[topic]]\nid = "space"\nterms = ["moon base"]\n', "utf-8")
    with pytest.raises(LexiconError, match=r"mine\.toml:2: .*space"):
        load_tagger(overlay)
