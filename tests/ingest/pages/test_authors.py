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
