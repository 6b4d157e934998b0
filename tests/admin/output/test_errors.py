"""One line and one status for everything that can go wrong."""

import importlib

import pytest
import redis
import sqlalchemy.exc

from admin.output import errors
from admin.output.errors import ADVICE_ON, STATUS_OF, Failure, Misuse, tell
from ingest.feeds.subscription import CatalogueError
from store.database.connection import DatabaseError
from worker.service.redis_server import RedisUnavailable
from worker.settings import SettingsError


@pytest.mark.parametrize(
    ("error", "status", "line"),
    [
        (Misuse("write it so"), 2, "write it so"),
        (Failure("try again"), 1, "try again"),
        (CatalogueError("line 3: no URL"), 2, "line 3: no URL"),
        (SettingsError("TRANSPACIFIC_X: wrong"), 2, "TRANSPACIFIC_X: wrong"),
        (DatabaseError("does not answer"), 1, "does not answer"),
        (RedisUnavailable("no Redis"), 1, "no Redis"),
        (
            redis.ConnectionError("Error 111 connecting to x:1.\nConnection refused."),
            1,
            "Redis: Error 111 connecting to x:1.; start it, or correct TRANSPACIFIC_REDIS_URL",
        ),
        (
            sqlalchemy.exc.OperationalError("SELECT 1", {}, Exception("disk I/O error")),
            1,
            "the database says disk I/O error: see `transpacific db check`",
        ),
        (FileNotFoundError(2, "No such file or directory", "/x"), 1,
         "/x: No such file or directory"),
        (OSError("odd"), 1, "odd"),
        (KeyboardInterrupt(), 130, None),
        (Misuse("two\nlines and \x1b[31mred \u202etxt"), 2, "two lines and [31mred txt"),
    ],
)  # fmt: skip
def test_an_error_has_its_status_and_its_line(
    error: BaseException, status: int, line: str | None
) -> None:
    told = tell(error)
    assert (told.status, told.line) == (status, line)


def test_a_fault_of_ours_is_told_with_its_place() -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        _ = 1 / 0
    told = tell(caught.value)
    assert told.status == 1
    assert told.line is not None
    assert "ZeroDivisionError: division by zero at test_errors.py:" in told.line


@pytest.mark.parametrize("name", [*STATUS_OF, *ADVICE_ON, *errors._OF_THE_DATABASE])
def test_every_error_that_is_known_by_its_name_is_there(name: str) -> None:
    module, _, kind = name.rpartition(".")
    error = getattr(importlib.import_module(module), kind)
    assert f"{error.__module__}.{error.__qualname__}" == name
