"""Late mail: spread, and by every rule of its sequence."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import factories
from sending import course, enrolled
from sqlalchemy import select
from sqlalchemy.orm import Session

from funnel.domain.status import DeliveryState, Kind
from funnel.flow import due
from funnel.models import Delivery

NOW = factories.NOW


AMSTERDAM = ZoneInfo("Europe/Amsterdam")


MORNING = {"kind": Kind.MARKETING, "timing": "1 day at 08:30"}


TUESDAY = datetime(2026, 11, 24, 8, 30, tzinfo=AMSTERDAM)


DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def test_late_mails_are_spread_over_an_hour(session: Session) -> None:
    sequence = course(session, MORNING)
    for _ in range(20):
        enrolled(session, sequence)

    due.scan(session, now=TUESDAY + DAY)

    moments = set(session.scalars(select(Delivery.due_at)))
    assert len(moments) > 15
    assert min(moments) >= TUESDAY + DAY
    assert max(moments) < TUESDAY + DAY + timedelta(hours=1)


def test_late_mails_do_not_leave_at_night(session: Session) -> None:
    sequence = course(session, MORNING)
    for _ in range(20):
        enrolled(session, sequence)

    due.scan(session, now=TUESDAY.replace(hour=23))

    moments = set(session.scalars(select(Delivery.due_at)))
    assert len(moments) > 15
    assert min(moments) >= TUESDAY + DAY
    assert max(moments) < TUESDAY + DAY + timedelta(hours=1)


SHORT = {
    "send_days": ["tue", "fri"],
    "window": {"from": "08:00", "to": "09:00"},
    "hold": {"before": "48 hours", "after": "24 hours"},
}


def test_late_mails_leave_on_send_days_in_the_window_and_out_of_the_hold(
    session: Session,
) -> None:
    sequence = course(session, MORNING, rules=SHORT)
    for _ in range(20):
        enrolled(session, sequence)

    due.scan(session, now=TUESDAY + timedelta(hours=6))

    moments = set(session.scalars(select(Delivery.due_at)))
    assert len(moments) > 15
    friday = TUESDAY + 3 * DAY
    assert min(moments) >= friday
    assert max(moments) < friday.replace(hour=9, minute=0)


def test_late_service_mail_minds_the_quiet_hours(session: Session) -> None:
    sequence = course(session, {"kind": Kind.SERVICE, "timing": "3 hours"})
    enrolled(session, sequence)

    due.scan(session, now=TUESDAY.replace(hour=2))

    [moment] = session.scalars(select(Delivery.due_at))
    assert moment == TUESDAY


def test_a_late_mail_does_not_leave_on_the_day_of_one_that_was_punctual(
    session: Session,
) -> None:
    pinned = {"kind": Kind.MARKETING, "timing": "2026-11-25 at 08:30"}
    sequence = course(session, MORNING, pinned)
    enrollment = enrolled(session, sequence)
    due.scan(session, now=TUESDAY - HOUR)

    due.scan(session, now=TUESDAY + DAY)  # nobody scanned on Tuesday

    late, punctual = _moments(session, enrollment.id)
    assert punctual == TUESDAY + DAY * 2
    assert late.date() == (TUESDAY + DAY).date()


def test_a_late_mail_leaves_the_day_to_one_that_went(session: Session) -> None:
    pinned = {"kind": Kind.MARKETING, "timing": "2026-11-25 at 07:30"}
    sequence = course(session, MORNING, pinned)
    enrollment = enrolled(session, sequence)
    [_, second] = sequence.steps
    factories.delivery(
        session,
        state=DeliveryState.SENT,
        kind=Kind.MARKETING,
        subscriber_id=enrollment.subscriber_id,
        enrollment_id=enrollment.id,
        step_id=second.id,
        planned_at=TUESDAY + DAY - HOUR,
        due_at=TUESDAY + DAY - HOUR,
    )

    due.scan(session, now=TUESDAY + DAY + HOUR)

    late, _ = _moments(session, enrollment.id)
    assert late.date() == (TUESDAY + 2 * DAY).date()


def _moments(session: Session, enrollment_id: int) -> list[datetime]:
    rows = select(Delivery.due_at).where(Delivery.enrollment_id == enrollment_id)
    return list(session.scalars(rows.order_by(Delivery.step_id)))
