"""Who we say we are."""

import pytest

from ingest.http import user_agent
from ingest.http.identity import product_token, sender


@pytest.mark.parametrize("contact", ["https://desk.example/bot", "desk@news.example"])
def test_the_user_agent_says_how_to_reach_us(contact: str) -> None:
    agent = user_agent(contact)
    assert agent.startswith("Transpacific/")
    assert agent.endswith(f" (+{contact})")


@pytest.mark.parametrize("contact", [None, ""])
def test_without_a_contact_it_is_product_and_version(contact: str | None) -> None:
    product, _, release = user_agent(contact).partition("/")
    assert product == "Transpacific"
    assert release[0].isdigit()
    assert " " not in release


@pytest.mark.parametrize("contact", ["a\r\nX-Evil: 1", "联系", "a\x7fb"])
def test_a_contact_that_cannot_stand_in_a_header_is_an_error(contact: str) -> None:
    with pytest.raises(ValueError, match="User-Agent"):
        user_agent(contact)


@pytest.mark.parametrize(
    ("agent", "token"),
    [
        ("Transpacific/1.0 (+https://desk.example)", "Transpacific"),
        ("Transpacific", "Transpacific"),
        ("Transpacific (odd)", "Transpacific"),
    ],
)
def test_robots_txt_addresses_us_by_the_product_alone(agent: str, token: str) -> None:
    assert product_token(agent) == token


@pytest.mark.parametrize(
    ("contact", "field"),
    [
        ("desk@news.example", "desk@news.example"),
        ("mailto:desk@news.example", "desk@news.example"),
        ("https://desk.example/bot", None),
        ("https://desk@news.example", None),
        ("desk", None),
        ("desk@news", None),
        ("a b@news.example", None),
        ("a@news.example\r\nX-Evil: 1", None),
        ("联系@news.example", None),
        (None, None),
        ("", None),
    ],
)
def test_the_from_field_is_an_e_mail_address_or_none(
    contact: str | None, field: str | None
) -> None:
    assert sender(contact) == field
