"""The studio with many readers: `python benchmarks/people.py [PEOPLE] [ROWS]`.

The first table is what each screen of the studio costs the server: fetched from a real
application and a real PostgreSQL with PEOPLE people (20,000 unless told, in a minute;
about five times as many mails and events come with them), the middle and the 95th of a
hundred of so many runs, and what of that was spent waiting for the database. The
second is a file of ROWS people (a fifth): its upload, its check, its import, the
processor time of this process in each, and how much its memory grew meanwhile.
"""

import argparse
import os
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

import cluster
import factories
import town
from flask import Flask
from sqlalchemy import create_engine, event, func, select
from sqlalchemy.orm import Session
from studio import HASH, Colleague

from funnel import clock
from funnel.app import create_app
from funnel.db import db
from funnel.domain.status import Purpose, TeamRole
from funnel.embedded import places
from funnel.flow import imports
from funnel.flow.imports import Plan
from funnel.flow.reports import Detail
from funnel.models import (
    Delivery,
    Event,
    Link,
    Occurrence,
    Step,
    Subscriber,
    SubscriberImport,
)

PEOPLE, RUNS = 20_000, 20
SLOW = 300.0  # milliseconds: what a screen may take at most


def main() -> None:
    """Fill a database of our own, measure, and throw it away."""
    given = _given()
    with _database() as url:
        engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
        with Session(engine) as session:
            started = time.perf_counter()
            town.build(session, given.people, clock.real())
            _told(session, time.perf_counter() - started)
            if not given.only_file:
                _screens(session, url, given)
            if not given.only_screens:
                _file(session, given.rows or given.people // 5)
        engine.dispose()


def _given() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("people", type=int, nargs="?", default=PEOPLE)
    parser.add_argument("rows", type=int, nargs="?", default=0)
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--explain", default="", help="of this screen, each question")
    parser.add_argument("--only-screens", action="store_true")
    parser.add_argument("--only-file", action="store_true")
    return parser.parse_args()


@contextmanager
def _database() -> Iterator[str]:
    """Start a server, with the tables as the migrations make them."""
    home = cluster.home(os.getpid())
    places.make_folder(home, 0o711)  # the server's user passes through
    try:
        yield cluster.fresh_database(cluster.started(home), "people")
    finally:
        cluster.end(home)


def _told(session: Session, seconds: float) -> None:
    counts = [
        session.scalar(select(func.count()).select_from(table)) or 0
        for table in (Subscriber, Delivery, Event)
    ]
    people, mails, told = counts
    print(f"{people:,} people, {mails:,} mails, {told:,} events in {seconds:.0f} s")


def _screens(session: Session, url: str, given: argparse.Namespace) -> None:
    """Print what each screen costs, the dearest first."""
    app = create_app(cluster.settings(url))
    her = factories.user(session, role=TeamRole.OWNER, password_hash=HASH)
    factories.business(session, is_sample=False)
    session.commit()
    mara = Colleague(app, session, her)
    mara.log_in()
    with app.app_context():
        waits = _listen(app, given.explain)
        rows = [
            (name, *_cost(mara, path, given.runs, waits))
            for name, path in _paths(session).items()
            if given.explain in {"", name}
        ]
        db.engine.dispose()
    print(f"\n{'screen':<34}{'p50 ms':>8}{'p95 ms':>8}{'database':>10}")
    for name, middle, most, waited in sorted(rows, key=lambda row: -row[2]):
        slow = "  slow" if most > SLOW else ""
        print(f"{name:<34}{middle:8.0f}{most:8.0f}{waited:10.0f}{slow}")


def _listen(app: Flask, explained: str) -> list[float]:
    """Note how long each question took; say it, too, if it is to be explained."""
    assert app  # noqa: S101 - its engine exists
    waits: list[float] = []

    @event.listens_for(db.engine, "before_cursor_execute")
    def begin(*call: Any) -> None:
        call[0].info["begun"] = time.perf_counter()

    @event.listens_for(db.engine, "after_cursor_execute")
    def end(*call: Any) -> None:
        took = (time.perf_counter() - call[0].info["begun"]) * 1000
        waits.append(took)
        if explained and took > SLOW / 20:
            print(f"-- {took:.0f} ms\n{call[2]}\n-- {call[3]}")

    return waits


def _cost(
    mara: Colleague, path: str, runs: int, waits: list[float]
) -> tuple[float, float, float]:
    costs, asked = [], []
    for _ in range(runs):
        waits.clear()
        started = time.perf_counter()
        answer = mara.client.get(path)
        costs.append((time.perf_counter() - started) * 1000)
        asked.append(sum(waits))
        assert answer.status_code == HTTPStatus.OK, path  # noqa: S101 - or it measures nothing
    costs.sort()
    return costs[runs // 2], costs[int(runs * 0.95)], sorted(asked)[runs // 2]


def _paths(session: Session) -> dict[str, str]:
    """Return every screen that reads the rows of many, and ways to ask of it."""
    people, last = "/admin/subscribers", session.scalar(select(func.max(Subscriber.id)))
    step = session.scalar(select(Step.id).where(Step.slug == "03-stress"))
    date = session.scalar(select(func.min(Occurrence.id)))
    mail = session.scalar(select(func.max(Delivery.id)))
    link = session.scalar(select(func.min(Link.id)))
    sequence, found = "/admin/sequences/magnesium", f"{people}?q="
    days = clock.real().date() - timedelta(days=365), clock.real().date()
    month = f"first={days[1] - timedelta(days=27)}&last={days[1]}"
    return {
        "account": "/admin/account",
        "overview": "/admin/",
        "overview, 3 months": "/admin/?period=quarter",
        "overview, a year": f"/admin/?first={days[0]}&last={days[1]}",
        "overview, a source": "/admin/?period=quarter&source=instagram",
        "overview, a date": f"/admin/?period=quarter&occurrence={date}",
        "a file of mails": "/admin/numbers/mails.csv?period=quarter",
        "sequences": "/admin/sequences",
        "sequence": sequence,
        "its list": f"{sequence}/list",
        "its settings": f"{sequence}/settings",
        "its versions": f"{sequence}/versions",
        "its simulator": f"{sequence}/simulator",
        "its pause": f"{sequence}/pause",
        "going on": f"{sequence}/resume",
        "a mail": f"/admin/steps/{step}",
        "a link": f"/admin/links/{link}",
        "dates": "/admin/occurrences",
        "a date": f"/admin/occurrences/{date}",
        "calling a date off": f"/admin/occurrences/{date}/cancel",
        "subscribers": people,
        "the page in the middle": f"{people}?after={(last or 0) // 2}",
        "by address": f"{people}?order=address",
        "every column": f"{people}?" + "&".join(f"column={one}" for one in Detail),
        "a part of one address": f"{found}0012345",
        "a part of many names": f"{found}arijk",
        "a part of many addresses": f"{found}gmail",
        "a part of nobody": f"{found}qxqxq",
        "two letters": f"{found}fa",
        "two letters of nobody": f"{found}qx",
        "a rare state": f"{people}?state=bounced",
        "a common state": f"{people}?state=active",
        "a tag": f"{people}?tag=lente",
        "a tag and a part": f"{people}?tag=lente&q=anna",
        "who has a seat": f"{people}?occurrence={date}",
        "who is in a sequence": f"{people}?sequence=1",
        "who waits for a mail": f"{people}?waiting={step}",
        "who waits, and a part": f"{people}?waiting={step}&q=arijk",
        "behind a number": f"{people}?stage=confirmed&{month}",
        "behind a number, a source": f"{people}?stage=joined&source=podcast&{month}",
        "behind a number, few": f"{people}?stage=bought&source=vriendin&{month}",
        "behind a number, a date": f"{people}?stage=joined&chosen={date}&{month}",
        "one person": f"{people}/{(last or 0) // 3}",
        "a selection of all": f"{people}/selection",
        "a selection by tag": f"{people}/selection?tag=lente",
        "deliveries in trouble": "/admin/deliveries",
        "deliveries sent": "/admin/deliveries?view=sent",
        "deliveries skipped": "/admin/deliveries?view=skipped",
        "skipped, of a mail": f"/admin/deliveries?view=skipped&step={step}",
        "sent, of a mail": f"/admin/deliveries?view=sent&step={step}",
        "a delivery": f"/admin/deliveries/{mail}",
        "imports": "/admin/imports",
        "team": "/admin/team",
        "trail": "/admin/trail",
    }


def _file(session: Session, count: int) -> None:
    """Print what a file costs, in seconds and megabytes."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - read to its end, and gone with us
    file.write(b"email;voornaam;tags\n")
    rows = (f"nieuw.{number:07}@example.nl;Noor;lente\n" for number in range(count))
    file.writelines(row.encode() for row in rows)
    print(f"\na file of {count:,} rows, {file.tell() / 1e6:.1f} MB")
    file.seek(0)
    print(f"{'':<12}{'s':>8}{'rows/s':>10}{'cpu s':>8}")
    before, now = _peak(), clock.real()
    started = time.perf_counter()
    row = imports.upload(
        session,
        file,
        name="people.csv",
        most=100,
        user_id=None,
        now=now,
    )
    print(f"{'upload':<12}{time.perf_counter() - started:8.1f}")
    plan = Plan(
        columns=row.columns,
        has_header=True,
        purposes=[Purpose.SERIES],
        wording="Ticked the mail series on our site.",
    )
    imports.prepare(session, row.id, plan)
    _work(session, "check", count)
    imports.start(session, row.id)
    _work(session, "import", count)
    done = session.get_one(SubscriberImport, row.id, populate_existing=True)
    print(f"{dict(done.tally)}; memory grew by {_peak() - before:.0f} MB at most")


def _work(session: Session, name: str, count: int) -> None:
    started, busy = time.perf_counter(), time.process_time()
    while imports.work(session, now=clock.real()):
        pass
    took, busy = time.perf_counter() - started, time.process_time() - busy
    print(f"{name:<12}{took:8.1f}{count / took:10,.0f}{busy:8.1f}")


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
