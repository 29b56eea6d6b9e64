"""What counting costs whoever waits: `python benchmarks/clicks.py` prints one table.

`GET /c/<token>` through granian, against `GET /healthz` in the same run (which asks
nobody), with the click written (GET) and not (HEAD: the same look-up, no insert). And
the landing page, for a machine (no visit is counted) and for people: all add to one
row.
A closed loop of a few connections on this machine, which it shares with the server
and with PostgreSQL: trust the ratios, not the figures.
"""

import argparse
import asyncio
import contextlib
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select

from funnel import clock
from funnel.app import create_app
from funnel.config import Settings
from funnel.db import db, upgrade
from funnel.domain.links import Links
from funnel.domain.status import DeliveryState, Kind
from funnel.domain.tokens import Keys
from funnel.embedded import postgres
from funnel.flow import seed
from funnel.mail import tracked
from funnel.models import (
    Click,
    Delivery,
    Link,
    Revision,
    Sequence,
    Step,
    VisitCount,
)

MAILS = 500
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
MACHINE = "Mozilla/5.0 (compatible; Benchmarkbot/1.0; it counts nobody)"
TARGET = "https://voorbeeld.nl/artikel"
START = 60.0  # seconds that the server may take


@dataclass(frozen=True, slots=True)
class Round:
    """What one kind of request gave."""

    name: str
    times: list[float]
    seconds: float

    @property
    def rate(self) -> float:
        return len(self.times) / self.seconds

    def at(self, share: float) -> float:
        """Return the time under which this share of the answers came, in ms."""
        return sorted(self.times)[int(len(self.times) * share)] * 1000


def main() -> None:
    """Serve, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--connections", type=int, default=8)
    given = parser.parse_args()
    with _database() as url, _served(url) as (settings, paths):
        rounds = [
            asyncio.run(_round(settings, *one, given))
            for one in (
                ("GET /healthz", ["/healthz"], "GET", BROWSER),
                ("HEAD /c/… (no insert)", paths, "HEAD", BROWSER),
                ("GET /c/… (insert)", paths, "GET", BROWSER),
                ("GET / (no visit)", ["/"], "GET", MACHINE),
                ("GET / (a visit)", ["/"], "GET", BROWSER),
            )
        ]
        _print(rounds, given.connections)
        _check(settings, *(len(rounds[n].times) for n in (2, 4)))


@contextlib.contextmanager
def _database() -> Iterator[str]:
    """Start a PostgreSQL of our own, with fsync as it is in earnest."""
    with tempfile.TemporaryDirectory(prefix="funnel-bench-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        server = postgres.at(folder / "postgres", folder / "postgres" / "s")
        server.start()
        try:
            server.make_database("funnel")
            yield server.url("funnel")
        finally:
            server.stop()


@contextlib.contextmanager
def _served(url: str) -> Iterator[tuple[Settings, list[str]]]:
    port = _free_port()
    environment = {
        "FUNNEL_DATABASE_URL": url,
        "FUNNEL_REDIS_URL": "redis://127.0.0.1:1/0",
        "FUNNEL_SMTP_URL": "smtp://127.0.0.1:1",
        "FUNNEL_BASE_URL": f"http://127.0.0.1:{port}",
        "FUNNEL_SECRET_KEY": secrets.token_urlsafe(48),
        "FUNNEL_EMBEDDED": "true",
    }
    fields = {
        name.removeprefix("FUNNEL_").lower(): value
        for name, value in environment.items()
    }
    settings = Settings(**fields)  # type: ignore[arg-type]  # checked at run time
    paths = _stage(settings)
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--http", "1"]
    command += ["--blocking-threads", "8", "--no-access-log", "wsgi:app"]
    server = subprocess.Popen(command, env={**os.environ, **environment})
    try:
        _wait(port)
        yield settings, paths
    finally:
        server.terminate()
        server.wait(30)


def _stage(settings: Settings) -> list[str]:
    """Put sent mails with one link each into the tables; return their paths."""
    links = Links("", Keys.of(settings.secret_key))
    app = create_app(settings)
    with app.app_context():
        upgrade()
        seed.plant(db.session(), base_url="", live=True, now=clock.real())
        ids = _mails()
        db.engine.dispose()
    return [links.click(one) + tracked.code(1, TARGET) for one in ids]


def _mails() -> list[int]:
    now = clock.real()
    step = Step(slug="01", rank=1, sequence=Sequence(slug="s", name="S"))
    db.session.add(step)
    db.session.flush()
    link = Link(position=1, code=tracked.code(1, TARGET), target=TARGET)
    words = dict.fromkeys(("subject", "preheader", "body", "html", "text"), "")
    words |= {"timing": "1 day at 08:30", "author": "benchmark"}
    about = {"version": 1, "kind": Kind.MARKETING, "is_on": True, "published_at": now}
    step.revision = Revision(step_id=step.id, **words, **about, links=[link])
    db.session.flush()
    mails = [
        Delivery(
            state=DeliveryState.SENT,
            kind=Kind.MARKETING,
            priority=10,
            address=f"reader{number}@example.nl",
            step_id=step.id,
            revision_id=step.revision_id,
            planned_at=now,
            due_at=now,
        )
        for number in range(MAILS)
    ]
    db.session.add_all(mails)
    db.session.commit()
    return [mail.id for mail in mails]


async def _round(
    settings: Settings,
    name: str,
    paths: list[str],
    verb: str,
    agent: str,
    given: argparse.Namespace,
) -> Round:
    """Ask for these paths over kept connections, for so many seconds."""
    host = settings.base_url.removeprefix("http://")
    port = int(host.rpartition(":")[2])
    about = f"HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {agent}\r\n\r\n"
    requests = [f"{verb} {path} {about}".encode() for path in paths]
    times: list[float] = []
    begun = time.perf_counter()
    until = begun + given.seconds
    lanes = (
        _lane(port, requests[lane :: given.connections] or requests, until, times)
        for lane in range(given.connections)
    )
    await asyncio.gather(*lanes)
    return Round(name, times, time.perf_counter() - begun)


async def _lane(
    port: int, requests: list[bytes], until: float, times: list[float]
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    turn = 0
    while (started := time.perf_counter()) < until:
        request = requests[turn % len(requests)]
        writer.write(request)
        await _answer(reader, has_body=request.startswith(b"GET"))
        times.append(time.perf_counter() - started)
        turn += 1
    writer.close()
    await writer.wait_closed()


async def _answer(reader: asyncio.StreamReader, *, has_body: bool) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    if not head.startswith((b"http/1.1 200", b"http/1.1 302")):
        raise SystemExit(f"an answer that is none: {head[:60]!r}")
    length = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
    if has_body and length:
        await reader.readexactly(length)


def _print(rounds: list[Round], connections: int) -> None:
    yardstick = rounds[0].rate
    print(f"{connections} connections, one web process with 8 threads")
    print(f"{'request':24}{'a second':>10}{'of healthz':>12}{'p50 ms':>9}{'p99 ms':>9}")
    for one in rounds:
        print(
            f"{one.name:24}{one.rate:>10,.0f}{one.rate / yardstick:>12.2f}"
            f"{one.at(0.5):>9.1f}{one.at(0.99):>9.1f}"
        )


def _check(settings: Settings, followed: int, looked: int) -> None:
    """Say whether every click and every visit that was answered was written."""
    app = create_app(settings)
    with app.app_context():
        clicks = db.session.scalar(select(func.count()).select_from(Click))
        visits = db.session.scalar(select(func.sum(VisitCount.visits)))
        db.engine.dispose()
    print(f"{followed:,} links followed, {clicks:,} clicks written")
    print(f"{looked:,} pages looked at, {visits:,} visits counted")


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _wait(port: int) -> None:
    until = time.monotonic() + START
    while time.monotonic() < until:
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", port)),
        ):
            return
        time.sleep(0.1)
    raise SystemExit("the web server did not start")


if __name__ == "__main__":
    main()
