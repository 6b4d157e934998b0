import pytest

from ingest.pages.quality import Facts, Quality, find_marks, judge

LEAD = (
    "Negotiators from both capitals met again on Monday, in a hotel by the river, to settle the "
    "last points of an accord on port fees.\n"
    "The text, seen by two people who took part, would halve the charges from the first of March "
    "and leave the rest to a joint panel of six.\n"
    "Shippers welcomed the news with caution and asked to see the tariff in writing before they "
    "would change a single timetable."
)
ARTICLE = "\n".join([LEAD] * 7)
MENU = "\n".join(f"Section {number}" for number in range(30))
CHROME = "Subscribe Sign in Most read Cookie policy We use cookies Privacy"


def notice(words: str, *, title: str = "Example Tribune") -> Facts:
    return Facts(titles=(title,), text=words, visible=f"{CHROME} {words}")


@pytest.mark.parametrize(
    "text", [LEAD, ARTICLE, "港口收费将从三月一日起减半，其余问题交由联合小组处理。" * 6]
)
def test_an_article_is_ok(text: str) -> None:
    facts = Facts(titles=("Port fees halved",), text=text, visible=f"{CHROME} {text} {CHROME}")
    assert judge(facts) is Quality.OK


@pytest.mark.parametrize("text", ["", "Port fees were halved.", MENU])
def test_too_little_text_is_short(text: str) -> None:
    facts = Facts(titles=("Port fees halved",), text=text, visible=text)
    assert judge(facts) is Quality.SHORT


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("Just a moment...", "Checking your browser before you go on."),
        ("Attention Required! | Cloudflare", "Sorry, you have been blocked"),
        ("Access Denied", "You don't have permission to access this. Reference #18.2f"),
        ("Tribune", "Please verify that you are a human by pressing and holding."),
        ("Tribune", "Please enable JS and disable any ad blocker"),
        ("Tribune", "This content is not available in your region."),
        ("安全验证", "请完成下列验证后继续访问"),
        ("提示", "您的访问过于频繁，请稍后再试"),
        ("Nur einen Moment…", "Verifizieren Sie, dass Sie ein Mensch sind."),
    ],
)
def test_a_content_networks_challenge_is_blocked(title: str, words: str) -> None:
    assert judge(notice(words, title=title)) is Quality.BLOCKED


@pytest.mark.parametrize(
    "words",
    [
        "We and our 812 partners store and/or access information on a device. Accept all.",
        "Wir und unsere Partner verwenden Cookies. Alle akzeptieren. Alle ablehnen.",
        "我们使用Cookie，点击接受全部即表示您同意我们的隐私政策和Cookie政策。",
    ],
)
def test_a_request_for_consent_is_consent(words: str) -> None:
    facts = Facts(titles=("Tribune",), text=words, visible=words)
    assert judge(facts) is Quality.CONSENT


@pytest.mark.parametrize("beside", ["We use cookies.", "We use cookies. Cookie settings."])
def test_cookies_mentioned_beside_a_short_text_are_no_request_for_consent(beside: str) -> None:
    caption = "The ferry at dawn."
    facts = Facts(titles=("Ferry",), text=caption, visible=f"Most read {caption} {beside}")
    assert judge(facts) is Quality.SHORT


@pytest.mark.parametrize(
    "words",
    [
        "Subscribe to continue reading",
        "You've reached your limit of free articles.",
        "This article is for subscribers only.",
        "Log in or subscribe to keep reading",
        "订阅后继续阅读全文",
        "本文为付费内容",
        "この記事は有料会員限定です",
    ],
)
def test_a_preview_with_a_request_to_pay_is_a_paywall(words: str) -> None:
    facts = Facts(titles=("Port fees halved",), text=LEAD, visible=f"{CHROME} {LEAD} {words}")
    assert judge(facts) is Quality.PAYWALL


def test_a_preview_that_the_page_calls_not_free_is_a_paywall() -> None:
    facts = Facts(titles=("Port fees halved",), text=LEAD, visible=LEAD, not_free=True)
    assert judge(facts) is Quality.PAYWALL


def test_a_whole_article_of_a_metered_site_is_ok() -> None:
    facts = Facts(titles=("Port fees halved",), text=ARTICLE, not_free=True)
    assert judge(facts) is Quality.OK


def test_a_long_text_that_ends_in_a_request_to_pay_is_a_paywall() -> None:
    facts = Facts(titles=("Port fees",), text=f"{ARTICLE}\nTo continue reading, subscribe now.")
    assert judge(facts) is Quality.PAYWALL


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("Page not found", "The page you are looking for does not exist."),
        ("404", "Try the search."),
        ("Tribune", "Oops! That page can’t be found."),
        ("Tribune", "This article is no longer available."),
        ("页面不存在", "抱歉，您访问的页面不存在或已删除"),
        ("例报", "该文章已被删除"),
        ("Page introuvable", "La page que vous cherchez n'existe plus."),
    ],
)
def test_an_error_that_answers_with_200_is_a_soft_404(title: str, words: str) -> None:
    assert judge(notice(words, title=title)) is Quality.SOFT_404
    with_menu = Facts(titles=(title,), text=MENU, visible=f"{MENU} {words}")
    assert judge(with_menu) is Quality.SOFT_404


def test_a_home_page_in_the_articles_place_is_a_soft_404() -> None:
    assert judge(Facts(titles=("Tribune",), text=ARTICLE, home_page=True)) is Quality.SOFT_404


@pytest.mark.parametrize(
    "text",
    [
        LEAD.replace("e", "\ufffd"),
        ("港口收费将从三月一日起减半。" * 10).encode().decode("cp1252", "replace"),
        ("港口收费将从三月一日起减半。" * 10).encode("gb18030").decode("latin-1"),
        ("港口收费将从三月一日起减半。" * 10).encode().decode("gb18030", "replace"),
        "新闻锟斤拷锟斤拷的锟斤拷锟斤拷" * 20,
    ],
)
def test_text_in_a_misread_encoding_is_mojibake(text: str) -> None:
    assert judge(Facts(titles=("x",), text=text)) is Quality.MOJIBAKE


@pytest.mark.parametrize(
    "text",
    [
        "Ministři se dohodli, že přístavní poplatky budou od března poloviční, řekl mluvčí. " * 5,
        "Bộ trưởng hai nước đã đồng ý giảm một nửa phí cảng kể từ tháng ba năm nay, theo báo. " * 5,
        "Les députés ont été élus à l’été, « déjà », a précisé le ministère de l’Économie. " * 5,
        "Þingið ákvað að lækka hafnargjöld um helming frá fyrsta mars næstkomandi, að sögn. " * 5,
        "Министры договорились вдвое снизить портовые сборы с первого марта этого года. " * 5,
        "熙熙攘攘的码头上，镕基、喆、堃、珺等名字用字较生僻的工人正在鎏金匾额下搬运货物。" * 5,
    ],
)
def test_a_language_with_many_accents_is_not_mojibake(text: str) -> None:
    assert judge(Facts(titles=("x",), text=text, visible=text)) is Quality.OK


@pytest.mark.parametrize(
    "title",
    [
        "404 Not Found: how a censor removes what it does not like from the web",
        "Forbidden City to reopen its western gate",
        "Are you a robot? What the new visa form asks of every visitor",
        "Subscribe to read: why newspapers put up walls",
        "We value your privacy, said the firm that sold it",
        "Loading docks stand idle as fees rise",
        "Access denied: reporters kept out of the summit",
    ],
)
def test_an_article_about_walls_is_an_article(title: str) -> None:
    facts = Facts(titles=(title,), text=ARTICLE)
    assert judge(facts) is Quality.OK
    short_but_whole = Facts(titles=(title,), text=LEAD, visible=f"{CHROME} {LEAD}")
    assert judge(short_but_whole) is Quality.OK


def test_a_wall_that_shows_no_words_is_known_by_its_markup() -> None:
    markup = '<script src="https://geo.captcha-delivery.com/c.js"></script>'
    assert find_marks(markup) == {Quality.BLOCKED}
    facts = Facts(titles=(), text="", visible="", marks=find_marks(markup))
    assert judge(facts) is Quality.BLOCKED
    assert find_marks("<p>Port fees were halved.</p>") == frozenset()


def test_marks_do_not_count_against_a_text() -> None:
    facts = Facts(titles=("Port fees",), text=ARTICLE, marks=frozenset({Quality.BLOCKED}))
    assert judge(facts) is Quality.OK
