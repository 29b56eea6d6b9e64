"""Going on after a night of another length, and after forms that came meanwhile."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import factories
import pytest
from sending import agree, course
from sqlalchemy import select
from sqlalchemy.orm import Session
from walking import walk

from funnel.domain.status import DeliveryState, How, Kind
from funnel.flow import due, enrollment, publishing
from funnel.models import Delivery, Enrollment, Subscriber

NOW = factories.NOW
AMSTERDAM = ZoneInfo("Europe/Amsterdam")
AT_ONCE = {"kind": Kind.SERVICE, "timing": "at once"}
MORNING = {"kind": Kind.MARKETING, "timing": "1 day at 08:30"}
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def mails(session: Session, enrollment: Enrollment) -> list[Delivery]:
    rows = select(Delivery).where(Delivery.enrollment_id == enrollment.id)
    return list(session.scalars(rows.order_by(Delivery.planned_at, Delivery.id)))


@pytest.mark.parametrize("how", How)
@pytest.mark.parametrize("friday", ["2026-10-23", "2027-03-26"])
def test_no_way_out_of_a_pause_over_a_night_of_another_length_moves_the_time_of_day(
    session: Session, how: How, friday: str
) -> None:
    noon = datetime.fromisoformat(f"{friday}T12:00").replace(tzinfo=AMSTERDAM)
    before = noon - DAY
    sequence = course(session, *[MORNING] * 6, published_at=before)
    person = factories.subscriber(session)
    agree(session, person, at=before)
    way = factories.enrollment(
        session,
        sequence=sequence,
        subscriber=person,
        registration=None,
        confirmed_at=before,
        due_at=before,
    )
    walk(session, before, noon)

    publishing.pause(session, sequence.id, now=noon)
    monday = noon + 3 * DAY
    publishing.resume(session, sequence.id, how=how, now=monday)
    walk(session, monday, monday + 12 * DAY)

    found = mails(session, way)
    days = [one.due_at.astimezone(AMSTERDAM).date() for one in found if not one.reason]
    clocks = {f"{one.planned_at.astimezone(AMSTERDAM):%H:%M}" for one in found}
    assert (len(found), clocks) == (6, {"08:30"})
    assert len(set(days)) == len(days)
    went = {How.SHIFT: 6, How.CONTINUE: 5, How.SKIP: 3}[how]
    assert len(days) == went


@pytest.mark.parametrize("how", How)
def test_who_signed_up_while_it_stood_still_is_not_blasted_when_it_goes_on(
    session: Session, how: How
) -> None:
    rules = {"hold": False}
    sequence = course(session, AT_ONCE, *[MORNING] * 4, rules=rules)
    masterclass = factories.masterclass(session, sequence_id=sequence.id)
    date = factories.occurrence(
        session, masterclass=masterclass, starts_at=NOW + 60 * DAY
    )
    publishing.pause(session, sequence.id, now=NOW)
    for days in (0, 3, 9):
        at = NOW + days * DAY + HOUR
        seat = factories.registration(session, occurrence=date, seated_at=at)
        agree(session, session.get_one(Subscriber, seat.subscriber_id), at=at)
        enrollment.start(session, seat, now=at)
    until = NOW + 10 * DAY

    publishing.resume(session, sequence.id, how=how, now=until)
    due.scan(session, now=until)
    leaving = select(Delivery.kind).where(
        Delivery.state == DeliveryState.SCHEDULED, Delivery.due_at <= until
    )
    at_once = list(session.scalars(leaving))
    walk(session, until, until + 30 * DAY)

    assert set(at_once) <= {Kind.SERVICE}
    sent = session.execute(
        select(Delivery.subscriber_id, Delivery.due_at).where(
            Delivery.kind == Kind.MARKETING, Delivery.state == DeliveryState.SENT
        )
    ).all()
    days_of = [(who, at.astimezone(AMSTERDAM).date()) for who, at in sent]
    assert len(set(days_of)) == len(days_of)
    assert len(days_of) == {How.SHIFT: 12, How.CONTINUE: 4, How.SKIP: 3}[how]
