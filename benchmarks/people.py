"""Subscribers by the million: `python benchmarks/people.py [N] [ROWS]`.

The first is what each screen of subscribers asks of the server, with N people
(1,000,000 unless told), best of three, beside a fetch of one row by its id. The
second is a file of ROWS people (N / 5): its upload, its check, its import, and how much
the memory of this process grew meanwhile.
"""

import io
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

import cluster
from sqlalchemy import create_engine, select, text
from sqlalchemy.orm import Session

from funnel.domain.status import Purpose, SubscriberState
from funnel.embedded import places
from funnel.flow import imports, reports, subscribers
from funnel.flow.imports import Plan
from funnel.flow.reports import Order, Selection
from funnel.models import Subscriber, SubscriberImport

NOW = datetime(2026, 11, 27, 9, tzinfo=UTC)
MANY, REPEATS = 1_000_000, 3
NAMES = ("Sanne", "Anna", "Noor", "Fatima", "Zoë", "Marijke", "Bo", "Ilse")
DOMAINS = ("gmail.com", "hotmail.com", "ziggo.nl", "kpnmail.nl", "example.nl")
COPY = """
COPY subscriber (address, address_key, first_name, zone, language, state, tags,
                 created_at, confirmed_at) FROM STDIN
"""

INDEX = """
CREATE INDEX ix_subscriber_letters ON subscriber
USING gin (subscriber_letters(address, first_name))
"""


def main() -> None:
    """Fill a database of our own, measure, and throw it away."""
    numbers = [int(word) for word in sys.argv[1:]]
    count = numbers[0] if numbers else MANY
    rows = numbers[1] if len(numbers) > 1 else count // 5
    with database() as session:
        started = time.perf_counter()
        fill(session, count)
        print(f"{count:,} subscribers in {time.perf_counter() - started:.0f} s")
        screens(session)
        file(session, rows)


@contextmanager
def database() -> Iterator[Session]:
    """Start a server, with the tables as the migrations make them."""
    home = cluster.home(os.getpid())
    places.make_folder(home, 0o711)  # the server's user passes through
    try:
        url = cluster.fresh_database(cluster.started(home), "people")
        engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
        with Session(engine) as session:
            yield session
        engine.dispose()
    finally:
        cluster.end(home)


def fill(session: Session, count: int) -> None:
    """Copy people in, and let the server know them as it does in the long run."""
    raw: Any = session.connection().connection.driver_connection
    raw.execute("DROP INDEX ix_subscriber_letters")  # faster made than kept
    with raw.cursor() as cursor, cursor.copy(COPY) as copy:
        for number in range(count):
            copy.write_row(person(number))
    raw.execute(INDEX)
    session.commit()
    raw.autocommit = True
    raw.execute("VACUUM ANALYZE subscriber")
    raw.autocommit = False


def person(number: int) -> tuple[object, ...]:
    name = NAMES[number % len(NAMES)]
    address = f"{name.lower()}.{number:07}@{DOMAINS[number % len(DOMAINS)]}"
    state = "bounced" if number % 1000 == 0 else "active"
    tags = '["lente"]' if number % 500 == 0 else "[]"
    zone = "Europe/Amsterdam"
    return (address, address, name, zone, "nl", state, tags, NOW, NOW)


def screens(session: Session) -> None:
    """Print what each screen costs."""
    last = session.scalar(select(Subscriber.id).order_by(Subscriber.id.desc())) or 0
    middle = str(last // 2)
    asks: dict[str, Callable[[], object]] = {
        "one row by its id": lambda: session.get(
            Subscriber, last // 3, populate_existing=True
        ),
        "everybody, newest first": lambda: reports.page(session),
        "the page in the middle": lambda: reports.page(session, after=middle),
        "everybody, by address": lambda: reports.page(session, order=Order.ADDRESS),
        "a part of one address": lambda: find(session, words="0123456"),
        "a part of many names": lambda: find(session, words="arijk"),
        "a part of nobody": lambda: find(session, words="qxqxq"),
        "two letters": lambda: find(session, words="fa"),
        "two letters of nobody": lambda: find(session, words="qx"),
        "a rare state": lambda: find(session, state=SubscriberState.BOUNCED),
        "a common state": lambda: find(session, state=SubscriberState.ACTIVE),
        "a tag": lambda: find(session, tag="lente"),
        "a tag of nobody": lambda: find(session, tag="herfst"),
        "a tag and a part": lambda: find(session, tag="lente", words="anna"),
        "one person": lambda: reports.person(session, last // 3),
        "count a tag exactly": lambda: reports.count(session, Selection(tag="lente")),
        "count everybody exactly": lambda: reports.count(session, Selection()),
        "the first part of a file": lambda: next(
            subscribers.lines(session, Selection())
        ),
    }
    base = 0.0
    print(f"\n{'screen':<26} {'ms':>8} {'in rows':>10}")
    for name, ask in asks.items():
        cost = best(ask) * 1000
        base = base or cost
        print(f"{name:<26} {cost:8.1f} {cost / base:10.0f}")


def find(session: Session, **wanted: object) -> object:
    return reports.page(session, Selection(**wanted))  # type: ignore[arg-type]  # words


def best(ask: Callable[[], object]) -> float:
    costs = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        ask()
        costs.append(time.perf_counter() - started)
    return min(costs)


def file(session: Session, count: int) -> None:
    """Print what a file costs, in seconds and megabytes."""
    lines = [f"nieuw.{number:07}@example.nl;Noor;lente\n" for number in range(count)]
    data = ("email;voornaam;tags\n" + "".join(lines)).encode()
    del lines
    print(f"\na file of {count:,} rows, {len(data) / 1e6:.1f} MB\n{'':<12} {'s':>7}")
    before = peak()
    started = time.perf_counter()
    row = imports.upload(
        session,
        io.BytesIO(data),
        name="people.csv",
        most=100,
        user_id=None,
        now=NOW,
    )
    print(f"{'upload':<12} {time.perf_counter() - started:7.1f}")
    plan = Plan(
        columns=row.columns,
        has_header=True,
        purposes=[Purpose.SERIES],
        wording="Ticked the mail series on our site.",
    )
    imports.prepare(session, row.id, plan)
    work(session, "check")
    imports.start(session, row.id)
    work(session, "import")
    done = session.get_one(SubscriberImport, row.id, populate_existing=True)
    print(f"{dict(done.tally)}; memory grew by {peak() - before:.0f} MB at most")
    session.execute(text("SELECT 1"))


def work(session: Session, name: str) -> None:
    started = time.perf_counter()
    while imports.work(session, now=NOW):
        pass
    print(f"{name:<12} {time.perf_counter() - started:7.1f}")


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
