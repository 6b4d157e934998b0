"""`doctor`: what is well, what is not, and what mends it."""

import os
import sqlite3
from datetime import timedelta
from typing import Any

import pytest
import redis
import time_machine

from admin.service import doctor_checks
from tests.admin.conftest import Cli, Ended
from tests.site import Site
from worker import clock
from worker.service.redis_server import RedisServer

SECRET = "can4ry"
# Nobody listens on this port of loopback: it is reserved, and needs root to be taken.
CLOSED = "127.0.0.1:1"


def finding(ended: Ended, name: str) -> dict[str, Any]:
    [report] = ended.records
    [found] = [each for each in report["findings"] if each["name"] == name]
    return dict(found)


def test_a_home_in_use_is_well(polled: Cli) -> None:
    ended = polled("doctor", "--json", contact="ops@example.org")
    [report] = ended.records
    assert (ended.status, report["ok"]) == (0, True), report
    assert {each["state"] for each in report["findings"]} == {"ok"}, report
    assert [each["name"] for each in report["findings"]] == [
        "programs", "settings", "home", "clock", "disk", "descriptors", "database", "redis",
    ]  # fmt: skip


def test_for_people_each_line_fits_and_begins_with_its_state(polled: Cli) -> None:
    ended = polled("doctor")
    lines = ended.out.splitlines()
    assert all(len(line) <= 80 for line in lines if "/" not in line)
    assert {line[:5].strip() for line in lines} <= {"ok", "warn", "fail", ""}
    assert "set TRANSPACIFIC_CONTACT" in ended.out


def test_a_setting_that_is_wrong_or_misspelled_is_named(cli: Cli) -> None:
    wrong = cli("doctor", "--json", tick_seconds="soon")
    assert wrong.status == 1
    assert "TRANSPACIFIC_TICK_SECONDS" in finding(wrong, "settings")["what"]
    misspelled = cli("doctor", "--json", tikc_seconds="5")
    states = [each["what"] for each in misspelled.records[0]["findings"]]
    assert "TRANSPACIFIC_TIKC_SECONDS: no such setting" in states


def test_nothing_is_made_of_a_home_that_is_not_there(cli: Cli) -> None:
    ended = cli("doctor", "--json")
    assert ended.status == 0
    assert finding(ended, "database")["state"] == "warn"
    assert "transpacific up" in finding(ended, "database")["mend"]
    assert not cli.home.exists()


def test_a_damaged_database_and_one_of_another_version_fail(local_cli: Cli) -> None:
    local_cli("db", "upgrade")
    file = local_cli.home / "transpacific.db"
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0003'")
    old = local_cli("doctor", "--json")
    assert old.status == 1
    assert "transpacific db upgrade" in finding(old, "database")["mend"]
    connection.close()
    file.write_bytes(b"SQLite format 3\0" + os.urandom(5000))
    for rest in file.parent.glob("transpacific.db-*"):
        rest.unlink()
    broken = local_cli("doctor", "--json")
    assert broken.status == 1
    assert finding(broken, "database")["state"] == "fail"


def test_servers_that_do_not_answer_fail_and_their_passwords_are_not_shown(cli: Cli) -> None:
    urls = {
        "database_url": f"postgresql://ana:{SECRET}@{CLOSED}/news",
        "redis_url": f"redis://:{SECRET}@{CLOSED}/0",
    }
    ended = cli("doctor", "--json", **urls)
    assert ended.status == 1
    assert finding(ended, "database")["state"] == finding(ended, "redis")["state"] == "fail"
    assert "TRANSPACIFIC_REDIS_URL" in finding(ended, "redis")["mend"]
    assert SECRET not in ended.out + ended.err + cli("doctor", **urls).out


def test_a_redis_that_may_drop_messages_fails(polled: Cli, redis_server: RedisServer) -> None:
    assert finding(polled("doctor", "--json", redis_url=redis_server.url), "redis")["state"] == "ok"
    with redis.Redis.from_url(redis_server.redis_py_url) as client:
        client.config_set("maxmemory-policy", "allkeys-lru")
        try:
            ended = polled("doctor", "--json", redis_url=redis_server.url)
        finally:
            client.config_set("maxmemory-policy", "noeviction")
    assert ended.status == 1
    assert "noeviction" in finding(ended, "redis")["mend"]


def test_a_clock_that_runs_ahead_is_told_by_the_file_system(polled: Cli) -> None:
    with time_machine.travel(clock.now() + timedelta(hours=1)):
        ended = polled("doctor", "--json")
    assert ended.status == 1
    assert "NTP" in finding(ended, "clock")["mend"]


def test_a_library_that_is_missing_fails_with_its_name(
    polled: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor_checks, "MODULES", ("brotli", "no_such_module"))
    ended = polled("doctor", "--json")
    assert ended.status == 1
    assert "no_such_module" in finding(ended, "programs")["what"]


def test_hosts_of_feeds_are_asked_only_when_told_to(local_cli: Cli, site: Site) -> None:
    local_cli("feeds", "add", site.url("/rss.xml"), "--source", "A", "--unchecked")
    assert local_cli("doctor").status == 0
    assert site.log == []
    ended = local_cli("doctor", "--network", "--json")
    assert finding(ended, "network")["state"] == "ok"
    assert [request.path for request in site.log] == ["/robots.txt"]


def test_a_network_that_reaches_nobody_fails(local_cli: Cli) -> None:
    local_cli("feeds", "add", f"http://{CLOSED}/rss.xml", "--source", "A", "--unchecked")
    ended = local_cli("doctor", "--network", "--json")
    assert ended.status == 1
    assert "DNS" in finding(ended, "network")["mend"]
