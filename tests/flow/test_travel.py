"""Time travel looks at the rows: what is open, and what comes next."""

from datetime import timedelta

import factories
import pytest
from sending import course
from sqlalchemy.orm import Session

from funnel.domain.status import DeliveryState, Kind, SequenceState
from funnel.flow import travel

NOW = factories.NOW
HOUR = timedelta(hours=1)


def test_the_clock_is_moved_and_runs_on(session: Session) -> None:
    travel.shift(session, NOW + HOUR, real=NOW)

    assert travel.offset(session) == HOUR


def test_the_clock_never_goes_back(session: Session) -> None:
    travel.shift(session, NOW + HOUR, real=NOW)

    travel.arrive(session, NOW, real=lambda: NOW)

    assert travel.offset(session) == HOUR


def test_nothing_is_left_when_no_row_waits(session: Session) -> None:
    factories.enrollment(session, due_at=None)
    factories.delivery(session, state=DeliveryState.SENT)
    factories.delivery(session, state=DeliveryState.UNCERTAIN)

    assert travel.next_moment(session, NOW) is None
    assert travel.open_work(session, NOW) == 0


def test_the_next_moment_is_the_first_of_plans_and_deliveries(session: Session) -> None:
    factories.enrollment(session, due_at=NOW + 3 * HOUR)
    factories.delivery(session, due_at=NOW + 2 * HOUR)

    assert travel.next_moment(session, NOW) == NOW + 2 * HOUR
    assert travel.open_work(session, NOW) == 0
    assert travel.open_work(session, NOW + 2 * HOUR) == 1
    assert travel.open_work(session, NOW + 3 * HOUR) == 2


def test_what_is_overdue_is_due_now(session: Session) -> None:
    factories.enrollment(session, due_at=NOW - HOUR)

    assert travel.next_moment(session, NOW) == NOW


@pytest.mark.parametrize("state", [DeliveryState.CLAIMED, DeliveryState.HANDED])
def test_what_is_under_way_is_open(session: Session, state: DeliveryState) -> None:
    factories.delivery(session, state=state, due_at=NOW)

    assert travel.open_work(session, NOW) == 1
    assert travel.next_moment(session, NOW) == NOW


def test_a_sequence_that_stands_still_is_not_waited_for(session: Session) -> None:
    sequence = course(session, {"kind": Kind.SERVICE}, state=SequenceState.PAUSED)
    enrollment = factories.enrollment(session, sequence=sequence, due_at=NOW)
    factories.delivery(
        session, enrollment_id=enrollment.id, step_id=sequence.steps[0].id
    )

    assert travel.open_work(session, NOW) == 0
    assert travel.next_moment(session, NOW) is None
