"""Two hundred hostile pages, made by scripts, and how much of their text is lost without a word."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ingest.pages.extract import Document, extract_page
from ingest.pages.quality import Quality
from tests.faults.rows import Row, row

# A document is silently cut when it is called an article and has less than this of its paragraphs.
# Two of twenty may go: extractors drop a first or last line that looks like a caption.
KEPT = 0.9
_PARAGRAPHS = 20

_SUBJECTS = (
    "the harbour master", "a clerk of the port", "the envoy", "an officer of customs",
    "the older of the brothers", "a spokeswoman", "the deputy minister", "a buyer of soybeans",
    "the ship's agent", "a teacher from Tianjin",
)  # fmt: skip
_VERBS = (
    "said on Monday that", "wrote in a long letter that", "told the committee that",
    "denied for the second time that", "had been certain for years that",
)  # fmt: skip
_OBJECTS = (
    "the fees would be halved before the spring", "nobody had read the fourth annex",
    "two of the cranes stood idle", "the visit had been put off again",
)  # fmt: skip
_CHINESE = ("港务局官员", "两国代表", "海关人员", "一名发言人", "大豆买家")
_CHINESE_SAID = ("星期一表示，", "在信中写道，", "告诉委员会，", "再次否认，")
_CHINESE_WHAT = (
    "港口收费将在春天之前减半，其余问题交由联合小组处理",
    "没有人读过协议的第四个附件，会谈因此推迟到下个月",
    "两台起重机仍然闲置，工人们在码头上等待消息", "访问的日期再次推迟，双方没有说明原因和新的时间",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Hostile:
    """A page, and the paragraphs that a reader of it sees."""

    name: str
    body: bytes
    paragraphs: tuple[str, ...]


def hostile_pages() -> Iterator[Hostile]:
    """Every trick with an English and a Chinese article."""
    for language, paragraphs in (("en", _english()), ("zh", _chinese())):
        for name, trick in _tricks().items():
            made = trick(paragraphs)
            body = made if isinstance(made, bytes) else made.encode("utf-8", "surrogatepass")
            yield Hostile(f"{language} {name}", body, tuple(paragraphs))


def lost_silently(page: Hostile, document: Document) -> bool:
    """Whether the document passes for an article and is not all of it."""
    squeezed = "".join(document.text.split())
    kept = sum("".join(p.split()) in squeezed for p in page.paragraphs)
    return document.quality is Quality.OK and kept < KEPT * len(page.paragraphs)


def pages(every: int = 1) -> Row:
    """Every page, or one of `every`, extracted."""
    chosen = list(hostile_pages())[::every]
    lost, whole = [], 0
    for page in chosen:
        document = extract_page(page.body, url="https://news.example/port-fees")
        if lost_silently(page, document):
            lost.append(page.name)
        whole += document.quality is Quality.OK and page.name not in lost
    return row(
        "hostile pages",
        times=len(chosen),
        items=len(chosen),
        lost=len(lost),
        asked="0 silent losses",
        measured=f"{whole} read whole, {len(chosen) - whole - len(lost)} flagged"
        + (f"; lost: {', '.join(lost[:3])}" if lost else ""),
        ok=not lost,
    )


def _english() -> list[str]:
    return [
        f"In the case of number {n} {_SUBJECTS[n % 10]} {_VERBS[n % 5]} {_OBJECTS[n % 4]}, and "
        f"that {_SUBJECTS[(n * 3 + 1) % 10]} knew it, as the papers of that day show in detail."
        for n in range(1, _PARAGRAPHS + 1)
    ]


def _chinese() -> list[str]:
    return [
        f"第{n}份文件说，{_CHINESE[n % 5]}{_CHINESE_SAID[n % 4]}{_CHINESE_WHAT[n % 4]}，"
        f"而{_CHINESE[(n * 3 + 1) % 5]}早已知道此事，当天的报纸对此有详细的记载。"
        for n in range(1, _PARAGRAPHS + 1)
    ]


# --- tricks --------------------------------------------------------------------------------------

_Trick = Callable[[Sequence[str]], str | bytes]

_MENU = "".join(f'<li><a href="/{n}">Section {n}</a></li>' for n in range(12))


def _page(body: str, *, head: str = '<meta charset="utf-8">', title: str = "Port fees") -> str:
    return (
        f"<!doctype html><html><head>{head}<title>{title}</title></head><body><nav><ul>{_MENU}</ul>"
        f"</nav>{body}<footer><p>All rights reserved.</p></footer></body></html>"
    )


def _article(inner: str) -> str:
    return _page(f"<article><h1>Port fees</h1>{inner}</article>")


def _joined(paragraphs: Sequence[str], opening: str = "<p>", closing: str = "</p>") -> str:
    return "".join(f"{opening}{paragraph}{closing}" for paragraph in paragraphs)


def _amid(paragraphs: Sequence[str], between: str) -> str:
    """Something nasty in the middle of an article."""
    half = len(paragraphs) // 2
    return _article(_joined(paragraphs[:half]) + between + _joined(paragraphs[half:]))


def _tricks() -> dict[str, _Trick]:
    return {
        **{f"depth {n}": _deep(n) for n in (100, 252, 253, 256, 400, 1_000, 2_000, 3_000, 20_000)},
        **{f"depth {n} within": _deep_within(n) for n in (250, 256, 600, 2_500)},
        **{f"between: {name}": _between(text) for name, text in _BETWEEN.items()},
        **{f"inside text: {name}": _inside(text) for name, text in _INSIDE.items()},
        **{f"in a title: {name}": _in_title(text) for name, text in _INSIDE.items()},
        **{f"in an attribute: {name}": _in_attribute(text) for name, text in _INSIDE.items()},
        **{f"paragraphs as {o}": _as(o, c) for o, c in _PARAGRAPH_TAGS},
        **{f"body of class {name}": _of_class(name) for name in _CLASSES},
        **{f"encoding {name}": _encoded(*how) for name, how in _ENCODINGS.items()},
        "all in references": lambda ps: _article(
            _joined(["".join(f"&#{ord(c)};" for c in p) for p in ps])
        ),
        "all in hexadecimal references": lambda ps: _article(
            _joined(["".join(f"&#x{ord(c):X};" for c in p) for p in ps])
        ),
        "nothing closed": lambda ps: _page(f"<article><h1>Port fees<div>{_joined(ps, closing='')}"),
        "everything closed twice": lambda ps: _article(_joined(ps, closing="</p></p></div></b>")),
        "crossed formatting": lambda ps: _article(_joined(ps, "<p><b><i>", "</b></p></i>")),
        "a form around all": lambda ps: _page(f"<form action=/x>{_joined(ps)}</form>"),
        "a table around all": lambda ps: _page(f"<table><tr><td>{_joined(ps)}</table>"),
        "no html, no body": lambda ps: _joined(ps),
        "three articles": lambda ps: _page(
            "".join(f"<article>{_joined(ps[n : n + 7])}</article>" for n in (0, 7, 14))
        ),
        "advertisements between": lambda ps: _article(
            _joined(ps, closing='</p><div class="ad"><a href=/buy>Buy a lamp</a></div>')
        ),
        "a link to each": lambda ps: _article(_joined(ps, closing=' <a href="/more">more</a></p>')),
        "each in its own div": lambda ps: _article(
            _joined(ps, '<div class="block"><div class="inner"><p>', "</p></div></div>")
        ),
        "line breaks only": lambda ps: _article("<div>" + "<br><br>".join(ps) + "</div>"),
        "an image of a megabyte within": lambda ps: _amid(
            ps, f'<img src="data:image/png;base64,{"A" * 1_000_000}">'
        ),
        "a script of a megabyte within": lambda ps: _amid(
            ps, f"<script>var a='{'<p>no' * 150_000}'</script>"
        ),
        "thousand attributes": lambda ps: _amid(
            ps, f"<div {' '.join(f'a{n}=1' for n in range(990))}>x</div>"
        ),
        "too many attributes": lambda ps: _amid(
            ps, f"<div {' '.join(f'a{n}=1' for n in range(9_000))}>x</div>"
        ),
    }


def _deep(depth: int) -> _Trick:
    return lambda ps: _page("<div>" * depth + _joined(ps) + "</div>" * depth)


def _deep_within(depth: int) -> _Trick:
    return lambda ps: _amid(ps, "<div>" * depth + "deep" + "</div>" * depth)


def _between(text: str) -> _Trick:
    return lambda ps: _amid(ps, text)


def _inside(text: str) -> _Trick:
    """In the words of an added paragraph, so that the others stay as they are looked for."""
    return lambda ps: _amid(ps, f"<p>He paused {text} and went on to speak of other things.</p>")


def _in_title(text: str) -> _Trick:
    return lambda ps: _page(f"<article>{_joined(ps)}</article>", title=f"Port {text} fees")


def _in_attribute(text: str) -> _Trick:
    quoted = text.replace('"', "&quot;")
    return lambda ps: _article(_joined(ps, f'<p title="{quoted}">'))


def _as(opening: str, closing: str) -> _Trick:
    return lambda ps: _article(_joined(ps, opening, closing))


def _of_class(name: str) -> _Trick:
    return lambda ps: _page(f'<div class="{name}"><h1>Port fees</h1>{_joined(ps)}</div>')


def _encoded(encoding: str, declared: str, mark: bytes) -> _Trick:
    def trick(ps: Sequence[str]) -> bytes:
        page = _page(f"<article>{_joined(ps)}</article>", head=declared)
        return mark + page.encode(encoding)

    return trick


_BETWEEN = {
    "the end of the page": "</article></body></html>",
    "another page": "</body></html><!doctype html><html><body>",
    "another body": "<body class=two>",
    "a comment that never ends well": "<!-- a <p>b</p> --!>",
    "an empty comment": "<!--> <!---> <!---->",
    "a conditional comment": "<!--[if lt IE 9]><p>old</p><![endif]--><![if !IE]><![endif]>",
    "a character data section": "<![CDATA[ x < y && z ]]>",
    "a processing instruction": "<?php echo '<p>'; ?>",
    "a declaration": "<!ELEMENT p ANY><!ENTITY a 'b'>",
    "stray end tags": "</div></section></main></p></td></table></p>",
    "an open quote": '<div class="a>b</div><div id="c">d</div>',
    "a tag without a name": "<><</><=><3",
    "a tag with a NUL in it": "<di\0v>x</di\0v>",
    "half a table": "<table><tr><td><table><tr><th>",
    "half a list": "<ul><li><ol><li><dl><dt>",
    "half a form": "<form><fieldset><select><option>one</select>",
    "vector graphics": "<svg><g><title>t</title><path d='M0 0'/></g></svg>",
    "mathematics": "<math><mi>x</mi><mo>=</mo><mn>2</mn></math>",
    "a frame": '<iframe src="https://elsewhere.example/"><p>no frames</p></iframe>',
    "an object": '<object data="x.swf"><embed src="x.swf"><p>no plugin</p></object>',
    "a template": "<template><p>not shown</p></template>",
    "no script": "<noscript><img src=/pixel></noscript>",
    "a style": "<style>p { content: '</p>' } </style>",
    "a base": '<base href="javascript:alert(1)//">',
    "a refresh": '<meta http-equiv="refresh" content="0;url=/elsewhere">',
    "custom elements": "<x-advert slot=a><y-inner>z</y-inner></x-advert>",
    "half formatting": "<b><i><font color=red><u><s><a href=#>",
    "a thousand breaks": "<br>" * 1_000,
    "a hundred headings": "<h2>More</h2>" * 100,
    "other namespaces": "<o:p>&nbsp;</o:p><v:shape>x</v:shape>",
}
_INSIDE = {
    "escape by reference": "&#x1b;[31m",
    "escape": "\x1b[2J",
    "NUL": "\0",
    "NUL by reference": "&#0;",
    "noncharacter by reference": "&#xFFFE;",
    "noncharacter": "\ufffe\uffff",
    "surrogate by reference": "&#xD800;",
    "surrogates": "\ud83d",
    "number beyond all": "&#99999999999;",
    "endless number": f"&#{'9' * 5_000};",
    "unknown entities": "&foo; &bar &;&#;&#x;",
    "reversed text": "\u202egnp.exe\u202c",
    "other controls": "\x01\x02\x7f\x85\x9b",
    "separators": "\u2028\u2029\x0b\x0c",
    "zero width": "\u200b\u200d\ufeff" * 50,
    "combining marks": "a" + "\u0301" * 500,
    "private use": "\ue000\uf8ff",
    "beyond the first plane": "\U0001f600\U0010ffff",
}
_PARAGRAPH_TAGS = (
    ("<div>", "</div>"), ("<section>", "</section>"), ("<pre>", "</pre>"), ("<li>", "</li>"),
    ("<blockquote>", "</blockquote>"), ("<center>", "</center>"), ("<dd>", "</dd>"),
    ("<font size=2><p>", "</p></font>"), ("<x-par>", "</x-par>"), ("<P ALIGN=LEFT>", ""),
    ("<p><span>", "</span></p>"), ("<p style='margin:0'><span><span>", "</span></span></p>"),
    ("<article><p>", "</p></article>"), ("<tr><td>", "</td></tr>"), ("<p><em>", "</em></p>"),
    ("<div role=paragraph>", "</div>"), ("<p hidden-x=1 class>", "</p>"),
)  # fmt: skip
_CLASSES = (
    "comment", "comment-body", "sidebar", "footer-text", "promo", "related", "ad", "nav",
    "hidden-print", "social share", "teaser", "cookie", "widget", "header", "",
)  # fmt: skip
_META = "<meta charset={}>"
_ENCODINGS = {
    "UTF-8 with its mark": ("utf-8", "", b"\xef\xbb\xbf"),
    "UTF-8 said to be Latin": ("utf-8", _META.format("iso-8859-1"), b""),
    "UTF-8 said to be GBK": ("utf-8", _META.format("gbk"), b""),
    "UTF-16 with its mark": ("utf-16-le", _META.format("utf-16"), b"\xff\xfe"),
    "UTF-16 without": ("utf-16-le", "", b""),
    "UTF-16 said to be UTF-8": ("utf-16-be", _META.format("utf-8"), b"\xfe\xff"),
    "GB18030": ("gb18030", _META.format("gb2312"), b""),
    "GB18030 said to be UTF-8": ("gb18030", _META.format("utf-8"), b""),
    "unknown": ("utf-8", _META.format("x-klingon"), b""),
    "said in endless words": ("utf-8", _META.format("a" * 50_000), b""),
}
