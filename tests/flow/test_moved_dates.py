"""A date gets another time: what is said beforehand is what happens."""

from datetime import datetime, timedelta

import factories
import pytest
import sending
from factories import NOW, START, ZONE
from sqlalchemy import select
from sqlalchemy.orm import Session
from walking import walk

from funnel.domain.status import DeliveryState, Kind, Reason, Role
from funnel.flow import due, enrollment, occurrences
from funnel.flow.occurrences import Entry
from funnel.models import (
    Delivery,
    Enrollment,
    Event,
    EventKind,
    Occurrence,
    Sequence,
    Step,
    Subscriber,
)

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def reminder(slug: str, timing: str, **fields: str) -> dict[str, object]:
    return {"kind": Kind.SERVICE, "slug": slug, "timing": timing, **fields}


DAY_BEFORE = reminder("01-day", "start - 24 hours")
HOUR_BEFORE = reminder("02-hour", "start - 1 hour")
THANKS = reminder("03-thanks", "end + 2 hours", condition="joined")
SORRY = reminder("04-sorry", "end + 2 hours", condition="not joined and replay open")
SERIES: dict[str, object] = {
    "kind": Kind.MARKETING,
    "slug": "05-series",
    "timing": "start - 48 hours",
}


def entry(start: datetime) -> Entry:
    return Entry(
        starts_at=start,
        ends_at=start + HOUR,
        zone="Europe/Amsterdam",
        replay_url="https://replay.example/a",
        replay_until=start + timedelta(days=7),
    )


def on(session: Session, *steps: dict[str, object]) -> Occurrence:
    """Return a date of a masterclass with these mails."""
    sequence = sending.course(session, *steps)
    for role in (Role.MOVED, Role.CANCELLED):
        factories.step(session, sequence=sequence, role=role, kind=Kind.SERVICE)
    masterclass = factories.masterclass(session, sequence_id=sequence.id)
    return factories.occurrence(session, masterclass=masterclass)


def her(session: Session, date: Occurrence, at: datetime = NOW) -> Enrollment:
    """Return somebody with a seat and a yes, since this moment."""
    seat = factories.registration(session, occurrence=date, seated_at=at)
    sending.agree(session, session.get_one(Subscriber, seat.subscriber_id), at=at)
    return factories.enrollment(
        session,
        registration=seat,
        sequence_id=date.masterclass.sequence_id,
        confirmed_at=at,
        due_at=at,
    )


def told(at: datetime) -> str:
    return f"{at.astimezone(ZONE):%a %d %H:%M}"


def said(session: Session, date: Occurrence, start: datetime) -> list[str]:
    found = occurrences.reminders(session, date, entry(start), now=NOW)
    return [
        f"{one.step.slug} {told(one.after) if one.after else 'never'}" for one in found
    ]


def got(session: Session, enrollment: Enrollment) -> list[str]:
    session.expire_all()
    rows = session.execute(
        select(Step.slug, Delivery.planned_at, Delivery.reason)
        .join(Step, Step.id == Delivery.step_id)
        .where(Delivery.enrollment_id == enrollment.id)
        .order_by(Delivery.planned_at, Delivery.id)
    )
    return [f"{slug} {reason or told(at)}" for slug, at, reason in rows]


def news(session: Session) -> list[Delivery]:
    session.expire_all()
    mine = select(Step.id).where(Step.role == Role.MOVED)
    rows = select(Delivery).where(Delivery.step_id.in_(mine))
    return list(session.scalars(rows.order_by(Delivery.id)))


@pytest.mark.parametrize("joins", [True, False])
@pytest.mark.parametrize("later", [2 * DAY, -4 * DAY, -10 * HOUR])
def test_a_preview_tells_what_will_come_for_whoever_meets_the_condition(
    session: Session, joins: bool, later: timedelta
) -> None:
    date = on(session, DAY_BEFORE, HOUR_BEFORE, THANKS, SORRY, SERIES)
    inside, start = her(session, date), START + later
    promised = said(session, date, start)

    occurrences.edit(session, date.id, entry(start), now=NOW)
    walk(session, NOW, start)
    if joins and inside.registration:
        enrollment.join(session, inside.registration, now=start)
    walk(session, start, start + 9 * DAY)

    other = {True: "04-sorry", False: "03-thanks"}[joins]
    assert len(promised) == 5
    assert got(session, inside) == [
        f"{other} condition" if line.startswith(other) else line for line in promised
    ]


def test_a_reminder_that_a_nearer_date_has_no_room_for_is_not_promised(
    session: Session,
) -> None:
    date = on(session, DAY_BEFORE, HOUR_BEFORE)
    inside, start = her(session, date), NOW + 5 * HOUR
    promised = said(session, date, start)

    occurrences.edit(session, date.id, entry(start), now=NOW)
    walk(session, NOW, start)

    assert promised == ["01-day never", f"02-hour {told(start - HOUR)}"]
    assert got(session, inside) == ["01-day too-late", promised[1]]


def test_a_reminder_that_came_too_late_for_the_old_time_goes_before_the_new_one(
    session: Session,
) -> None:
    date = on(session, DAY_BEFORE)
    late = START - 20 * HOUR
    inside = her(session, date, late)
    walk(session, late, late)
    assert got(session, inside) == ["01-day too-late"]
    assert inside.reason is Reason.FINISHED

    occurrences.edit(session, date.id, entry(START + 7 * DAY), now=late + HOUR)
    walk(session, late + HOUR, START + 9 * DAY)

    assert got(session, inside) == [f"01-day {told(START + 6 * DAY)}"]
    skips = select(Event).where(Event.kind == EventKind.SKIPPED)
    assert len(session.scalars(skips).all()) == 1  # what happened stays written down


def test_a_reminder_that_has_not_left_yet_waits_for_the_new_time(
    session: Session,
) -> None:
    date = on(session, DAY_BEFORE)
    inside, before = her(session, date), START - DAY
    due.scan(session, now=before)

    occurrences.edit(session, date.id, entry(START + 7 * DAY), now=before)
    walk(session, before, START + 9 * DAY)

    assert got(session, inside) == [f"01-day {told(before + 7 * DAY)}"]


def test_a_reminder_that_she_had_does_not_come_twice(session: Session) -> None:
    date = on(session, DAY_BEFORE, SERIES)
    inside, before = her(session, date), START - DAY
    walk(session, NOW, before)
    had = got(session, inside)
    found = occurrences.reminders(session, date, entry(START + 7 * DAY), now=before)

    occurrences.edit(session, date.id, entry(START + 7 * DAY), now=before)
    walk(session, before, START + 9 * DAY)

    assert [one.had for one in found] == [1, 1]
    assert got(session, inside) == had


def test_a_preview_counts_for_whom_a_sequence_that_goes_first_has_that_day(
    session: Session,
) -> None:
    date = on(session, DAY_BEFORE, SERIES)
    inside, _ = her(session, date), her(session, date)
    start = START + 2 * DAY
    day = f"{(start - 2 * DAY).astimezone(ZONE):%Y-%m-%d}"
    first = {"kind": Kind.MARKETING, "timing": f"{day} at 08:30"}
    other = sending.course(session, first, doors={"priority": 5})
    person = session.get_one(Subscriber, inside.subscriber_id)
    factories.enrollment(session, sequence=other, subscriber=person, registration=None)
    session.commit()

    found = occurrences.reminders(session, date, entry(start), now=NOW)
    unmoved = session.get_one(Occurrence, date.id).starts_at
    occurrences.edit(session, date.id, entry(start), now=NOW)
    walk(session, NOW, start + 9 * DAY)

    assert [(one.step.slug, one.aside) for one in found] == [
        ("05-series", 1),
        ("01-day", 0),
    ]
    assert unmoved == START
    series = next(line for line in got(session, inside) if line.startswith("05"))
    assert series != f"05-series {told(start - 2 * DAY)}"


@pytest.mark.parametrize("later", [7 * DAY, -2 * HOUR])
def test_with_half_of_the_reminders_sent_only_the_other_half_moves_along(
    session: Session, later: timedelta
) -> None:
    date = on(session, DAY_BEFORE, HOUR_BEFORE, SORRY)
    inside, noon = her(session, date), START - 8 * HOUR
    walk(session, NOW, noon)
    had, start = got(session, inside), START + later

    occurrences.edit(session, date.id, entry(start), now=noon)
    walk(session, noon, start + 9 * DAY)

    assert had == [f"01-day {told(START - DAY)}"]
    assert got(session, inside)[:2] == [*had, f"02-hour {told(start - HOUR)}"]
    assert [line[:8] for line in got(session, inside)[2:]] == ["04-sorry"]


def test_a_date_called_off_with_half_of_the_reminders_sent_sends_no_other_half(
    session: Session,
) -> None:
    date = on(session, DAY_BEFORE, HOUR_BEFORE, SORRY)
    inside, noon = her(session, date), START - 8 * HOUR
    walk(session, NOW, noon)
    had = got(session, inside)

    occurrences.cancel(session, date.id, now=noon)
    walk(session, noon, START + 9 * DAY)

    sent = select(Delivery.planned_at).where(
        Delivery.enrollment_id == inside.id,
        Delivery.state == DeliveryState.SENT,
        Delivery.occurrence_id == date.id,
    )
    roles = select(Step.role).join(Delivery, Delivery.step_id == Step.id)
    gone = roles.where(Delivery.state == DeliveryState.SENT)
    assert had == [f"01-day {told(START - DAY)}"]
    assert got(session, inside)[0] == had[0]
    assert session.scalars(sent).all() == [START - DAY]
    assert list(session.scalars(gone)) == [Role.LISTED, Role.CANCELLED]


def test_other_sequences_that_hang_on_the_date_are_in_the_preview(
    session: Session,
) -> None:
    date = on(session)
    other = sending.course(session, DAY_BEFORE, doors={"enter": "registered"})
    seat = factories.registration(session, occurrence=date)
    enrollment.start(session, seat, now=NOW)

    [one] = occurrences.reminders(session, date, entry(START + DAY), now=NOW)

    assert one.step.sequence_id == other.id
    assert (one.before, one.after) == (START - DAY, START)


def test_of_two_quick_moves_one_mail_goes_and_it_has_the_latest_time(
    session: Session,
) -> None:
    date = on(session)
    inside = her(session, date)
    moves = [START + HOUR, START + 2 * HOUR, START]

    for number, start in enumerate(moves):
        at = NOW + timedelta(seconds=20 * number)
        occurrences.edit(session, date.id, entry(start), now=at)

    assert [mail.state for mail in news(session)] == [
        DeliveryState.SKIPPED,
        DeliveryState.SKIPPED,
        DeliveryState.SCHEDULED,
    ]
    skips = session.scalars(select(Event).where(Event.kind == EventKind.SKIPPED)).all()
    assert [event.data for event in skips] == [{"reason": "replaced"}] * 2
    assert {event.subscriber_id for event in skips} == {inside.subscriber_id}


def test_a_move_after_the_news_was_sent_is_news_again(session: Session) -> None:
    date = on(session)
    her(session, date)

    occurrences.edit(session, date.id, entry(START + HOUR), now=NOW)
    news(session)[0].state = DeliveryState.SENT
    occurrences.edit(session, date.id, entry(START), now=NOW + HOUR)

    states = [mail.state for mail in news(session)]
    assert states == [DeliveryState.SENT, DeliveryState.SCHEDULED]


def test_a_sequence_that_is_a_draft_promises_nothing(session: Session) -> None:
    date = on(session, DAY_BEFORE)
    own = session.get_one(Sequence, date.masterclass.sequence_id)
    own.state = type(own.state).DRAFT

    assert said(session, date, START + DAY) == []
