"""What the benchmarks of sending stand on: servers, a letter, a crowd, a stopwatch."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import cluster  # noqa: E402 - the tests' rows and servers
import factories  # noqa: E402
import redis  # noqa: E402
import sink  # noqa: E402
import worker as celery  # noqa: E402
from crowd import crowd  # noqa: E402
from sqlalchemy import Engine, create_engine, text  # noqa: E402
from sqlalchemy.orm import Session  # noqa: E402

from funnel.config import Settings  # noqa: E402
from funnel.domain.status import Kind  # noqa: E402
from funnel.embedded import places, postgres  # noqa: E402
from funnel.mail.compile import Compiled, Source, compile_step  # noqa: E402
from funnel.models import Base, Revision  # noqa: E402

HTML_OCTETS = 15_000
PROC = Path("/proc")
TICKS = os.sysconf("SC_CLK_TCK")
LINKS = (
    "join_url",
    "replay_url",
    "calendar_url",
    "data_url",
    "article_url",
    "landing_url",
)
"""With those of the footer (preferences, unsubscribe) that makes eight."""
GREETING = "Hoi {{ first_name|default('daar') }},\n\n"
PARAGRAPH = (
    "Magnesium doet mee in honderden processen in je lijf, en één daarvan is hoe je "
    "spieren na een lange dag weer tot rust komen. "
)


@dataclass(frozen=True)
class Stage:
    """The servers of one run, and how to reach them."""

    folder: Path
    server: postgres.Postgres
    database_url: str
    redis_url: str
    engine: Engine

    def settings(self, smtp_url: str, **overrides: object) -> Settings:
        ours: dict[str, object] = {"redis_url": self.redis_url, "smtp_url": smtp_url}
        ours |= {"data_dir": self.folder / "data", "drain_seconds": 60}
        return cluster.settings(self.database_url, **ours | overrides)

    def fill(self, mails: int, kind: Kind = Kind.MARKETING) -> None:
        """Empty the tables, and make so many mails due, each to somebody else."""
        tables = ", ".join(f'"{one.name}"' for one in Base.metadata.sorted_tables)
        with self.engine.begin() as connection:
            connection.execute(text(f"TRUNCATE {tables} RESTART IDENTITY CASCADE"))
        with Session(self.engine) as session:
            crowd(session, mails, kind)
            revision = session.query(Revision).one()
            written = letter()
            revision.subject = written.subject
            revision.html, revision.text = written.html, written.text
            session.commit()
        with self.engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT")
            connection.execute(text("VACUUM ANALYZE"))
            connection.execute(text("CHECKPOINT"))

    def forget_wake_ups(self) -> None:
        """Empty Redis: what is left of a run before would start the next too early."""
        with redis.Redis.from_url(self.redis_url) as broker:
            broker.flushall()

    def count(self, state: str) -> int:
        with self.engine.connect() as connection:
            query = text("SELECT count(*) FROM delivery WHERE state = :state")
            return int(connection.scalar(query, {"state": state}) or 0)

    def is_busy(self) -> bool:
        """Say whether any mail is still on its way; two small indexes know."""
        query = text(
            "SELECT EXISTS (SELECT 1 FROM delivery WHERE state = 'scheduled')"
            " OR EXISTS (SELECT 1 FROM delivery WHERE state IN ('claimed', 'handed'))"
        )
        with self.engine.connect() as connection:
            return bool(connection.scalar(query))

    @property
    def postmaster(self) -> int:
        file = self.folder / "postgres" / "data" / "postmaster.pid"
        return int(file.read_text().split()[0])


def letter() -> Compiled:
    """Return a letter of about 15 kB of HTML with eight links of the reader's own."""
    links = [f"[Lees verder]({{{{ {name} }}}})" for name in LINKS]
    count = 1
    while True:
        body = GREETING + "\n\n".join(
            PARAGRAPH * 2 + (links[n] if n < len(links) else "") for n in range(count)
        )
        source = Source(
            subject="{{ first_name|default('Jij') }}, over je slaap",
            preheader="Waarom rust begint met een mineraal",
            body=body,
            kind=Kind.MARKETING,
            language="nl",
        )
        compiled = compile_step(source)
        if len(compiled.html.encode()) >= HTML_OCTETS and count >= len(links):
            return compiled
        count += 1


@contextlib.contextmanager
def stage() -> Iterator[Stage]:
    """Start PostgreSQL (durable: fsync is on) and Redis; stop both at the end."""
    folder = Path(tempfile.mkdtemp(prefix="funnel-bench-"))
    places.make_folder(folder, 0o711)
    folder.chmod(0o711)
    more = {"max_connections": "100", "shared_buffers": "256MB", "max_wal_size": "4GB"}
    server = postgres.at(folder / "postgres", folder / "postgres" / "s", **more)
    with celery.redis() as redis_url:
        server.start()
        try:
            server.make_database("bench")
            url = server.url("bench")
            cluster.migrate(url)
            engine = create_engine(
                url.replace("postgresql://", "postgresql+psycopg://")
            )
            yield Stage(folder, server, url, redis_url, engine)
            engine.dispose()
        finally:
            server.stop()
            shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def smtp_sink() -> Iterator[int]:
    """Run Postfix's sink, which takes everything and keeps nothing; yield its port."""
    port = free_port()
    command = ["/usr/sbin/smtp-sink", "-u", "nobody", f"127.0.0.1:{port}", "1024"]
    with subprocess.Popen(command) as process:
        wait_until(lambda: _is_open(port), "smtp-sink")
        try:
            yield port
        finally:
            process.kill()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])


def wait_until(is_true: Callable[[], bool], what: str, seconds: float = 900) -> None:
    deadline = time.monotonic() + seconds
    while not is_true():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds} s for {what}")
        time.sleep(0.1)


def family(pid: int) -> list[int]:
    """Return a process and all that come from it."""
    found, waiting = [], [pid]
    while waiting:
        one = waiting.pop()
        found.append(one)
        with contextlib.suppress(OSError):
            for task in Path(f"/proc/{one}/task").iterdir():
                waiting += map(int, (task / "children").read_text().split())
    return found


def cpu_seconds(pid: int) -> float:
    """Return the processor time of a process and all that come or came from it."""
    total = 0
    for one in family(pid):
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
            total += sum(map(int, fields[11:15]))
    return total / TICKS


def peak_megabytes(pid: int) -> float:
    """Return the most that one process of a family ever had in memory."""
    peaks = [0]
    for one in family(pid):
        with contextlib.suppress(OSError):
            status = Path(f"/proc/{one}/status").read_text()
            peaks.append(int(status.partition("VmHWM:")[2].split()[0]))
    return max(peaks) / 1024


def _is_open(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


NOW = factories.NOW
__all__ = ["NOW", "Stage", "celery", "sink", "smtp_sink", "stage"]
