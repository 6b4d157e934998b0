"""A gigabyte in a kilobyte costs no more memory than a page."""

from tests.faults.strangers.bombs import BOMBS, MOST_MEGABYTES, outcomes_and_rise
from tests.site import Site, answers


def test_the_brotli_bomb_is_as_small_as_they_come() -> None:
    assert len(answers.bomb_body("br")) < 2_000


def test_twelve_bombs_are_too_large_and_cost_little_memory(site: Site) -> None:
    for name, bomb in BOMBS.items():
        site.serve(f"/{name}", bomb)
    site.page("/", "<p>quiet</p>")
    outcomes, rise = outcomes_and_rise([site.url("/"), *(site.url(f"/{name}") for name in BOMBS)])
    assert outcomes == ["too large"] * len(BOMBS)
    assert rise <= MOST_MEGABYTES


def test_the_measurement_sees_what_a_large_body_costs(site: Site) -> None:
    site.page("/", "<p>quiet</p>")
    site.page("/large", bytes(9_900_000))
    outcomes, rise = outcomes_and_rise([site.url("/"), site.url("/large")])
    assert outcomes == ["9900000"]
    assert 9 <= rise <= MOST_MEGABYTES
