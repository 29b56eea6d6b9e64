"""Dates that are added, moved and called off."""

from datetime import datetime, timedelta
from typing import Any

import factories
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from funnel.domain.status import DeliveryState, EnrollmentState, Kind, Reason, Role
from funnel.flow import due, occurrences
from funnel.flow.occurrences import BadOccurrence, Entry, Stale
from funnel.models import Delivery, Enrollment, Masterclass, Occurrence, Step

HOUR = timedelta(hours=1)


@pytest.fixture
def masterclass(session: Session) -> Masterclass:
    """A masterclass whose sequence has a mail for each thing that can happen."""
    sequence = factories.sequence(session)
    for role in (Role.MOVED, Role.CANCELLED, Role.NEW_DATE):
        factories.step(session, sequence=sequence, role=role, kind=Kind.SERVICE)
    return factories.masterclass(session, sequence_id=sequence.id)


@pytest.fixture
def date(session: Session, masterclass: Masterclass) -> Occurrence:
    return factories.occurrence(session, masterclass=masterclass)


def entry(start: datetime = factories.START, **changes: Any) -> Entry:
    values: dict[str, Any] = {
        "starts_at": start,
        "ends_at": start + HOUR,
        "zone": "Europe/Amsterdam",
        "room_url": "https://room.example/a",
        "replay_url": "https://replay.example/a",
        "replay_until": start + timedelta(days=7),
    }
    return Entry(**values | changes)


def enroll(session: Session, date: Occurrence) -> Enrollment:
    seat = factories.registration(session, occurrence=date)
    return factories.enrollment(
        session,
        registration=seat,
        sequence_id=date.masterclass.sequence_id,
        due_at=factories.NOW + timedelta(days=3),
    )


def mails(session: Session) -> list[tuple[Role, int | None]]:
    rows = session.execute(
        select(Step.role, Delivery.subscriber_id)
        .join(Step, Step.id == Delivery.step_id)
        .where(Delivery.state == DeliveryState.SCHEDULED, Step.role != Role.LISTED)
    )
    return [(role, subscriber) for role, subscriber in rows]


def test_a_moved_date_is_told_to_every_seat_and_planned_again(
    session: Session, date: Occurrence, now: datetime
) -> None:
    inside = enroll(session, date)
    gone = factories.registration(session, occurrence=date, cancelled_at=now)

    moved = occurrences.edit(
        session, date.id, entry(factories.START + HOUR), now=now, sequence=0
    )

    session.refresh(inside)
    assert moved
    assert mails(session) == [(Role.MOVED, inside.subscriber_id)]
    assert gone.subscriber_id != inside.subscriber_id
    assert inside.due_at == now
    assert date.calendar_sequence == 1
    assert date.starts_at == factories.START + HOUR


def test_another_room_is_told_to_nobody(
    session: Session, date: Occurrence, now: datetime
) -> None:
    enroll(session, date)

    moved = occurrences.edit(
        session, date.id, entry(room_url="https://room.example/b"), now=now
    )

    assert not moved
    assert mails(session) == []
    assert date.calendar_sequence == 0


def test_a_date_that_a_colleague_moved_is_not_moved_again_unseen(
    session: Session, date: Occurrence, now: datetime
) -> None:
    later = entry(factories.START + HOUR)
    occurrences.edit(session, date.id, later, now=now, sequence=0)

    with pytest.raises(Stale):
        occurrences.edit(session, date.id, entry(), now=now, sequence=0)


def test_a_date_that_has_begun_keeps_its_time_but_gets_its_recording(
    session: Session, date: Occurrence
) -> None:
    after = factories.START + HOUR
    replay = entry(replay_until=factories.START + timedelta(days=9))

    occurrences.edit(session, date.id, replay, now=after)

    assert date.replay_until == factories.START + timedelta(days=9)
    moved = entry(factories.START + timedelta(days=3))
    with pytest.raises(BadOccurrence):
        occurrences.edit(session, date.id, moved, now=after)


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (EnrollmentState.COMPLETED, Reason.FINISHED),
        (EnrollmentState.EXITED, Reason.UNSUBSCRIBED),
    ],
)
def test_a_recording_that_comes_later_brings_its_mail_to_who_was_through(
    session: Session, date: Occurrence, state: EnrollmentState, reason: Reason
) -> None:
    her = enroll(session, date)
    her.state, her.reason, her.due_at = state, reason, None
    date.replay_until = None
    step = factories.step(
        session,
        sequence_id=date.masterclass.sequence_id,
        kind=Kind.SERVICE,
        timing="replay end - 24 hours",
    )
    evening, day = date.ends_at + HOUR, timedelta(days=1)

    occurrences.edit(session, date.id, entry(), now=evening)
    due.scan(session, now=evening)
    due.scan(session, now=factories.START + 6 * day + HOUR)

    mails = session.scalars(select(Delivery).where(Delivery.step_id == step.id)).all()
    assert [mail.enrollment_id for mail in mails] == [her.id]


def test_a_date_called_off_stops_its_service_mail_and_tells_every_seat(
    session: Session, date: Occurrence, now: datetime
) -> None:
    inside = enroll(session, date)
    reminder = factories.delivery(
        session, kind=Kind.SERVICE, occurrence_id=date.id, due_at=now + HOUR
    )
    series = factories.delivery(session, kind=Kind.MARKETING, due_at=now + HOUR)

    occurrences.cancel(session, date.id, now=now, sequence=0)

    for row in (inside, reminder, series):
        session.refresh(row)
    assert (reminder.state, reminder.reason) == (
        DeliveryState.SKIPPED,
        Reason.OCCURRENCE_CANCELLED,
    )
    assert series.state is DeliveryState.SCHEDULED
    assert mails(session) == [(Role.CANCELLED, inside.subscriber_id)]
    assert inside.due_at == now
    assert (date.cancelled_at, date.calendar_sequence) == (now, 1)


def test_a_date_is_called_off_once_and_not_when_it_is_over(
    session: Session, date: Occurrence, now: datetime
) -> None:
    with pytest.raises(Stale):
        occurrences.cancel(session, date.id, now=date.ends_at)

    occurrences.cancel(session, date.id, now=now)
    with pytest.raises(Stale):
        occurrences.cancel(session, date.id, now=now)

    assert mails(session) == []


def test_who_waited_for_a_date_hears_of_a_new_one(
    session: Session, masterclass: Masterclass, now: datetime
) -> None:
    waiting = factories.registration(session, masterclass=masterclass, occurrence=None)
    elsewhere = factories.masterclass(session)
    factories.registration(session, masterclass=elsewhere, occurrence=None)

    added = occurrences.add(session, masterclass.id, entry(), now=now)

    assert mails(session) == [(Role.NEW_DATE, waiting.subscriber_id)]
    assert added.starts_at == factories.START


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"starts_at": factories.NOW, "ends_at": factories.NOW + HOUR}, "starts_at"),
        ({"ends_at": factories.START}, "ends_at"),
        ({"ends_at": factories.START + timedelta(days=2)}, "ends_at"),
        ({"zone": "Europe/Atlantis"}, "zone"),
        ({"room_url": "http://room.example"}, "room_url"),
        ({"room_url": "javascript:alert(1)"}, "room_url"),
        ({"replay_url": "https://"}, "replay_url"),
        ({"replay_until": None}, "replay_until"),
        ({"replay_until": factories.START}, "replay_until"),
    ],
)
def test_a_date_that_cannot_be_is_refused_with_the_field(
    session: Session,
    masterclass: Masterclass,
    now: datetime,
    changes: dict[str, Any],
    field: str,
) -> None:
    with pytest.raises(BadOccurrence) as refused:
        occurrences.add(session, masterclass.id, entry(**changes), now=now)

    assert list(refused.value.problems) == [field]


def test_the_same_moment_is_not_added_twice(
    session: Session, date: Occurrence, now: datetime
) -> None:
    with pytest.raises(BadOccurrence):
        occurrences.add(session, date.masterclass_id, entry(), now=now)


def test_the_list_counts_seats_and_who_came(
    session: Session, date: Occurrence, now: datetime
) -> None:
    factories.registration(session, occurrence=date, joined_at=now)
    factories.registration(session, occurrence=date)
    factories.registration(session, occurrence=date, cancelled_at=now)

    found = occurrences.listed(session)[0]

    assert (found.seats, found.joined, found.replayed) == (2, 1, 0)


def test_moving_a_date_says_beforehand_which_reminders_move_and_who_had_one(
    session: Session, masterclass: Masterclass, date: Occurrence, now: datetime
) -> None:
    sequence_id = masterclass.sequence_id
    day_before = factories.step(
        session,
        sequence_id=sequence_id,
        kind=Kind.SERVICE,
        timing="start - 24 hours",
    )
    factories.step(
        session, sequence_id=sequence_id, kind=Kind.SERVICE, timing="at once"
    )
    seat = factories.registration(session, occurrence=date)
    inside = factories.enrollment(session, registration=seat, sequence_id=sequence_id)
    factories.delivery(
        session,
        kind=Kind.SERVICE,
        enrollment_id=inside.id,
        step_id=day_before.id,
        occurrence_id=date.id,
        state=DeliveryState.SENT,
    )
    later = timedelta(days=7)

    [moved] = occurrences.reminders(
        session,
        date,
        entry(starts_at=date.starts_at + later, ends_at=date.ends_at + later),
        now=now,
    )
    [gone] = occurrences.reminders(session, date, None, now=now)

    before = date.starts_at - timedelta(hours=24)
    assert (moved.before, moved.after, moved.had) == (before, before + later, 1)
    assert (gone.before, gone.after, gone.had) == (before, None, 1)
