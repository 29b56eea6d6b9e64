"""One person in several sequences: one marketing mail a day, and who goes first."""

import threading
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import factories
from sending import agree, course, enrolled
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from funnel.domain.status import DeliveryState, Kind, Reason
from funnel.flow import due
from funnel.models import Delivery, Enrollment, Sequence, Subscriber

NOW = factories.NOW
AMSTERDAM = ZoneInfo("Europe/Amsterdam")
MORNING = {"kind": Kind.MARKETING, "timing": "1 day at 08:30"}
TEN = {"kind": Kind.MARKETING, "timing": "1 day at 10:00"}
SERVICE = {"kind": Kind.SERVICE, "timing": "1 day at 08:30"}
TUESDAY = datetime(2026, 11, 24, 8, 30, tzinfo=AMSTERDAM)
DAY = timedelta(days=1)


def also(session: Session, sequence: Sequence, other: Enrollment) -> Enrollment:
    """Add the same person to another sequence, without a seat."""
    person = session.get_one(Subscriber, other.subscriber_id)
    return factories.enrollment(
        session, sequence=sequence, subscriber=person, registration=None
    )


def moments(session: Session, enrollment: Enrollment) -> list[datetime]:
    rows = select(Delivery).where(Delivery.enrollment_id == enrollment.id)
    session.expire_all()
    return [row.planned_at for row in session.scalars(rows.order_by(Delivery.id))]


def scan_daily(session: Session, days: int, *, hour: float = 8.5) -> None:
    """Scan each morning, and have everything sent that was planned."""
    for number in range(days):
        midnight = TUESDAY.replace(hour=0, minute=0) + number * DAY
        for at in (hour, 10, 23):
            due.scan(session, now=midnight + timedelta(hours=at))
            for row in session.scalars(select(Delivery)):
                if row.state is DeliveryState.SCHEDULED:
                    row.state = DeliveryState.SENT
            session.flush()


def test_two_sequences_give_her_one_marketing_mail_a_day(session: Session) -> None:
    first = enrolled(session, course(session, MORNING))
    second = also(session, course(session, MORNING), first)

    due.scan(session, now=TUESDAY)
    due.scan(session, now=TUESDAY + DAY)

    assert moments(session, first) == [TUESDAY]
    assert moments(session, second) == [TUESDAY + DAY]


def test_the_mail_that_stepped_aside_says_why(session: Session) -> None:
    first = enrolled(session, course(session, MORNING))
    second = also(session, course(session, MORNING), first)

    due.scan(session, now=TUESDAY)
    due.scan(session, now=TUESDAY + DAY)

    mail = select(Delivery).where(Delivery.enrollment_id == second.id)
    assert session.scalars(mail).one().moved == ["elsewhere"]


def test_the_day_is_the_one_on_her_own_clock_in_both(session: Session) -> None:
    late = {**MORNING, "timing": "1 day at 23:30"}
    early = {**MORNING, "timing": "2 days at 00:30"}
    rules = {"quiet": False}
    first = enrolled(session, course(session, late, rules=rules))
    second = also(session, course(session, early, rules=rules), first)

    due.scan(session, now=TUESDAY.replace(hour=23, minute=30))
    due.scan(session, now=TUESDAY.replace(hour=0) + DAY)

    assert [*moments(session, first), *moments(session, second)] == [
        TUESDAY.replace(hour=23),
        TUESDAY.replace(hour=0) + DAY,
    ]


def test_late_mails_of_two_sequences_leave_on_a_day_each(session: Session) -> None:
    later = {**MORNING, "timing": "2 days at 08:30"}
    first = enrolled(session, course(session, MORNING))
    also(session, course(session, later), first)

    due.scan(session, now=TUESDAY + DAY + timedelta(hours=3))
    due.scan(session, now=TUESDAY + 2 * DAY)

    leave = session.scalars(select(Delivery.due_at).order_by(Delivery.due_at))
    days = [at.astimezone(AMSTERDAM).date() - TUESDAY.date() for at in leave]
    assert days == [DAY, 2 * DAY]


def test_service_mail_waits_for_no_other_sequence(session: Session) -> None:
    first = enrolled(session, course(session, MORNING))
    second = also(session, course(session, SERVICE), first)

    due.scan(session, now=TUESDAY)

    assert moments(session, first) == moments(session, second) == [TUESDAY]


def test_a_mail_that_did_not_go_leaves_its_day_to_the_other(session: Session) -> None:
    never = {**MORNING, "condition": "tag never"}
    first = enrolled(session, course(session, never))
    second = also(session, course(session, MORNING), first)

    due.scan(session, now=TUESDAY)

    assert moments(session, second) == [TUESDAY]


def test_the_higher_priority_goes_first_although_it_comes_later_that_day(
    session: Session,
) -> None:
    low = enrolled(session, course(session, MORNING))
    high = also(session, course(session, TEN, doors={"priority": 5}), low)

    scan_daily(session, 2)

    assert moments(session, high) == [TUESDAY.replace(hour=10, minute=0)]
    assert moments(session, low) == [TUESDAY + DAY]


def test_a_mail_is_postponed_for_a_week_of_taken_days_and_then_given_up(
    session: Session,
) -> None:
    daily = [MORNING] * 12
    low = enrolled(session, course(session, MORNING, TEN))
    also(session, course(session, *daily, doors={"priority": 1}), low)

    scan_daily(session, 14)

    rows = select(Delivery).where(Delivery.enrollment_id == low.id)
    first, second = session.scalars(rows.order_by(Delivery.planned_at)).all()
    assert (first.state, first.reason) == (DeliveryState.SKIPPED, Reason.CROWDED)
    assert first.planned_at == TUESDAY + 7 * DAY
    assert second.state is DeliveryState.SENT


def test_no_other_sequence_is_read_where_all_have_one_priority(
    session: Session,
) -> None:
    low = enrolled(session, course(session, MORNING), due_at=TUESDAY)
    other = also(session, course(session, {**MORNING, "timing": "soonish"}), low)
    other.due_at = TUESDAY + DAY  # it cannot be planned, and nobody asks for it
    session.flush()

    done = due.scan(session, now=TUESDAY)

    assert (done.troubled, done.deliveries) == (0, 1)


def test_scans_at_the_same_time_give_no_day_away_twice(
    commit_session: Session, engine: Engine
) -> None:
    session = commit_session
    sequences = [course(session, MORNING) for _ in range(3)]
    for _ in range(30):
        person = factories.subscriber(session)
        agree(session, person)
        for sequence in sequences:
            factories.enrollment(
                session, sequence=sequence, subscriber=person, registration=None
            )
    session.commit()

    def work() -> None:
        ready.wait()
        with Session(engine) as mine:
            due.scan(mine, now=TUESDAY, pace=due.Pace(limit=5))

    for _ in range(2):  # what one left to the other is looked at by the next tick
        ready = threading.Barrier(4)
        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    rows = session.execute(select(Delivery.subscriber_id, Delivery.planned_at)).all()
    assert len(rows) == 30
    assert len({(who, at.astimezone(AMSTERDAM).date()) for who, at in rows}) == 30


def test_who_is_being_planned_by_another_scan_is_left_to_it(
    commit_session: Session, engine: Engine
) -> None:
    session, sequence = commit_session, course(commit_session, MORNING)
    person = factories.subscriber(session)
    agree(session, person)
    factories.enrollment(
        session, sequence=sequence, subscriber=person, registration=None
    )
    session.commit()

    with Session(engine) as other:  # it plans another way of hers
        hers = select(Subscriber.id).where(Subscriber.id == person.id)
        other.execute(hers.with_for_update(key_share=True))
        meanwhile = due.scan(session, now=TUESDAY).enrollments
    afterwards = due.scan(session, now=TUESDAY).enrollments

    assert (meanwhile, afterwards) == (0, 1)
