import pytest

from ingest.pages.main_text import MAX_ELEMENTS, article_text, prose_lines
from ingest.text.html_tree import parse

PARAGRAPHS = [
    f"Paragraph {number} says that the envoys met again, settled quota {number * 7} and went home."
    for number in range(40)
]
BODY = "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS)
THIRDS = [f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS]
HALF, OTHER_HALF = "".join(THIRDS[:20]), "".join(THIRDS[20:])
MENU = "".join(f"<li><a href=/{n}>Section {n}</a></li>" for n in range(40))


def extracted(body: str) -> str:
    markup = f"<html><head><title>Envoys</title></head><body>{body}</body></html>"
    parsed = parse(markup)
    assert parsed is not None
    return article_text(parsed.tree, markup)


def lost(text: str) -> list[str]:
    return [paragraph for paragraph in PARAGRAPHS if paragraph not in text]


@pytest.mark.parametrize(
    "page",
    [
        BODY,
        f"<article>{BODY}</article>",
        f"<div>{'<br><br>'.join(PARAGRAPHS)}</div>",
        "".join(f"<div>{paragraph}</div>" for paragraph in PARAGRAPHS),
        "".join(f"<div><p>{paragraph}</p></div>" for paragraph in PARAGRAPHS),
        f"<table><tr><td>{BODY}</td></tr></table>",
        f"<form>{BODY}</form>",
        f"<ul>{''.join(f'<li>{paragraph}</li>' for paragraph in PARAGRAPHS)}</ul>",
        f"<noscript>{BODY}</noscript>",
        f"<div style='display:none'>{BODY}</div>",
        f"<div class=hidden>{BODY}</div>",
        f"<aside>{BODY}</aside>",
        f"<div id=sidebar>{BODY}</div>",
        f"<button>{BODY}</button>",
        f"{'<div>' * 253}{BODY}",
        f"{'<div>' * 300}{BODY}{'</div>' * 300}",
        f"{'<font>' * 1_900}{BODY}",
        f"{'<ul><li>' * 1_000}{BODY}",
        f"</body></html>{BODY}",
        f"<article>{HALF}</article>{OTHER_HALF}",
        f"<article>{HALF}</article></body></html>{OTHER_HALF}",
        f"<article>{HALF}</article></body></html><!doctype html><html><body>{OTHER_HALF}",
        f"<article>{HALF}<form><fieldset><select><option>1</select>{OTHER_HALF}</article>",
        "".join(f"<article>{''.join(THIRDS[n::3])}</article>" for n in range(3)),
    ],
)
def test_no_paragraph_is_lost(page: str) -> None:
    assert lost(extracted(page)) == []
    assert lost(extracted(f"<nav><ul>{MENU}</ul></nav><main><h1>Envoys</h1>{page}</main>")) == []


def test_a_body_cut_in_parts_by_advertisements_is_whole_again() -> None:
    parts = [
        "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS[n : n + 8])
        for n in range(0, 40, 8)
    ]
    parts = [f"<div class='body article-body'>{part}</div>" for part in parts]
    text = extracted(
        f"<article><h1>Envoys</h1>{'<div class=ad>Buy now</div>'.join(parts)}</article>"
    )
    assert lost(text) == []
    assert "Buy now" not in text
    assert text.index("Paragraph 3 ") < text.index("Paragraph 30 ")


def test_menus_and_footers_are_left_out() -> None:
    text = extracted(
        f"<nav><ul>{MENU}</ul></nav><article>{BODY}</article><footer>All rights reserved</footer>"
    )
    assert "Section 3" not in text
    assert "rights" not in text


def test_comments_do_not_drown_the_article() -> None:
    comments = "".join(
        f"<div class=comment-body><p>Reader {n} writes that the quota is far too low, as always, "
        "and that nobody asked the ports.</p></div>"
        for n in range(200)
    )
    text = extracted(f"<article>{BODY}</article><section id=comments>{comments}</section>")
    assert lost(text) == []
    assert "Reader 7 writes" not in text


def test_of_a_page_with_too_many_elements_the_prose_is_taken() -> None:
    text = extracted("<i>x</i>" * MAX_ELEMENTS + BODY)
    assert lost(text) == []


def test_prose_lines_leave_out_what_is_shorter_than_a_sentence() -> None:
    assert prose_lines(f"<ul>{MENU}</ul>{BODY}").splitlines() == PARAGRAPHS


def test_a_page_without_text_has_none() -> None:
    assert extracted("<img src=x>") == ""
