"""Parameters that mean nothing but tracking, and those that look like them."""

import tomllib
from importlib.resources import files

import pytest

from ingest.tracking import is_tracking
from ingest.url import canonical, former

ARTICLE = "https://news.example/article?id=7"

# As they were seen on links to articles.
SEEN = [
    "utm_source=rss", "srsltid=AfmBOoq", "gaa_at=eafs", "gaa_n=AWet", "gaa_ts=67", "gaa_sig=x",
    "mibextid=Zxz2cZ", "spm=C73544894212", "gad_source=1", "gad_campaignid=2", "wickedid=1",
    "vero_id=a%40b", "vero_conv=1", "oly_enc_id=1234A", "oly_anon_id=2", "_branch_match_id=12",
    "guce_referrer=aHR0", "guce_referrer_sig=AQ", "guccounter=1", "wxshare=1", "share_token=5a",
    "ns_mchannel=social", "ns_source=twitter", "ns_campaign=bbc", "xtor=RSS-1", "igsh=MTc4",
    "igshid=1", "fbclid=IwAR", "gclid=1", "gbraid=1", "wbraid=1", "dclid=1", "msclkid=1",
    "yclid=1", "ysclid=1", "twclid=1", "ttclid=1", "irclickid=1", "rdt_cid=1", "epik=1",
    "_ga=2.1", "_gl=1*abc", "mc_cid=1", "mc_eid=1", "mc_tc=1", "mkt_tok=1", "_hsenc=p2", "_hsmi=1",
    "__hstc=1", "ml_subscriber=1", "_kx=1", "_ke=1", "__s=1", "dm_i=1", "bsft_clkid=1",
    "trk_contact=1", "pk_campaign=1", "pk_source=1", "mtm_source=1", "matomo_cid=1", "piwik_kwd=1",
    "wt.mc_id=1", "wt.rss_f=x", "_openstat=1", "s_kwcid=1", "ef_id=1", "cmpid=rss", "ftag=1",
    "spm_id_from=333.1", "vd_source=1", "fb_action_ids=1", "itm_source=1", "at_link_id=1",
    "%75tm_medium=x", "UTM_Source=x", "ref_src=twsrc%5Etfw", "isappinstalled=0",
]  # fmt: skip

ON_HOSTS = [
    ("https://www.wsj.com/a?mod=rss_markets_main", "https://www.wsj.com/a"),
    ("https://www.nytimes.com/a.html?partner=rss&emc=rss", "https://www.nytimes.com/a.html"),
    ("https://www.nytimes.com/a.html?smid=tw-share", "https://www.nytimes.com/a.html"),
    ("https://www.washingtonpost.com/a/?itid=sf_world", "https://www.washingtonpost.com/a/"),
    ("https://www.theguardian.com/a?CMP=Share_iOS", "https://www.theguardian.com/a"),
    ("https://www.ft.com/content/1?ftcamp=rss", "https://www.ft.com/content/1"),
    ("https://www.scmp.com/a?module=top&pgtype=home", "https://www.scmp.com/a"),
    ("https://www.bloomberg.com/a?srnd=asia", "https://www.bloomberg.com/a"),
    (
        "https://mp.weixin.qq.com/s?__biz=M&mid=2&idx=1&sn=ab&chksm=cd&scene=27#wechat_redirect",
        "https://mp.weixin.qq.com/s?__biz=M&mid=2&idx=1&sn=ab",
    ),
    ("https://m.youtube.com/watch?v=1&si=2&feature=share", "https://m.youtube.com/watch?v=1"),
]

# What may name the document, and must stay.
MEANING = [
    "id=1", "sid=1", "p=1", "ref=1", "source=1", "from=1", "mod=1", "st=1", "s=1", "t=1", "si=1",
    "share=1", "key=1", "version=1", "lang=zh", "f=1", "partner=1", "module=1", "utm=1", "gaa=1",
    "spam=1", "spmx=1", "xtors=1", "igs=1", "wxid=1", "token=1", "campaign=1", "cid=1", "scene=1",
    "gadget=1", "vero=1", "matomo=1", "mid=1", "idx=1", "sn=1", "page=2", "mtmid=1", "cmp=1",
]  # fmt: skip


@pytest.mark.parametrize("parameter", SEEN)
def test_tracking_goes_wherever_it_stands(parameter: str) -> None:
    for url in (f"{ARTICLE}&{parameter}", ARTICLE.replace("?", f"?{parameter}&")):
        assert canonical(url) == ARTICLE
        assert canonical(url.replace("&", "&amp;")).replace("amp;", "") == ARTICLE


@pytest.mark.parametrize(("url", "expected"), ON_HOSTS)
def test_some_words_are_tracking_on_one_site_alone(url: str, expected: str) -> None:
    assert canonical(url) == expected
    elsewhere = url.replace(url.split("/")[2], "news.example")
    assert canonical(elsewhere).partition("?")[2] != expected.partition("?")[2]


@pytest.mark.parametrize("parameter", MEANING)
def test_what_may_name_the_document_stays(parameter: str) -> None:
    url = f"https://news.example/article?{parameter}"
    assert canonical(url) == url


def test_a_site_is_no_other_that_ends_alike() -> None:
    assert not is_tracking("mod", "notwsj.com")
    assert is_tracking("mod", "wsj.com")
    assert is_tracking("mod", "cn.wsj.com")


def test_every_row_says_where_it_was_seen() -> None:
    rows = tomllib.loads((files("ingest") / "tracking.toml").read_text(encoding="utf-8"))
    known = set[tuple[str, str]]()
    for row in rows["tracking"]:
        assert row.keys() <= {"names", "hosts", "since", "seen"}
        assert len(row["seen"]) > 10
        for name in row["names"]:
            for host in row.get("hosts", [""]):
                assert (name, host) not in known, name
                known.add((name, host))


def test_the_former_form_is_that_of_the_first_list() -> None:
    url = "https://news.example/%e4%7E?utm_source=a&srsltid=b&id=1#top"
    assert former(url) == "https://news.example/%e4%7E?srsltid=b&id=1"
    assert canonical(url) == "https://news.example/%E4~?id=1"
