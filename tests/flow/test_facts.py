"""What conditions know of her, and what lets her leave a sequence."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import factories
import pytest
from sending import course, enrolled
from sqlalchemy import select
from sqlalchemy.orm import Session

from funnel.domain.status import (
    DeliveryState,
    EnrollmentState,
    Kind,
    Reason,
    SubscriberState,
)
from funnel.flow import due, events
from funnel.models import Delivery, Enrollment, Event, EventKind, Registration

NOW = factories.NOW
MORNING = {"kind": Kind.MARKETING, "timing": "1 day at 08:30"}
REMINDER = {"kind": Kind.SERVICE, "timing": "start - 24 hours"}
TUESDAY = datetime(2026, 11, 24, 8, 30, tzinfo=ZoneInfo("Europe/Amsterdam"))
DAY = timedelta(days=1)


def mails(session: Session, enrollment: Enrollment) -> list[Delivery]:
    rows = select(Delivery).where(Delivery.enrollment_id == enrollment.id)
    session.expire_all()
    return list(session.scalars(rows.order_by(Delivery.planned_at, Delivery.id)))


def all_sent(session: Session) -> None:
    for row in session.scalars(select(Delivery)):
        if row.state is DeliveryState.SCHEDULED:
            row.state = DeliveryState.SENT
    session.flush()


@pytest.mark.parametrize("has_clicked", [True, False])
def test_a_click_on_a_step_decides_about_the_next(
    session: Session, has_clicked: bool
) -> None:
    clicked = {**MORNING, "condition": "clicked 01-first"}
    sequence = course(session, {**MORNING, "slug": "01-first"}, clicked)
    enrollment = enrolled(session, sequence)
    due.scan(session, now=TUESDAY)
    all_sent(session)
    events.record(
        session,
        EventKind.CLICKED,
        at=TUESDAY,
        subscriber_id=enrollment.subscriber_id if has_clicked else None,
        step_id=sequence.steps[0].id,
    )
    session.flush()

    due.scan(session, now=TUESDAY + DAY)

    wanted = None if has_clicked else Reason.CONDITION
    assert mails(session, enrollment)[1].reason is wanted


@pytest.mark.parametrize(
    ("kind", "condition"),
    [
        (EventKind.PURCHASED, "not purchased"),
        (EventKind.LEFT_EARLY, "not left early"),
    ],
)
def test_what_happened_to_her_can_be_a_condition(
    session: Session, kind: EventKind, condition: str
) -> None:
    sequence = course(session, {**MORNING, "condition": condition})
    her, other = enrolled(session, sequence), enrolled(session, sequence)
    events.record(session, kind, at=NOW, subscriber_id=her.subscriber_id)
    session.flush()

    due.scan(session, now=TUESDAY)

    assert mails(session, her)[0].reason is Reason.CONDITION
    assert mails(session, other)[0].reason is None


def test_who_bought_gets_no_more_marketing_and_keeps_her_reminders(
    session: Session,
) -> None:
    doors = {"leave": "purchased"}
    sequence = course(session, MORNING, MORNING, REMINDER, doors=doors)
    enrollment = enrolled(session, sequence)
    due.scan(session, now=TUESDAY)
    all_sent(session)
    events.record(
        session,
        EventKind.PURCHASED,
        at=TUESDAY,
        subscriber_id=enrollment.subscriber_id,
    )
    session.flush()

    due.scan(session, now=TUESDAY + DAY)
    due.scan(session, now=factories.START - DAY)

    kinds = [mail.kind for mail in mails(session, enrollment)]
    assert kinds == [Kind.MARKETING, Kind.SERVICE]
    assert enrollment.state is EnrollmentState.EXITED
    assert enrollment.reason is Reason.EXIT_RULE
    told = select(Event.data).where(Event.kind == EventKind.EXITED)
    assert session.scalars(told).all() == [{"reason": "exit-rule"}]


def test_a_tag_lets_her_leave_and_taking_it_off_does_not_bring_her_back(
    session: Session,
) -> None:
    sequence = course(session, MORNING, doors={"leave": "tag customer or joined"})
    enrollment = enrolled(session, sequence)
    enrollment.subscriber.tags = ["customer"]
    session.flush()
    due.scan(session, now=NOW)
    enrollment.subscriber.tags = []
    session.flush()

    due.scan(session, now=TUESDAY)

    assert mails(session, enrollment) == []
    assert enrollment.state is EnrollmentState.EXITED


def test_late_news_that_she_was_there_lets_her_leave_the_no_show_series(
    session: Session,
) -> None:
    sequence = course(session, MORNING, MORNING, doors={"leave": "joined"})
    enrollment = enrolled(session, sequence)
    due.scan(session, now=TUESDAY)
    all_sent(session)
    seat = session.get_one(Registration, enrollment.registration_id)
    seat.joined_at = NOW
    session.flush()

    due.scan(session, now=TUESDAY + DAY)

    assert len(mails(session, enrollment)) == 1
    assert enrollment.state is EnrollmentState.EXITED


def test_who_unsubscribed_keeps_her_seat_and_its_mails(session: Session) -> None:
    sequence = course(session, MORNING, REMINDER)
    enrollment = enrolled(session, sequence)
    enrollment.subscriber.state = SubscriberState.UNSUBSCRIBED
    session.flush()

    due.scan(session, now=TUESDAY)
    due.scan(session, now=factories.START - DAY)

    reasons = [mail.reason for mail in mails(session, enrollment)]
    assert reasons == [Reason.UNSUBSCRIBED, None]
