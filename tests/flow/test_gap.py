"""A gap in which nobody scanned: nothing is planned before somebody decides."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import factories
import pytest
from sending import course, enrolled
from sqlalchemy import select
from sqlalchemy.orm import Session

from funnel.domain.status import DeliveryState, How, Kind
from funnel.flow import due, publishing, travel
from funnel.flow.delivery import guard
from funnel.models import Delivery, Heartbeat, Pause

NOW = factories.NOW


AMSTERDAM = ZoneInfo("Europe/Amsterdam")


AT_ONCE = {"kind": Kind.SERVICE, "timing": "at once"}


MORNING = {"kind": Kind.MARKETING, "timing": "1 day at 08:30"}


TUESDAY = datetime(2026, 11, 24, 8, 30, tzinfo=AMSTERDAM)


DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def silence(session: Session, hours: float) -> None:
    """Let the last sign of life of a worker be so many real hours ago."""
    due.scan(session, now=NOW - 30 * DAY)
    for beat in session.scalars(select(Heartbeat)):
        beat.at -= timedelta(hours=hours)
    session.flush()


def test_after_a_gap_nothing_is_planned_before_somebody_decides(
    session: Session,
) -> None:
    enrolled(session, course(session, AT_ONCE, MORNING))
    silence(session, 30)

    done = due.scan(session, now=TUESDAY)

    assert done.enrollments == 0
    assert session.scalars(select(Delivery)).all() == []
    found = session.scalars(select(Pause)).one()
    assert found.sequence_id is None
    assert found.until is None
    assert abs(found.since - (TUESDAY - timedelta(hours=30))) < timedelta(minutes=5)


@pytest.mark.parametrize("how", How)
def test_an_answer_lets_everything_go_on(session: Session, how: How) -> None:
    enrolled(session, course(session, AT_ONCE, MORNING))
    silence(session, 30)
    due.scan(session, now=TUESDAY)

    publishing.resume(session, None, how=how, now=TUESDAY)
    due.scan(session, now=TUESDAY)

    mail = session.scalars(select(Delivery).order_by(Delivery.planned_at)).first()
    assert mail is not None
    assert mail.state is DeliveryState.SCHEDULED
    assert not guard.stands_still(session)


def test_a_second_tick_after_the_gap_asks_the_same_question_once(
    session: Session,
) -> None:
    enrolled(session, course(session, AT_ONCE))
    silence(session, 30)

    due.scan(session, now=TUESDAY)
    due.scan(session, now=TUESDAY)

    assert len(session.scalars(select(Pause)).all()) == 1


def test_a_fresh_start_has_no_gap(session: Session) -> None:
    enrolled(session, course(session, AT_ONCE))

    done = due.scan(session, now=NOW + 3 * DAY)

    assert done.enrollments == 1


def test_travelling_in_time_makes_no_gap(session: Session) -> None:
    enrolled(session, course(session, AT_ONCE))
    due.scan(session, now=NOW - DAY)

    done = due.scan(session, now=NOW + 30 * DAY)

    assert done.enrollments == 1


def test_a_night_in_which_nothing_was_due_is_no_gap(session: Session) -> None:
    enrolled(session, course(session, MORNING), due_at=TUESDAY)
    silence(session, 12)

    done = due.scan(session, now=TUESDAY + timedelta(hours=1))

    assert done.enrollments == 1


def test_time_travel_finds_nothing_to_do_while_everything_stands_still(
    session: Session,
) -> None:
    enrolled(session, course(session, AT_ONCE))

    publishing.pause(session, None, now=NOW)

    assert travel.next_moment(session, NOW) is None
