"""Both Chinese scripts as one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.text.scripts import to_simplified


@pytest.mark.parametrize(
    ("traditional", "simplified"),
    [
        ("美國總統川普宣布對華關稅", "美国总统川普宣布对华关税"),
        ("臺灣海峽", "台湾海峡"),
        ("美国已经是简体", "美国已经是简体"),
        ("US tariffs, café", "US tariffs, café"),
        ("", ""),
    ],
)
def test_traditional_letters_become_simplified_ones(traditional, simplified):
    assert to_simplified(traditional) == simplified


@given(st.text(alphabet=st.characters(min_codepoint=0x20, max_codepoint=0x2FFFF)))
def test_every_character_keeps_its_place(text):
    folded = to_simplified(text)
    assert len(folded) == len(text)
    assert to_simplified(folded) == folded
