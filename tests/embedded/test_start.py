"""Starting and stopping everything, the way a newcomer does."""

import os
import signal
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

import pytest
from running import Running, free_port, wait_for

from funnel.embedded import processes

pytestmark = pytest.mark.system

PARTS = ("Redis", "Inbox", "Worker", "Beat", "Web")


@dataclass
class First:
    """A system of this file alone, and what its first start said."""

    system: Running
    said: str


@pytest.fixture(scope="module")
def first() -> Iterator[First]:
    with Running.started("start") as system:
        yield First(system, system.said())
        assert system.stop(signal.SIGTERM) == 0  # as a service manager does


@pytest.fixture
def whole(first: First) -> Running:
    """The system, started again should the test before this one have left it ended."""
    if first.system.launcher is None or first.system.launcher.poll() is not None:
        first.system.start()
    return first.system


@pytest.fixture
def idle(tmp_path: Path) -> Running:
    """A folder in which nothing was started yet."""
    names = {key: val for key, val in os.environ.items() if "FUNNEL" not in key}
    names["FUNNEL_DATA_DIR"] = str(tmp_path / "var")
    return Running(tmp_path, free_port(), names)


def data(system: Running) -> Path:
    return system.folder / "var"


def status(system: Running, path: str) -> int:
    connection = HTTPConnection("127.0.0.1", system.port, timeout=20)
    connection.request("GET", path)
    answer = connection.getresponse().status
    connection.close()
    return answer


def leaders(system: Running) -> list[int]:
    postmaster = data(system) / "postgres" / "data" / "postmaster.pid"
    database = int(postmaster.read_text().splitlines()[0])
    return [database, *(system.pids(part)[0] for part in PARTS)]


def test_it_starts_on_an_empty_folder_and_says_where_everything_is(
    whole: Running, first: First
) -> None:
    assert status(whole, "/healthz") == 200
    assert f"{whole.url}/inbox" in first.said
    assert f"{whole.url}/admin/" in first.said
    assert "Password" in first.said


def test_the_password_is_kept_nowhere_but_as_a_hash(whole: Running) -> None:
    password = whole.password.encode()

    found = [
        file
        for file in data(whole).rglob("*")
        if file.is_file() and password in file.read_bytes()
    ]

    assert len(password) >= 16
    assert found == []


def test_secrets_are_for_their_owner_only(whole: Running) -> None:
    names = ["secret-key", "run/env", "postgres/password"]

    modes = {name: (data(whole) / name).stat().st_mode & 0o777 for name in names}

    assert modes == dict.fromkeys(names, 0o600)


def test_another_terminal_finds_the_system_through_its_folder(whole: Running) -> None:
    done = whole.program("doctor")

    assert done.returncode == 0, done.stdout + done.stderr


def test_a_second_launcher_says_that_one_is_running(whole: Running) -> None:
    done = whole.funnel("run", check=False)

    assert done.returncode == 1
    assert f"Funnel is running on {data(whole)} already" in done.stderr
    assert status(whole, "/healthz") == 200


def test_seeding_twice_changes_nothing(whole: Running) -> None:
    counts = (
        "SELECT (SELECT count(*) FROM masterclass), (SELECT count(*) FROM occurrence),"
        ' (SELECT count(*) FROM "user"), (SELECT count(*) FROM revision)'
    )
    before = whole.execute(counts)

    done = whole.funnel("seed")

    assert "Password" not in done.stdout
    assert whole.execute(counts) == before
    assert before[0][:3] == (1, 2, 1)


def test_a_part_that_dies_is_started_again_and_said_so(whole: Running) -> None:
    worker = whole.pids("Worker")[0]

    whole.kill("Worker")

    wait_for(lambda: "Worker is running again" in whole.said(), "it", whole.said)
    wait_for(lambda: whole.pids("Worker")[0] != worker, "its number")


def test_after_kill_9_a_second_start_works_and_keeps_the_data(whole: Running) -> None:
    old = leaders(whole)
    assert whole.launcher is not None
    whole.launcher.kill()
    whole.launcher.wait()

    whole.start()

    assert "ended a leftover of the last run: Worker" in whole.said()
    assert "Password" not in whole.said()
    assert set(leaders(whole)[1:]).isdisjoint(old)
    assert status(whole, "/magnesium") == 200


def test_ctrl_c_stops_everything_and_it_starts_again_with_what_was_there(
    whole: Running,
) -> None:
    pids = leaders(whole)

    ended = whole.stop()

    assert ended == 0
    assert [pid for pid in pids if processes.identity(pid)] == []
    assert not (data(whole) / "run" / "env").exists()

    whole.start()

    assert "Password" not in whole.said()
    assert status(whole, "/magnesium") == 200


def test_a_taken_port_gets_one_clear_line(idle: Running) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", idle.port))
        other.listen()

        done = idle.funnel("run", "--port", str(idle.port), check=False)

    assert done.returncode == 1
    assert done.stderr.startswith(f"Error: Port {idle.port} cannot be used")
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("PORT", "70000", "'--port'"),
        ("PORT", "many", "'--port'"),
        ("FUNNEL_DATA_DIR", "{file}", "is in the way"),
        ("FUNNEL_DATA_DIR", "/proc/funnel", "Choose a folder that is yours"),
        ("FUNNEL_DATABASE_URL", "postgresql://u:hunter2@127.0.0.1:1/x", "not answer"),
        ("FUNNEL_DATABASE_URL", "mysql://u:hunter2@127.0.0.1/x", "must look like"),
    ],
)
def test_what_cannot_work_gets_one_clear_line(
    idle: Running, tmp_path: Path, name: str, value: str, says: str
) -> None:
    (tmp_path / "file").touch()
    idle.environment[name] = value.format(file=tmp_path / "file")

    done = idle.funnel("run", check=False)

    assert done.returncode in {1, 2}
    assert says in done.stderr.strip().splitlines()[-1]
    assert "Traceback" not in done.stderr
    assert "hunter2" not in done.stdout + done.stderr


def test_ctrl_c_while_the_program_is_still_being_read_says_nothing(
    idle: Running, tmp_path: Path
) -> None:
    (tmp_path / "flask.py").write_text("raise KeyboardInterrupt")
    idle.environment["PYTHONPATH"] = str(tmp_path)

    done = idle.program("run")

    assert done.returncode == 130
    assert done.stdout + done.stderr == ""


def test_a_server_that_was_named_and_is_away_is_said_before_anything_runs(
    whole: Running, idle: Running
) -> None:
    """With a database that answers, so that the next one is asked for."""
    idle.environment["FUNNEL_DATABASE_URL"] = whole.settings["FUNNEL_DATABASE_URL"]
    idle.environment["FUNNEL_REDIS_URL"] = "redis://:hunter2@127.0.0.1:1/0"

    done = idle.funnel("run", check=False)

    assert done.returncode == 1
    assert "Redis server of FUNNEL_REDIS_URL does not answer" in done.stderr
    assert "hunter2" not in done.stdout + done.stderr


def test_a_command_without_a_system_says_what_is_missing(idle: Running) -> None:
    done = idle.funnel("doctor", check=False)

    assert done.returncode == 2
    assert "FUNNEL_DATABASE_URL" in done.stderr
    assert "Is Funnel running?" in done.stderr
    assert "Traceback" not in done.stderr
