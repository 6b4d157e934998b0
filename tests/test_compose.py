"""Production's files: what they promise, and every service's very command without a container."""

import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import redis
import yaml

from tests.support import machine
from tests.support.postgres import drop_database, fresh_database
from tests.support.waiting import ended, until
from worker.service import unprivileged
from worker.service.redis_server import check_policy, find_binary

ROOT = Path(__file__).parent.parent
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = ("migrate", "network-worker", "cpu-worker", "beat")
LONG_RUNNING = [name for name in SERVICES if name != "migrate"]

REQUIRED = re.compile(r"\$\{(\w+):\?[^}]+\}")


# The promises of compose.yaml


def test_the_services_are_those_of_the_design() -> None:
    assert set(SERVICES) == {"postgres", "redis", *OURS}


@pytest.mark.parametrize("name", SERVICES)
def test_no_port_is_published(name: str) -> None:
    assert "ports" not in SERVICES[name]
    assert SERVICES[name].get("network_mode") is None


def test_only_the_network_worker_reaches_the_internet() -> None:
    assert COMPOSE["networks"]["data"] == {"internal": True}
    outside = [name for name in SERVICES if SERVICES[name]["networks"] != ["data"]]
    assert outside == ["network-worker"]


@pytest.mark.parametrize("name", LONG_RUNNING)
def test_what_runs_for_long_is_watched_bounded_and_brought_back(name: str) -> None:
    service = SERVICES[name]
    assert service["restart"] == "unless-stopped"
    assert service["healthcheck"]["test"]
    assert service["stop_grace_period"]
    assert service["deploy"]["resources"]["limits"]["memory"]


@pytest.mark.parametrize("name", OURS)
def test_our_services_cannot_write_outside_tmp_or_gain_rights(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["tmpfs"] == ["/tmp"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


@pytest.mark.parametrize("name", ["network-worker", "cpu-worker", "beat"])
def test_nothing_works_before_the_migration_has_ended_well(name: str) -> None:
    needs = SERVICES[name]["depends_on"]
    assert needs["migrate"] == {"condition": "service_completed_successfully"}
    assert needs["postgres"] == needs["redis"] == {"condition": "service_healthy"}


def test_the_migration_runs_once_on_a_healthy_database() -> None:
    migrate = SERVICES["migrate"]
    assert migrate["restart"] == "no"
    assert migrate["depends_on"] == {"postgres": {"condition": "service_healthy"}}


@pytest.mark.parametrize("name", ["postgres", "redis"])
def test_data_lie_on_a_named_volume(name: str) -> None:
    [mount] = SERVICES[name]["volumes"]
    assert mount.split(":")[0] in COMPOSE["volumes"]


def test_metrics_are_served_to_the_inner_network_alone() -> None:
    for name in ("network-worker", "cpu-worker"):
        given = SERVICES[name]["environment"]
        assert SERVICES[name]["expose"] == [given["TRANSPACIFIC_METRICS_PORT"]]
        assert given.items() >= SERVICES["beat"]["environment"].items()
    assert "expose" not in SERVICES["beat"]


def test_there_is_no_password_but_the_one_that_must_be_given() -> None:
    secrets = {
        (name, variable): value
        for name in SERVICES
        for variable, value in SERVICES[name].get("environment", {}).items()
        if re.search("PASSWORD|SECRET|TOKEN|KEY", variable)
    }
    assert ("postgres", "POSTGRES_PASSWORD") in secrets
    for value in secrets.values():
        assert REQUIRED.fullmatch(value)
    assert not re.search(r"://[^/\s]*:[^/\s]*@", (ROOT / "compose.yaml").read_text())


def test_the_example_of_env_names_every_variable_and_gives_none_a_value() -> None:
    lines = (ROOT / ".env.example").read_text().split("\n")
    given = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    asked = set(REQUIRED.findall((ROOT / "compose.yaml").read_text()))
    assert given == dict.fromkeys(asked, "")


# The promises of Dockerfile


def dockerfile() -> list[list[str]]:
    """Its instructions as [instruction, argument], with continued lines joined."""
    text = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
    lines = [line for line in text.split("\n") if line and not line.startswith("#")]
    return [line.split(maxsplit=1) for line in lines]


def final_stage() -> list[list[str]]:
    instructions = dockerfile()
    last = max(i for i, (instruction, _) in enumerate(instructions) if instruction == "FROM")
    return instructions[last:]


def test_the_image_is_slim_and_of_a_named_python() -> None:
    bases = [argument for instruction, argument in dockerfile() if instruction == "FROM"]
    assert len(bases) == 2
    for base in bases:
        assert re.match(r"python:3\.\d+-slim( AS \w+)?$", base)


def test_the_image_does_not_run_as_root() -> None:
    users = [argument for instruction, argument in final_stage() if instruction == "USER"]
    assert users[-1] not in ("root", "0")
    created = [argument for instruction, argument in final_stage() if instruction == "RUN"]
    assert any(line.startswith("useradd") and line.split()[-1] == users[-1] for line in created)


def test_whatever_the_image_fetches_is_checked_by_hash() -> None:
    installs = [
        argument
        for instruction, argument in dockerfile()
        if instruction == "RUN" and re.search(r"\bpip (install|wheel|download)\b", argument)
    ]
    assert len(installs) == 4
    for line in installs:
        fetches_nothing = {"--no-deps"} <= set(line.split()) and (
            "--no-index" in line or "--no-build-isolation" in line
        )
        assert "--require-hashes" in line or fetches_nothing, line


def test_the_build_backend_of_the_image_is_the_locks(tmp_path: Path) -> None:
    [line] = [argument for _, argument in dockerfile() if argument.startswith("sed ")]
    shutil.copy(ROOT / "requirements.lock", tmp_path)
    subprocess.run(["/bin/sh", "-euc", line], cwd=tmp_path, check=True)
    taken = (tmp_path / "build-backend.lock").read_text()
    assert re.fullmatch(
        r"setuptools==[\d.]+ \\\n(    --hash=sha256:\w{64} \\\n)*    --hash=sha256:\w{64}\n", taken
    )


def test_the_image_holds_no_secret_and_no_file_that_was_not_named() -> None:
    sources = [
        word
        for instruction, argument in dockerfile()
        if instruction in ("COPY", "ADD") and not argument.startswith("--from=")
        for word in shlex.split(argument)[:-1]
    ]
    let_in = (ROOT / ".dockerignore").read_text().split("\n")
    assert "*" in let_in
    for source in sources:
        assert (ROOT / source).exists()
        assert f"!{source}" in let_in
    variables = [a for i, a in dockerfile() if i in ("ENV", "ARG")]
    assert not re.search("PASSWORD|SECRET|TOKEN", " ".join(variables))


# The services themselves


def seconds(duration: str) -> int:
    minutes_or_seconds = {"m": 60, "s": 1}
    return int(duration[:-1]) * minutes_or_seconds[duration[-1]]


class Outside:
    """Runs services of compose.yaml as processes here, at other addresses and in other folders."""

    def __init__(self, scratch: Path, *, database_url: str, redis_port: int) -> None:
        self.scratch = scratch
        self._database_url = database_url
        self._redis_port = redis_port
        # In containers of their own they all have the same.
        self.metrics_ports = {name: free_port() for name in ("network-worker", "cpu-worker")}

    def environment(self, name: str) -> dict[str, str]:
        """The service's variables and nothing of ours, but PATH with our environment's programs."""
        given = {key: self._here(value) for key, value in SERVICES[name]["environment"].items()}
        assert given["TRANSPACIFIC_DATABASE_URL"].startswith("postgresql+psycopg://")
        return {
            **given,
            "TRANSPACIFIC_DATABASE_URL": self._database_url,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOSTNAME": socket.gethostname(),
            "PYTHONUNBUFFERED": "1",
            **self._metrics(name),
        }

    def _metrics(self, name: str) -> dict[str, str]:
        if name not in self.metrics_ports:
            return {}
        port = str(self.metrics_ports[name])
        return {"TRANSPACIFIC_METRICS_PORT": port, "TRANSPACIFIC_METRICS_ADDRESS": "127.0.0.1"}

    def metrics(self, name: str) -> str:
        """What a service tells Prometheus."""
        port = self.metrics_ports[name]
        with urllib.request.urlopen(
            f"http://127.0.0.1:{port}/metrics", timeout=machine.scaled(10)
        ) as answer:
            return str(answer.read().decode())

    def command(self, name: str) -> list[str]:
        return [self._here(word) for word in SERVICES[name]["command"]]

    def healthy(self, name: str) -> bool:
        kind, check = SERVICES[name]["healthcheck"]["test"]
        assert kind == "CMD-SHELL"
        asked = subprocess.run(
            ["/bin/sh", "-c", self._here(check).replace("$$", "$")],
            env=self.environment(name),
            cwd=ROOT,
            capture_output=True,
            check=False,
        )
        return asked.returncode == 0

    @contextmanager
    def running(self, name: str) -> Iterator[Path]:
        """The service, by its log. Told to end as a container is, it ends well and in time."""
        log = self.scratch / f"{name}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                self.command(name),
                env=self.environment(name),
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            yield log
            assert process.poll() is None, f"{name} has ended by itself"
            process.send_signal(signal.SIGTERM)
            assert ended(process, seconds=seconds(SERVICES[name]["stop_grace_period"])) == 0
        except AssertionError as error:
            error.add_note(f"{name} said: {log.read_text()}")
            raise
        finally:
            process.kill()
            process.wait()

    def _here(self, value: str) -> str:
        moved = REQUIRED.sub("given-by-the-test", value).replace("/tmp", str(self.scratch))
        return moved.replace("//redis:6379", f"//127.0.0.1:{self._redis_port}")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


class ProductionRedis:
    """The redis service's very command, on a port of loopback and a folder of its own."""

    def __init__(self, directory: Path) -> None:
        name, *options = SERVICES["redis"]["command"]
        assert name == "redis-server"
        self.port = free_port()
        binary = unprivileged.within_reach(find_binary(), directory)
        moved = ["--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(directory)]
        self._command = unprivileged.command([str(binary), *options, *moved])

    @contextmanager
    def running(self) -> Iterator[redis.Redis]:
        process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)
        try:
            with redis.Redis(port=self.port) as client:
                until(partial(answers, client), "Redis answers")
                yield client
        finally:
            process.terminate()
            ended(process, seconds=seconds(SERVICES["redis"]["stop_grace_period"]))


@pytest.fixture
def production_redis() -> Iterator[ProductionRedis]:
    directory = unprivileged.private_directory("transpacific-test-")
    yield ProductionRedis(directory)
    shutil.rmtree(directory)


def answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.ConnectionError:
        return False


def test_redis_drops_no_message_and_refuses_new_ones_before_its_container_is_full(
    production_redis: ProductionRedis,
) -> None:
    with production_redis.running() as client:
        check_policy(client)
        maxmemory = client.config_get("maxmemory")["maxmemory"]
    limit = SERVICES["redis"]["deploy"]["resources"]["limits"]["memory"]
    assert 0 < int(maxmemory or 0) < int(limit[:-1]) * 2**20


def test_redis_keeps_its_messages_over_a_restart(production_redis: ProductionRedis) -> None:
    with production_redis.running() as client:
        client.lpush("network", "a message")
    with production_redis.running() as client:
        assert client.lrange("network", 0, -1) == [b"a message"]


def test_every_service_starts_by_its_very_command_and_ends_when_told(
    tmp_path: Path, postgres_url: str, production_redis: ProductionRedis
) -> None:
    database_url = fresh_database(postgres_url)
    outside = Outside(tmp_path, database_url=database_url, redis_port=production_redis.port)

    for _ in range(2):  # every `docker compose up` migrates again
        migrated = subprocess.run(
            outside.command("migrate"),
            env=outside.environment("migrate"),
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert migrated.returncode == 0, migrated.stderr

    with (
        production_redis.running(),
        outside.running("network-worker"),
        outside.running("cpu-worker"),
        outside.running("beat") as beat_log,
    ):
        until(lambda: "beat: Starting" in beat_log.read_text(), "beat has started")
        for name in ("beat", "network-worker", "cpu-worker"):
            until(partial(outside.healthy, name), f"{name} is healthy", seconds=120)
        # Beat has ticked: the worker of the network has looked for work, the other indexed.
        until(lambda: 'part="cpu"' in outside.metrics("network-worker"), "both workers live")
        assert "\ntranspacific_database_up 1.0\n" in outside.metrics("network-worker")
        assert "transpacific_database_up" not in outside.metrics("cpu-worker")

    drop_database(postgres_url, database_url)
