"""The whole embedded system, started as `make run` does, in its own folder."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import terminal

from funnel.domain.links import Links
from funnel.domain.tokens import Keys

ROOT = Path(__file__).resolve().parent.parent
AMSTERDAM = ZoneInfo("Europe/Amsterdam")
PATIENCE = 90.0
OFFSET = "coalesce((SELECT clock_offset FROM system), interval '0')"


@dataclass
class Running:
    """One launcher with its processes; use `started`."""

    folder: Path
    port: int
    environment: dict[str, str]
    launcher: subprocess.Popen[bytes] | None = None
    password: str = ""
    settings: dict[str, str] = field(default_factory=dict)
    connection: psycopg.Connection[Any] | None = None

    @classmethod
    @contextmanager
    def started(cls, name: str, **settings: str) -> Iterator["Running"]:
        """Start the system on a free port; stop it the way Ctrl-C does.

        Its folder lies in the run's own: pytest's would be closed to the user
        that PostgreSQL runs as when we are root.
        """
        folder = Path(os.environ["TEST_RUN_HOME"]) / name
        folder.mkdir(mode=0o711)
        port = free_port()
        ours = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("FUNNEL_")
        }
        ours |= {"PORT": str(port), "FUNNEL_DATA_DIR": str(folder / "var")}
        ours |= {"FUNNEL_FORM_MIN_SECONDS": "0"}
        system = cls(folder, port, ours | settings)
        try:
            system.start()
            yield system
        finally:
            system.stop()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        return self.folder / "launcher.log"

    @property
    def database_url(self) -> str:
        return self.settings["FUNNEL_DATABASE_URL"].replace("+psycopg", "")

    @property
    def links(self) -> Links:
        return Links(self.url, Keys.of(self.settings["FUNNEL_SECRET_KEY"]))

    def start(self) -> None:
        self.hang_up()
        with self.log.open("wb") as log:
            self.launcher = subprocess.Popen(
                [sys.executable, "-m", "funnel", "run"],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        wait_for(self.is_up, "the system to start", self.said)
        wait_for(lambda: "Ctrl-C" in self.said(), "the launcher's words", self.said)
        lines = (self.folder / "var" / "run" / "env").read_text("utf-8")
        self.settings = dict(line.split("=", 1) for line in lines.splitlines())
        found = re.search(r"[Pp]assword\W+(\S+)", self.said())
        self.password = self.password or (found.group(1) if found else "")

    def stop(self, how: signal.Signals = signal.SIGINT) -> int:
        """Send the launcher a signal and return its exit status."""
        self.hang_up()
        if self.launcher is None or self.launcher.poll() is not None:
            return self.launcher.returncode if self.launcher else 0
        self.launcher.send_signal(how)
        return self.launcher.wait(timeout=PATIENCE)

    def is_up(self) -> bool:
        if self.launcher is not None and self.launcher.poll() is not None:
            raise AssertionError(f"the launcher ended: {self.said()}")
        connection = HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()

    def said(self) -> str:
        return self.log.read_text("utf-8", "replace") if self.log.exists() else ""

    def funnel(self, *words: str, check: bool = True) -> CompletedProcess[str]:
        """Give a command in "another terminal": it finds the system by its folder."""
        done = terminal.funnel(words, self.environment, ROOT)
        assert not check or done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        return done

    def program(self, *words: str) -> CompletedProcess[str]:
        """Start the program itself, to give it a command."""
        return subprocess.run(
            [sys.executable, "-m", "funnel", *words],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def execute(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Ask the database what a test cannot see from outside, or set its stage."""
        if self.connection is None:
            self.connection = psycopg.connect(self.database_url, autocommit=True)
        cursor = self.connection.execute(query.encode(), values)
        return cursor.fetchall() if cursor.description else []

    def hang_up(self) -> None:
        """Let go of the database, which may end."""
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def now(self) -> datetime:
        offset: timedelta = self.execute(f"SELECT {OFFSET}")[0][0]
        return datetime.now(AMSTERDAM) + offset

    def set_clock(self, moment: str) -> None:
        """Put domain time anywhere, also back: only to set the stage of a test."""
        offset = local(moment) - datetime.now(AMSTERDAM)
        self.execute(
            "INSERT INTO system (id, clock_offset) VALUES (1, %s)"
            " ON CONFLICT (id) DO UPDATE SET clock_offset = excluded.clock_offset",
            [offset],
        )

    def advance_to(self, moment: str) -> None:
        """Travel there mail by mail, with the command that people use."""
        minutes = int((local(moment) - self.now()).total_seconds()) // 60
        if minutes > 0:
            hours, minutes = divmod(minutes, 60)
            self.funnel("clock", "advance", f"{hours}h {minutes}m")
        self.set_clock(moment)  # the seconds that the command does not count
        self.settle()

    def add_date(self, start: str) -> None:
        """Add an occurrence whose room and recording are the sample pages."""
        room, replay = f"{self.url}/voorbeeld/zaal", f"{self.url}/voorbeeld/opname"
        words = ("occurrences", "add", "magnesium", start)
        self.funnel(*words, "--room", room, "--replay", replay)

    def pids(self, part: str) -> list[int]:
        """Return the processes of one part ("Worker", "Web"), the first one first."""
        children = json.loads((self.folder / "var/run/children.json").read_text())
        leader = next(row["pid"] for row in children if row["name"] == part)
        return [leader, *descendants(leader)]

    def hold(self, part: str) -> None:
        """Stop a part without ending it, as a hung machine would."""
        for pid in self.pids(part):
            os.kill(pid, signal.SIGSTOP)

    def let_go(self, part: str) -> None:
        for pid in self.pids(part):
            os.kill(pid, signal.SIGCONT)

    def kill(self, part: str) -> None:
        """End a part and its children the hard way; the launcher brings it back."""
        for pid in self.pids(part):
            with suppress(ProcessLookupError):  # it ended with the one before it
                os.kill(pid, signal.SIGKILL)

    def settle(self) -> None:
        """Wait until nothing that is due is left undone."""
        due = (
            "SELECT (SELECT count(*) FROM enrollment"
            f"  WHERE state = 'active' AND due_at <= now() + {OFFSET})"
            " + (SELECT count(*) FROM delivery"
            "  WHERE state IN ('claimed', 'handed')"
            f"  OR state = 'scheduled' AND due_at <= now() + {OFFSET})"
        )
        wait_for(lambda: self.execute(due)[0][0] == 0, "the work to be done")


def descendants(pid: int) -> list[int]:
    """Return the children of a process, and theirs."""
    listed = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True
    )
    pairs = [tuple(map(int, line.split())) for line in listed.stdout.splitlines()]
    mine = [child for child, parent in pairs if parent == pid]
    return mine + [grandchild for child in mine for grandchild in descendants(child)]


def local(moment: str) -> datetime:
    """Read "2026-12-01 20:00" by Amsterdam's clock."""
    return datetime.fromisoformat(moment).replace(tzinfo=AMSTERDAM)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(
    is_so: Any, what: str, explain: Any = lambda: "", patience: float = PATIENCE
) -> None:
    """Poll until it is so, or fail with what was waited for."""
    deadline = time.monotonic() + patience
    while not is_so():
        assert time.monotonic() < deadline, f"waited in vain for {what}: {explain()}"
        time.sleep(0.02)
