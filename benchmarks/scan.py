"""What a scan costs: `python benchmarks/scan.py 200000` prints times and table sizes.

Starts a PostgreSQL of its own, makes so many enrollments (nine of ten are
through with the sequence), and measures in the same run: a tick with nothing due, with
1,000 and with 100,000 people due (each had her first mail, and gets the next), a
publish that re-times 100,000, and a tick while the sequence of all of these is paused.
With fewer people, all of them are due. The yardstick is one `SELECT 1`; the processor
time is this process's own, in which the server's is not counted.
"""

import argparse
import gc
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path

import psycopg
from sqlalchemy import URL, create_engine, text
from sqlalchemy.orm import Session

from funnel.app import create_app
from funnel.config import Settings
from funnel.db import db, upgrade
from funnel.embedded import places, postgres
from funnel.flow import due, enrollment

NOW = datetime(2026, 11, 24, 7, 30, tzinfo=UTC)
LATER = NOW + timedelta(days=30)
SPEED = {"fsync": "off", "full_page_writes": "off", "max_wal_size": "4GB"}
TABLES = ("enrollment", "subscriber", "registration", "delivery", "consent", "event")
PEOPLE = """
INSERT INTO subscriber (address, address_key, first_name, zone, language, state, tags,
    created_at, confirmed_at)
SELECT a, a, 'A', 'Europe/Amsterdam', 'nl', 'active', '[]', %(at)s, %(at)s
FROM generate_series(1, %(people)s) n, LATERAL (SELECT format('r%%s@example.nl', n) a);

INSERT INTO registration (subscriber_id, masterclass_id, occurrence_id, seated_at)
SELECT n, 1, 1, %(at)s FROM generate_series(1, %(people)s) n;

INSERT INTO consent (subscriber_id, purpose, granted, wording, wording_version,
    language, place, network, at)
SELECT n, 'series', true, 'w', '1', 'nl', 'form', '', %(at)s
FROM generate_series(1, %(people)s) n;

INSERT INTO enrollment (subscriber_id, sequence_id, registration_id, run, confirmed_at,
    state, due_at, next_step_id)
SELECT n, 1, n, 1, %(at)s, CASE WHEN n <= %(active)s THEN 'active' ELSE 'completed' END,
    CASE WHEN n <= %(active)s THEN %(later)s::timestamptz END,
    CASE WHEN n <= %(active)s THEN 2 END
FROM generate_series(1, %(people)s) n
"""
STEPS = (
    ("service", "at once"),
    ("marketing", "1 day at 08:30"),
    ("marketing", "2 days at 08:30"),
    ("marketing", "2 days at 08:30"),
    ("service", "start - 24 hours"),
    ("service", "start - 1 hour"),
    ("service", "end + 2 hours"),
)


def main() -> None:
    """Print one line a measurement, and one a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("people", type=int, nargs="?", default=200_000)
    people: int = parser.parse_args().people
    with _database() as url:
        with psycopg.connect(url, autocommit=True) as connection:
            took = _timed(lambda: _load(connection, people))
        print(f"{people:,} enrollments loaded in {took:.1f} s")
        engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
        with Session(engine) as session, _colleague(engine.url) as colleague:
            _measure(session, people, colleague)
            _sizes(session)
        engine.dispose()


def _measure(session: Session, people: int, colleague: Connection) -> None:
    yardstick = statistics.median(
        _timed(lambda: session.execute(text("SELECT 1"))) for _ in range(200)
    )
    print(f"one SELECT 1: {yardstick * 1e3:.2f} ms")
    print("what                                  ms  in SELECT 1  CPU ms  people/s")
    line = _Line(yardstick)
    active = people // 10
    due.scan(session, now=NOW)
    gc.freeze()  # as a worker does when it begins
    line("a tick with nothing due", lambda: due.scan(session, now=NOW))
    for count in (1000, 1000, 1000, min(active, 100_000)):
        _make_due(session, count)
        line(f"a scan with {count:,} due", lambda: due.scan(session, now=NOW), count)
    for count in (1000, 1000, 1000, min(active, 100_000)):
        _make_due(session, count)
        line(f"… shared by two: {count:,}", lambda: _share(session, colleague), count)
    count = min(active, 100_000)
    some = text(f"enrollment.id <= {count}")
    line(f"a publish marks {count:,} people", lambda: _retime(session, some), count)
    line("… and the scan re-times them", lambda: due.scan(session, now=NOW), count)
    _pause(session, active)
    line(f"a tick, {active:,} overdue and paused", lambda: due.scan(session, now=NOW))


@dataclass
class _Line:
    """Does something, and prints what it took."""

    yardstick: float

    def __call__(self, what: str, act: Callable[[], object], people: int = 0) -> None:
        cpu = time.process_time()
        seconds = _timed(act)
        cpu = (time.process_time() - cpu) * 1e3
        ratio = seconds / self.yardstick
        speed = f"{people / seconds:9,.0f}" if people else ""
        print(f"{what:34} {seconds * 1e3:9,.1f} {ratio:12,.0f} {cpu:7,.0f} {speed}")


@contextmanager
def _colleague(url: URL) -> Iterator[Connection]:
    """Start a process that scans when it is called, as another worker does."""
    here, there = multiprocessing.Pipe()
    away = multiprocessing.get_context("spawn").Process(
        target=_help, args=(url.render_as_string(hide_password=False), there)
    )
    away.start()
    here.recv()
    try:
        yield here
    finally:
        here.send(False)
        away.join()


def _help(url: str, calls: Connection) -> None:
    engine = create_engine(url)
    with Session(engine) as session:
        due.scan(session, now=NOW)
        gc.freeze()
        calls.send(None)
        while calls.recv():
            due.scan(session, now=NOW)
            calls.send(None)
    engine.dispose()


def _share(session: Session, colleague: Connection) -> None:
    """Scan as a worker does, and wait until the one that it called is done as well."""
    due.scan(session, now=NOW, pace=due.Pace(call=lambda: colleague.send(True)))
    colleague.recv()


def _make_due(session: Session, count: int) -> None:
    session.execute(
        text("UPDATE enrollment SET due_at = :now WHERE id <= :count"),
        {"now": NOW, "count": count},
    )
    session.execute(
        text("DELETE FROM delivery WHERE enrollment_id <= :count"), {"count": count}
    )
    session.execute(
        text(
            "INSERT INTO delivery (state, kind, priority, address, subscriber_id,"
            " enrollment_id, step_id, occurrence_id, planned_at, due_at, is_test,"
            " attempt, deaths, reply) SELECT 'sent', 'service', 0, 'a@example.nl', id,"
            " id, 1, 1, confirmed_at, confirmed_at, false, 1, 0, '' FROM enrollment"
            " WHERE id <= :count"
        ),
        {"count": count},
    )
    session.commit()


def _pause(session: Session, count: int) -> None:
    session.execute(text("UPDATE sequence SET state = 'paused'"))
    _make_due(session, count)


def _retime(session: Session, where: object) -> None:
    enrollment.look_again(session, where, now=NOW)  # type: ignore[arg-type]  # plain SQL
    session.commit()


def _sizes(session: Session) -> None:
    print("table             rows        MB  of it indexes")
    for table in TABLES:
        size = text(
            f"SELECT count(*), pg_total_relation_size('{table}'),"  # noqa: S608 - ours
            f" pg_indexes_size('{table}') FROM {table}"
        )
        rows, whole, indexes = session.execute(size).one()
        print(f"{table:14} {rows:10,} {whole / 1e6:9,.1f} {indexes / 1e6:9,.1f}")


def _timed(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


@contextmanager
def _database() -> Iterator[str]:
    """Start a server in a folder of its own, with every table, and stop it."""
    with tempfile.TemporaryDirectory(prefix="funnel-scan-", dir="/tmp") as name:
        folder = Path(name)
        places.make_folder(folder, 0o711)
        server = postgres.at(folder / "p", folder / "p" / "s", **SPEED)
        server.start()
        try:
            server.make_database("scan")
            _migrate(server.url("scan"))
            yield server.url("scan")
        finally:
            server.stop()


def _migrate(url: str) -> None:
    app = create_app(
        Settings(
            database_url=url,
            redis_url="redis://127.0.0.1:1/0",
            smtp_url="smtp://127.0.0.1:1",
            base_url="http://localhost",
            secret_key="benchmarks: 3f1c9a5e7b2d8460fedcba9876543210",  # noqa: S106 - of nothing
            embedded=True,
        )
    )
    with app.app_context():
        upgrade()
        db.engine.dispose()


def _load(connection: psycopg.Connection, people: int) -> None:
    """Make everybody: one in ten is on her way, the others are through."""
    at, start = NOW - timedelta(days=1), NOW + timedelta(days=7)
    end, until = start + timedelta(hours=1), start + timedelta(days=7)
    run = connection.execute
    run("SET synchronous_commit = off")
    run("SET session_replication_role = replica")  # made whole: no key is looked up
    run(
        "INSERT INTO sequence"
        " (slug, name, language, state, rules, version, published_at)"
        " VALUES ('s', 'S', 'nl', 'live', '{}', 1, %s)",
        [at - timedelta(days=400)],
    )
    for rank, (kind, timing) in enumerate(STEPS, 1):
        run(
            "INSERT INTO step (sequence_id, slug, role, rank)"
            " VALUES (1, %s, 'listed', %s)",
            [f"s{rank}", rank],
        )
        purpose = "series" if kind == "marketing" else None
        run(
            "INSERT INTO revision (step_id, version, kind, purpose, is_on, timing,"
            " condition, subject, preheader, source, body, html, text, author,"
            " published_at) VALUES (%s, 1, %s, %s, true, %s, '', 's', '', '', 'b',"
            " '<p>b</p>', 'b', 'a', %s)",
            [rank, kind, purpose, timing, at - timedelta(days=400)],
        )
        run("UPDATE step SET revision_id = %s WHERE id = %s", [rank, rank])
    run(
        "INSERT INTO masterclass (slug, title, minutes, language, consent_mode, page,"
        " sequence_id, is_home) VALUES ('m', 'M', 60, 'nl', 'box', '{}', 1, false)"
    )
    run(
        "INSERT INTO occurrence (masterclass_id, starts_at, ends_at, zone, room_url,"
        " replay_url, replay_until, calendar_sequence)"
        " VALUES (1, %s, %s, 'Europe/Amsterdam', '', '', %s, 0)",
        [start, end, until],
    )
    for statement in PEOPLE.split(";"):
        run(
            statement,
            {"people": people, "active": people // 10, "at": at, "later": LATER},
        )
    run("SET session_replication_role = origin")
    run("VACUUM ANALYZE")


if __name__ == "__main__":
    main()
