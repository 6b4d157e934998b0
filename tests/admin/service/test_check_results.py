"""No finding shows a password, however it got into it."""

from pathlib import Path

import pytest

from admin.service.check_results import HIDDEN, fail, ok, without_secrets
from worker.settings import Settings

SECRET = "c4n@ry/pass word"
SPELLED = "c4n%40ry%2Fpass%20word"


@pytest.mark.parametrize(
    "urls",
    [
        {"database_url": f"postgresql+psycopg://ana:{SPELLED}@db.example/news"},
        {"database_url": f"postgresql+psycopg://db.example/news?password={SPELLED}"},
        {"redis_url": f"rediss://:{SPELLED}@redis.example:6379/0"},
    ],
)
def test_a_password_of_a_url_is_hidden_in_every_spelling(
    urls: dict[str, str], tmp_path: Path
) -> None:
    settings = Settings(home=tmp_path, **urls)
    found = [ok("a", f"said {SECRET}"), fail("b", f"said {SPELLED}", f"not {SECRET}")]
    for each in without_secrets(found, settings):
        assert SECRET not in each.what + each.mend
        assert SPELLED not in each.what + each.mend
        assert HIDDEN in each.what


def test_so_is_that_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", SECRET)
    [found] = without_secrets([ok("a", f"said {SECRET}")], None)
    assert found.what == f"said {HIDDEN}"


def test_what_is_no_secret_stays(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, redis_url="redis://redis.example:6379/0")
    [found] = without_secrets([ok("a", "redis.example answers")], settings)
    assert found.what == "redis.example answers"
