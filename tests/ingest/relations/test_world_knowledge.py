"""What the shipped lexicon knows of the world, and what it must not take for it."""

import pytest

from ingest.relations.dealings import strength
from ingest.relations.matching import Matcher
from ingest.relations.vocabulary import load_lexicon


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    return Matcher(load_lexicon())


def sides(matcher: Matcher, text: str) -> tuple[float, float]:
    """How surely the text names the United States and China, 0 to 1."""
    found = matcher.find(text)
    frames = strength([match for match in found if match.entry.place == "frames"])
    us = strength([match for match in found if match.entry.place == "us"])
    china = strength([match for match in found if match.entry.place == "china"])
    return max(us, frames), max(china, frames)


@pytest.mark.parametrize(
    "text",
    [
        "The mayor of Arcadia was charged",
        "an Irvine school district",
        "a town near Peoria, Illinois",
        "Ohio lawmakers voted",
        "Sen. Cantwell asked",
        "Rep. Jill Tokuda said",
        "Gov. Hochul signed it",
        "Smith, R-Ark., wrote",
        "prosecutors in the Eastern District of Virginia",
        "a Wall Street Journal reporter was expelled",
        "《华尔街日报》记者被驱逐",
        "《華爾街日報》記者被驅逐",
        "Super Micro Computer's founder",
        "researchers at Georgia Tech",
        "a destroyer, the USS Higgins",
        "美拟扩大禁令",
        "美擬擴大禁令",
        "美大豆出口商",
        "美参众两院通过",
        "美參眾兩院通過",
        "紐約市長曼達尼說",
        "亚利桑那州州长表示",
        "Continuation of Antidumping Duty Order",
        "Additions to the Entity List",
    ],
)
def test_the_american_side_is_known_without_its_name(matcher, text):
    us, china = sides(matcher, text)
    assert us >= 0.4 and china == 0.0


@pytest.mark.parametrize(
    "text",
    [
        "a Hangzhou-based startup",
        "the party secretary of Hubei",
        "officers of Harbin Engineering University",
        "Enflame and Biren went public",
        "广东省委书记表示",
        "廣東省委書記表示",
        "陆方回应",
        "陸方回應",
        "大陸官方宣布",
        "紫光展锐发布",
        "紫光展銳發布",
        "解放军南部战区新闻发言人田军里",
        "a J-20 and a DF-26",
        "the Fudan scholar Wu Xinbo",
    ],
)
def test_the_chinese_side_is_known_without_its_name(matcher, text):
    us, china = sides(matcher, text)
    assert china >= 0.4 and us == 0.0


@pytest.mark.parametrize(
    "text",
    [
        "Springfield and Dayton are towns",
        "the band Arcadia toured",
        "Zoom in on the picture",
        "an uber-rich heir",
        "Doug Ford, premier of Ontario",
        "Jordan, Ford and Li",
        "Mike Collins and Mark Harris played",
        "Mr. Li and Mr. He met Ling and Bo",
        "the canton of Zug",
        "完美要求",
        "医美市场火热",
        "大陆架划界",
        "欧洲大陆",
        "登陆作战",
        "大陸棚",
        "理想很美",
        "台北市南京東路",
        "北斗七星",
        "水陆交通",
        "暴雪将至",
        "颜值很高的美的事物",
        "是否认为如此",
    ],
)
def test_what_only_looks_like_a_side_is_none(matcher, text):
    assert sides(matcher, text) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("text", "term"), [("美大豆丰收", "大豆"), ("美关税政策", "关税"), ("美貿易逆差", "貿易逆差")]
)
def test_a_short_form_does_not_hide_the_term_that_it_holds(matcher, text, term):
    spans = {
        text[start:end]
        for start, end, entry in matcher.find(text)
        if entry.place in ("topics", "relations")
    }
    assert term in spans


def test_members_of_congress_have_their_office(matcher):
    person = matcher.find("Rep. Ritchie Torres")[-1].entry
    assert (person.kind, person.wikidata) == ("person", "Q16205227")
    assert [role.title for role in person.roles] == ["US representative for New York"]
