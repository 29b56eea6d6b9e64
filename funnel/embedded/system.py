"""The embedded system, part by part: servers, inbox, worker, beat, web."""

import fcntl
import http.client
import os
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

import psycopg

from funnel import config
from funnel.embedded import (
    EmbeddedError,
    environment,
    inbox,
    places,
    postgres,
    processes,
    valkey,
)
from funnel.embedded.places import Places
from funnel.embedded.postgres import Postgres
from funnel.embedded.processes import Child, Family

ROOT = Path(__file__).parents[2]
DATABASE = "funnel"
PATIENCE = 60.0  # seconds for one part to start
WORKER_GRACE = 100.0  # a warm shutdown waits for the answer to the last dot
LOUD = 10 * 1024 * 1024  # bytes of log after which a start begins a new one


@dataclass
class System:
    """Everything that `funnel run` starts, and what it knows about it."""

    home: Places
    port: int
    family: Family
    database: Postgres | None = None
    settings: dict[str, str] = field(default_factory=dict)
    urls: dict[str, str] = field(default_factory=dict)
    lock: TextIO | None = None

    def claim(self) -> list[str]:
        """Take the data folder for ourselves; return which leftovers were ended."""
        self.home.make()
        self.lock = self._lock()
        ended = processes.end_leftovers(self.family.record)
        self._check_port()
        return ended

    def start_database(self) -> bool:
        """Start PostgreSQL, unless a server is given; say whether it is our own."""
        if given := config.given("database_url"):
            self.urls["database_url"] = postgres.reached(given)
            return False
        self.database = postgres.at(self.home.postgres, self.home.sockets("postgres"))
        self.database.start()
        self.database.make_database(DATABASE)
        self.urls["database_url"] = self.database.url(DATABASE)
        return True

    def start_redis(self) -> bool:
        """Start Valkey, unless a server is given; say whether it is our own."""
        if given := config.given("redis_url"):
            self.urls["redis_url"] = valkey.reached(given)
            return False
        folder = self.home.sockets("valkey")
        if not folder.exists():
            places.make_folder(folder, 0o700)
        address = folder / "valkey"
        command = valkey.command(self.home.valkey, address)
        child = self._start("Redis", command, is_server=True)
        self.urls["redis_url"] = valkey.url(address)
        self._wait(child, lambda: valkey.answers(self.urls["redis_url"]))
        return True

    def start_inbox(self) -> None:
        port = str(_free_port())
        folder = str(self.home.mail)
        command = [sys.executable, "-m", "funnel.embedded.inbox", folder, port]
        child = self._start("Inbox", command, is_server=True)
        self.urls["smtp_url"] = f"smtp://{inbox.HOST}:{port}"
        self._wait(child, lambda: _listens(int(port)))

    def settle(self) -> None:
        """Fix the settings of the children, and leave them for other terminals."""
        self.settings = environment.build(self.home, self.port, self.urls)
        environment.remember(self.home, self.settings)

    def start_workers(self) -> Callable[[], None]:
        """Start worker and beat; return how to wait until both do what they must."""
        celery = [sys.executable, "-m", "celery", "-A"]
        worker = [*celery, "tasks.worker", "worker", "--concurrency=2"]
        worker += ["--without-gossip", "--without-mingle", "--hostname=funnel@%h"]
        before = self._pulse()
        child = self._start("Worker", worker, grace=WORKER_GRACE)
        self._start("Beat", [*celery, "tasks.beat", "beat", "--pidfile="])
        return lambda: self._wait(child, lambda: self._pulse() != before)

    def start_web(self) -> Callable[[], None]:
        """Start the web server; return how to wait until the pages answer."""
        granian = [sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws"]
        options = ["--host", "127.0.0.1", "--port", str(self.port), "--http", "1"]
        threads = ["--blocking-threads", "8", "--workers-kill-timeout", "10"]
        child = self._start("Web", [*granian, *options, *threads, "wsgi:app"])
        return lambda: self._wait(child, self.is_live)

    def is_live(self) -> bool:
        """Say whether the pages answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def watch(self) -> list[str]:
        """Restart what died; return the sentences to print."""
        said = self.family.watch()
        if self.database is not None and not self.database.is_alive():
            self.database.start()
            said.append("PostgreSQL had ended; it is running again")
        return said

    def stop(self) -> None:
        """Stop everything, the servers last; not what another launcher holds."""
        if self.lock is None:
            return
        environment.forget(self.home)
        self.family.stop()
        if self.database is not None:
            self.database.stop()
        self.lock.close()

    def _start(self, name: str, command: list[str], **more: Any) -> Child:
        log = self.home.logs / f"{name.lower()}.log"
        if log.exists() and log.stat().st_size > LOUD:
            log.replace(log.with_suffix(".old"))
        path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
        ours = {"PYTHONUNBUFFERED": "1", "PYTHONPATH": path}
        surroundings = {**os.environ, **self.settings, **ours}
        return self.family.start(Child(name, command, surroundings, log, **more))

    def _wait(self, child: Child, is_ready: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not is_ready():
            if child.pid is None or time.monotonic() > deadline:
                said = f"{child.last_words()} ({child.log})"
                raise EmbeddedError(f"{child.name} does not start: {said}")
            time.sleep(0.1)

    def _pulse(self) -> object:
        """Return when a worker last did what beat asked for: both live, Redis too."""
        query = "SELECT max(at) FROM heartbeat"
        with psycopg.connect(self.urls["database_url"]) as connection:
            row = connection.execute(query).fetchone()
        return row and row[0]

    def _lock(self) -> TextIO:
        """Hold the data folder; the system lets go of it however we end."""
        try:
            lock = self.home.lock.open("a+", encoding="utf-8")
        except OSError as error:
            raise places.refused("write", self.home.lock, error) from None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            holder = lock.read().strip()
            raise EmbeddedError(
                f"Funnel is running on {self.home.root} already (process {holder})"
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        return lock

    def _check_port(self) -> None:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", self.port))
            except OSError as error:
                raise EmbeddedError(
                    f"Port {self.port} cannot be used ({error.strerror}): choose "
                    f"another one, such as PORT={self.port + 1} make run"
                ) from None


def at(home: Places, port: int) -> System:
    """Return the system of a data folder; nothing is started yet."""
    return System(home, port, Family(home.run / "children.json"))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
