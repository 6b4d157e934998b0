import pytest

from ingest.pages.authors import clean_authors


@pytest.mark.parametrize(
    ("byline", "names"),
    [
        ("Jane Roe", ("Jane Roe",)),
        ("By Jane Roe", ("Jane Roe",)),
        ("BY JANE ROE", ("Jane Roe",)),
        ("by Jane Roe and John O'Neill", ("Jane Roe", "John O'Neill")),
        ("Written by Jane Roe, Staff Writer", ("Jane Roe",)),
        ("Jane Roe, John Doe & Li Wen", ("Jane Roe", "John Doe", "Li Wen")),
        ("John Doe, Jr.", ("John Doe Jr.",)),
        ("Jane Roe, Ph.D., MS, RDN", ("Jane Roe",)),
        ("By Jane Roe (Reuters)", ("Jane Roe",)),
        ("Jane Roe | Example Tribune", ("Jane Roe",)),
        ("Jane Roe. Example News Agency", ("Jane Roe",)),
        ("J. K. Roe", ("J. K. Roe",)),
        ("jane.roe@news.example (Jane Roe)", ()),
        ("Jane Roe jane.roe@news.example @janeroe", ("Jane Roe",)),
        ("https://news.example/authors/jane-roe", ()),
        ("Associated Press", ()),
        ("Reuters Staff", ()),
        ("PTI", ()),
        ("The Editorial Board", ()),
        ("jdadmin", ()),
        ("Jane Roe, updated 5 minutes ago", ("Jane Roe",)),
        ("本报记者 王明 李红", ("王明", "李红")),
        ("作者：王明", ("王明",)),
        ("记者王明、李红", ("王明", "李红")),
        ("新华社", ()),
        ("文｜陳大文", ("陳大文",)),
        ("责任编辑：王明", ("王明",)),
        ("Ludwig de Vries", ("Ludwig de Vries",)),
        ("", ()),
        (" , ; | ", ()),
        ("x" * 5_000, ()),
    ],
)
def test_only_the_names_of_people_are_left(byline: str, names: tuple[str, ...]) -> None:
    assert clean_authors([byline]) == names


def test_a_name_that_comes_twice_is_given_once() -> None:
    assert clean_authors(["Jane Roe", "JANE ROE", "by Jane Roe"]) == ("Jane Roe",)


def test_the_outlet_is_not_an_author() -> None:
    assert clean_authors(["Harbour Lights", "Jane Roe"], source=["Harbour Lights Weekly"]) == (
        "Jane Roe",
    )


@pytest.mark.parametrize(
    ("byline", "names"),
    [
        # Places, and what is said of where they are.
        ("Jane Roe in Lisbon", ("Jane Roe",)),
        ("Jane Roe, in Washington and John Doe, in Seoul", ("Jane Roe", "John Doe")),
        ("Gazette staff in Naples", ()),
        ("MANILA", ()),
        ("Jane Roe, New Delhi", ("Jane Roe",)),
        ("By Jane Roe at the White House", ("Jane Roe",)),
        ("Jane Roe for Harbour Lights", ("Jane Roe",)),
        ("Jane Roe reporting from Kinmen", ("Jane Roe",)),
        ("By Jane Roe / Special correspondent, in Tainan", ("Jane Roe",)),
        ("By JANE ROE | Hong Kong", ("Jane Roe",)),
        ("Jane Roe is based in Shanghai", ("Jane Roe",)),
        # Links to profiles.
        ("More stories by Jane Roe", ("Jane Roe",)),
        ("View all posts by Jane Roe", ("Jane Roe",)),
        ("See more from Jane Roe", ("Jane Roe",)),
        ("Follow Jane Roe", ("Jane Roe",)),
        ("Articles by Jane Roe", ("Jane Roe",)),
        # Outlets.
        *(
            (name, ())
            for name in (
                "腾讯", "网易科技", "新浪军事", "凤凰网", "美國之音", "自由亞洲電台", "財新",
                "Sixth Tone", "Voice of America", "Nikkei Asia", "Zaobao", "外交部", "澎湃",
                "CGTN", "Radio Free Asia", "Sohu", "路透中文网", "The White House",
            )
        ),
        # Chinese bylines.
        ("【記者王小明／綜合報導】", ("王小明",)),
        ("〔記者陳大文／台北報導〕", ("陳大文",)),
        ("（中央社記者陳大文華盛頓3日專電）", ("陳大文",)),
        ("記者陳大文、林美玲／高雄報導", ("陳大文", "林美玲")),
        ("作者：王小明 编辑：李华", ("王小明",)),
        ("编辑 李华 记者 王小明", ("王小明",)),
        ("撰文：王小明　校对：赵一", ("王小明",)),
        ("文／陳大文 圖／林美玲", ("陳大文",)),
        ("古丽·买买提", ("古丽·买买提",)),
        ("作者：司马南·阿里", ("司马南·阿里",)),
        ("新华社记者王小明 北京报道", ("王小明",)),
        ("王小明/例报", ("王小明",)),
        ("編譯陳大文／綜合外電", ("陳大文",)),
        ("来源：中新网 作者：王小明", ("王小明",)),
    ],
)  # fmt: skip
def test_places_phrases_and_sources_are_nobody(byline: str, names: tuple[str, ...]) -> None:
    assert clean_authors([byline]) == names
