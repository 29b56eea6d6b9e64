"""What an edit of many people costs: `python benchmarks/impact.py 100000`.

So many people wait for a mail of a sequence of fourteen. Measured, on a PostgreSQL of
its own: the impact table of an edit that re-times them all, the publish itself (one
UPDATE), and the scan that then plans them again. The yardstick, in the same run, is
the bare `plan()` of the same steps.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import cluster
import factories
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from funnel.domain import schedule
from funnel.domain.status import Purpose
from funnel.domain.steps import Facts
from funnel.flow import due, publishing
from funnel.flow.publishing import course, impact
from funnel.models import Sequence

REAL = Path(__file__).parents[1] / "email_templates/sequences/magnesium"
NOW = factories.NOW
PLANS = 4000

PEOPLE = """
INSERT INTO subscriber (address, address_key, first_name, state, language, zone, tags,
                        created_at, confirmed_at)
SELECT 'p' || n || '@example.nl', 'p' || n || '@example.nl', 'Anna', 'active', 'nl',
       'Europe/Amsterdam', '[]', :now, :now FROM generate_series(1, :count) n;
"""
SEATS = """
INSERT INTO registration (subscriber_id, masterclass_id, occurrence_id, seated_at)
SELECT id, :masterclass, :occurrence, :now FROM subscriber;
"""
WAYS = """
INSERT INTO enrollment (subscriber_id, sequence_id, registration_id, run, confirmed_at,
                        state, due_at, next_step_id)
SELECT subscriber_id, :sequence, id, 1, :confirmed, 'active', :due, :step
FROM registration;
"""
CONSENTS = """
INSERT INTO consent (subscriber_id, purpose, granted, wording, wording_version,
                     language, place, network, at)
SELECT id, 'series', true, 'ja', '1', 'nl', 'form', '', :now FROM subscriber;
"""
PAST = """
INSERT INTO delivery (state, kind, priority, address, subscriber_id, enrollment_id,
                      step_id, occurrence_id, is_test, planned_at, due_at, attempt,
                      deaths, reply)
SELECT 'sent', 'service', 0, '', subscriber_id, id, :first, :occurrence, false,
       :confirmed, :confirmed, 1, 0, '' FROM enrollment;
"""


def main() -> None:
    """Print one line per part."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    folder = Path(tempfile.mkdtemp(prefix="funnel-impact-"))
    folder.chmod(0o711)
    try:
        server = cluster.started(folder)
        url = cluster.fresh_database(server, "impact")
        engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
        with Session(engine) as session:
            _measure(session, _stage(session, count), count)
        engine.dispose()
    finally:
        cluster.end(folder)


def _measure(session: Session, sequence: Sequence, count: int) -> None:
    bare = _bare(session, sequence)
    print(f"{count} people; one bare plan(): {bare * 1e6:.0f} µs")
    print("part               seconds  people/s  in bare plans per person")
    _line("impact table", count, bare, lambda: _table(session, sequence, count))
    _line("publish (UPDATE)", count, bare, lambda: _publish(session, sequence))
    later = NOW + timedelta(seconds=2)
    _line("planned again", count, bare, lambda: due.scan(session, now=later))


def _line(name: str, count: int, bare: float, act: Callable[[], object]) -> None:
    started = time.perf_counter()
    act()
    took = time.perf_counter() - started
    ratio = took / count / bare
    print(f"{name:17}  {took:7.2f}  {count / took:8.0f}  {ratio:24.1f}")


def _table(session: Session, sequence: Sequence, count: int) -> None:
    found = impact.table(session, sequence, now=NOW)
    assert found.totals["people"] == count, found.totals  # noqa: S101 - or it measured nothing
    assert found.totals["changed"] == count, found.totals  # noqa: S101 - the same


def _publish(session: Session, sequence: Sequence) -> None:
    publishing.publish(session, sequence.id, base_version=1, author="bench", now=NOW)


def _bare(session: Session, sequence: Sequence) -> float:
    seen = course.drafted(session, sequence)
    start = factories.START
    people = [
        Facts(
            confirmed_at=NOW - timedelta(hours=3, seconds=number),
            seated_at=NOW - timedelta(hours=3, seconds=number),
            zone="Europe/Amsterdam",
            start=start,
            end=start + timedelta(hours=1),
            replay_until=start + timedelta(days=7),
            consents=frozenset({Purpose.SERIES}),
        )
        for number in range(PLANS)
    ]
    best = float("inf")
    for _ in range(5):
        started = time.perf_counter()
        for her in people:
            schedule.plan(seen.track, her, NOW)
        best = min(best, time.perf_counter() - started)
    return best / PLANS


def _stage(session: Session, count: int) -> Sequence:
    confirmed = NOW - timedelta(hours=3)
    factories.business(session)
    sequence = publishing.import_folder(
        session, REAL, now=confirmed - timedelta(days=9), author="bench", publish=True
    )
    steps = {step.slug: step for step in sequence.steps}
    date = factories.occurrence(
        session,
        starts_at=factories.START + timedelta(days=21),
        masterclass=factories.masterclass(session),
    )
    about = {
        "count": count,
        "now": confirmed,
        "confirmed": confirmed,
        "due": NOW + timedelta(hours=22),
        "sequence": sequence.id,
        "masterclass": date.masterclass_id,
        "occurrence": date.id,
        "first": steps["02-plek"].id,
        "step": steps["03-stress"].id,
    }
    for statement in (PEOPLE, SEATS, WAYS, CONSENTS, PAST):
        session.execute(text(statement), about)
    session.commit()
    session.execute(text("ANALYZE"))
    publishing.save_draft(
        session, steps["03-stress"].id, {"timing": "2 days at 08:30"}, seen=None
    )
    return sequence


if __name__ == "__main__":
    main()
