"""Scans: side by side, one after another, and over what cannot be read."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import factories
from sending import course, enrolled
from sqlalchemy import Engine, event, select, text
from sqlalchemy.orm import Session

from funnel.domain.status import (
    Kind,
)
from funnel.flow import due
from funnel.models import (
    Delivery,
    Enrollment,
    Event,
    Subscriber,
)

NOW = factories.NOW  # a Monday, 10:00 in Amsterdam
AT_ONCE = {"kind": Kind.SERVICE, "timing": "at once"}
TOMORROW = {"kind": Kind.MARKETING, "timing": "1 day at 08:30"}
TUESDAY = datetime(2026, 11, 24, 7, 30, tzinfo=UTC)


def deliveries(session: Session, enrollment: Enrollment) -> list[Delivery]:
    rows = select(Delivery).where(Delivery.enrollment_id == enrollment.id)
    session.expire_all()
    return list(session.scalars(rows.order_by(Delivery.planned_at, Delivery.id)))


@contextmanager
def counting(engine: Engine) -> Iterator[Counter[str]]:
    seen: Counter[str] = Counter()

    def note(*arguments: object) -> None:
        del arguments
        seen["statements"] += 1

    event.listen(engine, "after_cursor_execute", note)
    yield seen
    event.remove(engine, "after_cursor_execute", note)


def test_scanning_again_at_the_same_moment_adds_nothing(session: Session) -> None:
    enrollment = enrolled(session, course(session, AT_ONCE, TOMORROW))
    due.scan(session, now=NOW)
    enrollment.due_at = NOW  # somebody asked for another look
    session.flush()

    due.scan(session, now=NOW)

    assert len(deliveries(session, enrollment)) == 1
    assert enrollment.due_at == TUESDAY


def test_one_person_who_cannot_be_planned_does_not_stop_the_others(
    session: Session,
) -> None:
    sequence = course(session, AT_ONCE)
    poison, other = enrolled(session, sequence), enrolled(session, sequence)
    poison.subscriber.tags = [["no", "tag"]]  # type: ignore[list-item]  # on purpose
    session.flush()

    done = due.scan(session, now=NOW)

    assert done.troubled == 1
    assert len(deliveries(session, other)) == 1
    assert poison.due_at == NOW + timedelta(hours=1)
    told = select(Event.data).where(Event.enrollment_id == poison.id)
    assert "error" in session.scalars(told).one()


def test_one_row_that_the_database_refuses_does_not_stop_the_others(
    session: Session,
) -> None:
    sequence = course(session, AT_ONCE)
    poison, other = enrolled(session, sequence), enrolled(session, sequence)
    poison.subscriber.address = None  # a delivery needs one
    session.flush()

    due.scan(session, now=NOW)

    assert len(deliveries(session, other)) == 1
    assert deliveries(session, poison) == []
    assert poison.due_at == NOW + timedelta(hours=1)


def test_a_step_that_cannot_be_read_stops_only_its_own_sequence(
    session: Session,
) -> None:
    broken = enrolled(session, course(session, {**AT_ONCE, "timing": "soonish"}))
    other = enrolled(session, course(session, AT_ONCE))

    done = due.scan(session, now=NOW)

    assert done.troubled == 1
    assert len(deliveries(session, other)) == 1
    assert broken.due_at == NOW + timedelta(hours=1)


def test_a_sequence_that_goes_first_and_cannot_be_read_keeps_its_own_moment(
    session: Session,
) -> None:
    first = course(session, {**TOMORROW, "timing": "soonish"}, doors={"priority": 5})
    her = enrolled(session, course(session, AT_ONCE))
    broken = factories.enrollment(
        session,
        sequence=first,
        subscriber=session.get_one(Subscriber, her.subscriber_id),
        registration=None,
        due_at=NOW + timedelta(days=30),
    )

    done = due.scan(session, now=NOW)

    assert (done.troubled, len(deliveries(session, her))) == (0, 1)
    assert broken.due_at == NOW + timedelta(days=30)


def test_a_batch_asks_the_database_as_often_for_many_as_for_few(
    session: Session, engine: Engine
) -> None:
    sequence = course(session, AT_ONCE, TOMORROW)
    asked = []
    for people in (3, 40):
        for _ in range(people):
            enrolled(session, sequence)
        session.commit()
        with counting(engine) as seen:
            due.scan(session, now=NOW)
        asked.append(seen["statements"])

    assert asked[0] == asked[1]


def test_scans_at_the_same_time_give_each_person_exactly_one_mail(
    commit_session: Session, engine: Engine
) -> None:
    sequence = course(commit_session, AT_ONCE, TOMORROW)
    for _ in range(60):
        enrolled(commit_session, sequence)
    commit_session.commit()
    ready, problems = threading.Barrier(4), []

    def scan() -> None:
        with Session(engine) as mine:
            ready.wait()
            try:
                due.scan(mine, now=NOW, pace=due.Pace(limit=7))
            except Exception as problem:  # noqa: BLE001 - shown by the assertion
                problems.append(problem)

    threads = [threading.Thread(target=scan) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert problems == []
    made = commit_session.scalars(select(Delivery.enrollment_id)).all()
    assert len(made) == 60
    assert len(set(made)) == 60
    moments = set(commit_session.scalars(select(Enrollment.due_at)))
    assert moments == {TUESDAY}


def test_a_change_during_a_scan_is_seen_by_the_next_one(
    commit_session: Session, engine: Engine
) -> None:
    """Who moves a date asks for another look; the scan must not overwrite that."""
    enrollment = enrolled(commit_session, course(commit_session, AT_ONCE, TOMORROW))
    commit_session.commit()
    asked = threading.Event()

    def look_again() -> None:
        with Session(engine) as mover:
            asked.set()
            mover.execute(text("UPDATE enrollment SET due_at = :now"), {"now": NOW})
            mover.commit()

    mover = threading.Thread(target=look_again)

    def meanwhile(*arguments: object) -> None:
        if "INSERT INTO delivery" in str(arguments[2]) and not asked.is_set():
            mover.start()
            asked.wait()

    event.listen(engine, "before_cursor_execute", meanwhile)
    with Session(engine) as mine:
        due.scan(mine, now=NOW)
    event.remove(engine, "before_cursor_execute", meanwhile)
    mover.join()

    commit_session.expire_all()
    assert enrollment.due_at in {NOW, TUESDAY}
    due.scan(commit_session, now=NOW)
    assert enrollment.due_at == TUESDAY
    assert len(deliveries(commit_session, enrollment)) == 1


def test_a_scan_whose_time_is_up_leaves_the_rest_to_the_next_one(
    session: Session,
) -> None:
    sequence = course(session, AT_ONCE, TOMORROW)
    for _ in range(5):
        enrolled(session, sequence)

    brief = due.Pace(limit=2, seconds=0)
    planned = [due.scan(session, now=NOW, pace=brief).enrollments for _ in range(4)]

    assert planned == [2, 2, 1, 0]


def test_a_scan_with_more_than_a_batch_calls_another_worker_once(
    session: Session,
) -> None:
    sequence = course(session, AT_ONCE, TOMORROW)
    calls = list[int]()
    pace = due.Pace(limit=2, call=lambda: calls.append(1))
    for people, wanted in ((1, 0), (5, 1)):
        for _ in range(people):
            enrolled(session, sequence)
        due.scan(session, now=NOW, pace=pace)
        assert len(calls) == wanted
