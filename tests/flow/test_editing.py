"""A live sequence is edited: who is not there yet, who waits, who is past it.

Everybody lives on the same Monday, ten o'clock. Four mails, a to d, go at half past
eight, a day apart: who confirmed a day ago got a this morning and waits for b.
"""

from datetime import timedelta

import pytest
import walking
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session
from walking import (
    NOW,
    gets,
    got,
    move,
    order,
    publish,
    put_in,
    remove,
    save,
    sequence,
    step,
    walker,
)

from funnel.domain.status import DeliveryState, EnrollmentState
from funnel.flow import due, publishing
from funnel.models import Delivery, Enrollment, Sequence

UNTOUCHED = {
    0: ["a Tue 08:30", "b Wed 08:30", "c Thu 08:30", "d Fri 08:30"],
    1: ["b Tue 08:30", "c Wed 08:30", "d Thu 08:30"],
    2: ["c Tue 08:30", "d Wed 08:30"],
    3: ["d Tue 08:30"],
    4: [],
}


@pytest.mark.parametrize("days", UNTOUCHED)
def test_nothing_reaches_anybody_before_it_is_published(
    session: Session, days: int
) -> None:
    row = sequence(session)
    her = walker(session, row, days=days)

    put_in(session, row, "new", after="a")
    move(session, row, "d", after="")
    remove(session, row, "b")
    save(session, row, "c", timing="9 days at 20:00", is_on=False)

    assert gets(session, her) == UNTOUCHED[days]


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (0, ["a Tue 08:30", "b Fri 08:30", "c Sat 08:30", "d Sun 08:30"]),
        (1, ["b Thu 08:30", "c Fri 08:30", "d Sat 08:30"]),  # from this morning
        (2, ["c Tue 08:30", "d Wed 08:30"]),
    ],
)
def test_a_longer_delay_counts_from_the_same_mail(
    session: Session, days: int, expected: list[str]
) -> None:
    row = sequence(session)
    her = walker(session, row, days=days)

    save(session, row, "b", timing="3 days at 08:30")
    publish(session, row)

    assert gets(session, her) == expected


def test_a_shorter_delay_that_is_overdue_waits_for_the_next_slot(
    session: Session,
) -> None:
    row = sequence(session)
    save(session, row, "b", timing="5 days at 08:30")
    publish(session, row)
    row.retimed_at = None
    new, waiting, past = (walker(session, row, days=days) for days in (0, 3, 7))

    save(session, row, "b", timing="1 day at 08:30")
    publish(session, row)

    assert gets(session, waiting) == ["b Tue 08:30", "c Wed 08:30", "d Thu 08:30"]
    assert gets(session, new)[:2] == ["a Tue 08:30", "b Wed 08:30"]
    assert gets(session, past) == ["d Tue 08:30"]


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (0, ["a Tue 08:30", "new Wed 08:30", "b Thu 08:30", "c Fri 08:30"]),
        (1, ["new Tue 08:30", "b Wed 08:30", "c Thu 08:30", "d Fri 08:30"]),
        (2, ["c Tue 08:30", "d Wed 08:30"]),
        (4, []),
    ],
)
def test_a_new_mail_is_for_who_has_not_passed_its_place(
    session: Session, days: int, expected: list[str]
) -> None:
    row = sequence(session)
    her = walker(session, row, days=days)

    put_in(session, row, "new", after="a")
    publish(session, row)

    assert gets(session, her)[:4] == expected


@pytest.mark.parametrize(
    ("days", "expected"),
    [(2, ["new Tue 08:30", "c Wed 08:30"]), (3, ["new Tue 08:30", "d Wed 08:30"])],
)
def test_who_passed_its_place_gets_a_new_mail_when_that_is_asked_for(
    session: Session, days: int, expected: list[str]
) -> None:
    row = sequence(session)
    her = walker(session, row, days=days)

    put_in(session, row, "new", after="a")
    publish(session, row, also_passed=True)

    assert gets(session, her)[:2] == expected


def test_a_mail_at_the_end_is_not_for_who_had_finished(session: Session) -> None:
    row = sequence(session)
    last, done = walker(session, row, days=3), walker(session, row, days=4)
    assert done.state is EnrollmentState.COMPLETED

    put_in(session, row, "new", after="d")
    publish(session, row)

    assert gets(session, done) == []
    assert gets(session, last) == ["d Tue 08:30", "new Wed 08:30"]


def test_who_had_finished_goes_on_when_that_is_asked_for(session: Session) -> None:
    row = sequence(session)
    done = walker(session, row, days=9)

    put_in(session, row, "new", after="d")
    publish(session, row, reopen=True)

    assert gets(session, done) == ["new Tue 08:30"]
    assert done.state is EnrollmentState.COMPLETED
    assert got(session, done) == ["a", "b", "c", "d", "new"]


def test_who_went_through_twice_gets_a_new_mail_once(session: Session) -> None:
    row = sequence(session)
    first, second = walker(session, row, days=20), walker(session, row, days=9)
    second.subscriber_id, second.run = first.subscriber_id, first.run + 1
    session.flush()

    put_in(session, row, "new", after="d")
    publish(session, row, reopen=True)

    assert gets(session, first) == []
    assert gets(session, second) == ["new Tue 08:30"]


@pytest.mark.parametrize(
    ("letter", "days", "expected"),
    [
        ("a", 0, ["b Tue 08:30", "c Wed 08:30", "d Thu 08:30"]),
        ("a", 1, ["b Tue 08:30", "c Wed 08:30", "d Thu 08:30"]),
        ("b", 0, ["a Tue 08:30", "c Wed 08:30", "d Thu 08:30"]),
        ("b", 1, ["c Tue 08:30", "d Wed 08:30"]),  # counted from a
        ("b", 2, ["c Tue 08:30", "d Wed 08:30"]),
        ("d", 2, ["c Tue 08:30"]),
        ("d", 3, []),
        ("d", 4, []),
    ],
)
def test_who_waits_for_a_mail_that_goes_gets_the_next_one(
    session: Session, letter: str, days: int, expected: list[str]
) -> None:
    row = sequence(session)
    her = walker(session, row, days=days)

    remove(session, row, letter)
    publish(session, row)

    assert gets(session, her) == expected
    assert her.state is EnrollmentState.COMPLETED


@pytest.mark.parametrize(("days", "past"), [(0, []), (1, ["a"])])
def test_the_only_mail_goes_and_everybody_has_finished(
    session: Session, days: int, past: list[str]
) -> None:
    row = sequence(session, "a")
    her = walker(session, row, days=days)

    remove(session, row, "a")
    publish(session, row)

    assert gets(session, her) == []
    assert got(session, her) == past
    assert her.state is EnrollmentState.COMPLETED


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (0, "d a b c"),
        (1, "d b c"),  # the first in the new order that she has not had
        (3, "d"),
        (4, ""),
    ],
)
def test_a_moved_mail_comes_in_its_new_place_and_never_twice(
    session: Session, days: int, expected: str
) -> None:
    row = sequence(session)
    her = walker(session, row, days=days)

    move(session, row, "d", after="")
    publish(session, row)

    assert " ".join(line[0] for line in gets(session, her)) == expected
    assert sorted(got(session, her)) == ["a", "b", "c", "d"]


def test_a_mail_moved_down_is_not_sent_again(session: Session) -> None:
    row = sequence(session)
    people = [walker(session, row, days=days) for days in range(5)]

    move(session, row, "a", after="d")
    publish(session, row)

    assert order(row) == "bcda"
    for her in people:
        gets(session, her)
        assert sorted(got(session, her)) == ["a", "b", "c", "d"]


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (1, ["b skipped: switched-off", "c Wed 08:30", "d Thu 08:30"]),
        (2, ["c Tue 08:30", "d Wed 08:30"]),
    ],
)
def test_a_mail_that_is_switched_off_is_skipped_with_the_reason(
    session: Session, days: int, expected: list[str]
) -> None:
    row = sequence(session)
    her = walker(session, row, days=days)

    save(session, row, "b", is_on=False)
    publish(session, row)

    assert gets(session, her) == expected


def test_a_new_text_has_nobody_planned_again(session: Session) -> None:
    row = sequence(session)
    her = walker(session, row, days=1)
    before = her.due_at

    save(session, row, "b", subject="beter")
    publish(session, row)

    assert (her.due_at, row.retimed_at) == (before, None)


def test_a_mail_that_waits_to_be_sent_goes_with_its_step(session: Session) -> None:
    row = sequence(session)
    her = walker(session, row, days=1)
    due.scan(session, now=NOW + timedelta(days=1))
    mail = session.scalars(
        select(Delivery).where(
            Delivery.enrollment_id == her.id,
            Delivery.state == DeliveryState.SCHEDULED,
        )
    ).one()

    remove(session, row, "b")
    publish(session, row)

    assert mail.step_id == step(row, "b").id  # the drain skips it: it reads the step
    assert step(row, "b").deleted_at == NOW


def test_a_publish_waits_for_a_scan_and_has_its_people_planned_again(
    commit_session: Session, engine: Engine
) -> None:
    session = commit_session
    row = sequence(session)
    her = walker(session, row, days=1)
    morning = NOW + timedelta(days=1)
    save(session, row, "b", timing="9 days at 08:30")
    session.commit()

    with Session(engine) as scanner:
        scanner.execute(
            select(Enrollment).where(Enrollment.id == her.id).with_for_update()
        )
        done = walking.in_background(lambda: _publish_alone(engine, row.id))
        assert walking.is_waiting(engine)
        scanner.commit()
    done()

    session.expire_all()
    assert her.due_at == NOW
    due.scan(session, now=morning)
    session.expire_all()
    assert got(session, her) == ["a"]
    assert her.due_at == NOW.replace(day=2, month=12, hour=7, minute=30)


def _publish_alone(engine: Engine, sequence_id: int) -> None:
    with Session(engine) as session:
        publish(session, session.get_one(Sequence, sequence_id))


def test_of_two_who_publish_at_once_one_is_told(
    commit_session: Session, engine: Engine
) -> None:
    session = commit_session
    row = sequence(session)
    save(session, row, "b", timing="2 days at 08:30")
    session.commit()
    told: list[Exception] = []

    def try_it() -> None:
        try:
            _publish_version_1(engine, row.id)
        except publishing.VersionConflict as conflict:
            told.append(conflict)

    both = [walking.in_background(try_it) for _ in range(2)]
    for done in both:
        done()

    session.expire_all()
    assert len(told) == 1
    assert row.version == 2


def _publish_version_1(engine: Engine, sequence_id: int) -> None:
    with Session(engine) as session:
        publishing.publish(session, sequence_id, base_version=1, author="A", now=NOW)
