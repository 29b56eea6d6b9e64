"""Who leaves is out of the sequence with the reason, and all that stops is told."""

from collections.abc import Callable
from datetime import timedelta

import factories
import pytest
import sending
from factories import NOW, START
from sqlalchemy import select
from sqlalchemy.orm import Session
from visitors import form, stage
from walking import DAY, got, sequence, walk, walker

from funnel.config import Settings
from funnel.domain.status import (
    MAILINGS,
    DeliveryState,
    EnrollmentState,
    Kind,
    Purpose,
    Reason,
    Role,
)
from funnel.flow import due, enrollment, occurrences, preferences, signup
from funnel.flow.preferences import Wishes, Wording
from funnel.models import Enrollment, Event, EventKind, Subscriber

WORDS = Wording("De mailserie", "nl", "preferences")
LATER = NOW + timedelta(hours=1)
GONE = (EnrollmentState.EXITED, Reason.UNSUBSCRIBED)
REMINDER = {"kind": Kind.SERVICE, "timing": "start - 24 hours", "slug": "09-day"}


def leave(session: Session, way: Enrollment) -> None:
    preferences.unsubscribe(session, way.subscriber_id, now=NOW, wording=WORDS)


def come_back(session: Session, way: Enrollment) -> None:
    wishes = Wishes(first_name="", zone="Europe/Amsterdam", purposes=MAILINGS)
    wordings = dict.fromkeys(MAILINGS, WORDS)
    preferences.change(session, way.subscriber_id, wishes, wordings=wordings, now=LATER)


def told(session: Session, kind: EventKind) -> list[object]:
    return list(session.scalars(select(Event.data).where(Event.kind == kind)))


def test_who_unsubscribes_is_out_of_the_sequence_with_that_reason(
    session: Session,
) -> None:
    way = walker(session, sequence(session), days=1)

    leave(session, way)
    walk(session, NOW, NOW + 9 * DAY)

    assert (way.state, way.reason) == GONE
    assert got(session, way) == ["a"]
    assert told(session, EventKind.EXITED) == [{"reason": "unsubscribed"}]
    assert told(session, EventKind.COMPLETED) == []


def test_the_mails_of_her_seat_go_before_she_is_out(session: Session) -> None:
    course = sending.course(session, {"slug": "01-a"}, REMINDER)
    way = sending.enrolled(session, course)

    leave(session, way)
    walk(session, NOW, START - 2 * DAY)
    before = way.state
    walk(session, START - 2 * DAY, START)

    assert before is EnrollmentState.ACTIVE
    assert got(session, way) == ["day"]
    assert (way.state, way.reason) == GONE


def test_who_gets_service_mail_only_is_through_and_not_out(session: Session) -> None:
    way = sending.enrolled(session, sending.course(session, REMINDER))

    leave(session, way)
    walk(session, NOW, START)

    assert (way.state, way.reason) == (EnrollmentState.COMPLETED, Reason.FINISHED)


def test_who_comes_back_goes_on_where_she_left(session: Session) -> None:
    way = walker(session, sequence(session), days=2)
    leave(session, way)
    due.scan(session, now=NOW)
    session.refresh(way)
    assert (way.state, way.reason) == GONE

    come_back(session, way)
    walk(session, LATER, NOW + 9 * DAY)

    assert got(session, way) == ["a", "b", "c", "d"]
    assert (way.state, way.reason) == (EnrollmentState.COMPLETED, Reason.FINISHED)


def test_who_signs_up_anew_begins_a_new_run_and_the_old_one_stays_over(
    session: Session, settings: Settings
) -> None:
    on, later = stage(session), NOW + 2 * DAY
    on.sequence.doors = {"again": "once finished"}
    factories.step(session, sequence=on.sequence, slug="31-a")
    person = factories.subscriber(session)
    seat = factories.registration(session, subscriber=person, occurrence=on.tuesday)
    sending.agree(session, person)
    way = factories.enrollment(session, registration=seat, sequence=on.sequence)
    leave(session, way)
    walk(session, NOW, later)

    again = form(on, person.address or "", occurrence_id=on.sunday.id, series=True)
    sent = signup.submit(session, again, now=later, real=later, limits=settings)
    signup.confirm(session, sent, series=True, now=later)

    session.expire_all()
    runs = session.scalars(select(Enrollment).order_by(Enrollment.run)).all()
    assert [run.state for run in runs] == [
        EnrollmentState.EXITED,
        EnrollmentState.ACTIVE,
    ]


def give_seat_back(session: Session, way: Enrollment) -> None:
    preferences.cancel_seat(session, way.registration_id or 0, now=LATER)


def call_off(session: Session, way: Enrollment) -> None:
    date = way.registration and way.registration.occurrence
    assert date
    occurrences.cancel(session, date.id, now=LATER)


def unsubscribe(session: Session, way: Enrollment) -> None:
    preferences.unsubscribe(session, way.subscriber_id, now=LATER, wording=WORDS)


@pytest.mark.parametrize(
    ("act", "kind", "reason"),
    [
        (give_seat_back, Kind.SERVICE, Reason.SEAT_CANCELLED),
        (call_off, Kind.SERVICE, Reason.OCCURRENCE_CANCELLED),
        (unsubscribe, Kind.MARKETING, Reason.UNSUBSCRIBED),
    ],
)
def test_what_an_act_stops_is_on_her_timeline(
    session: Session,
    act: Callable[[Session, Enrollment], None],
    kind: Kind,
    reason: Reason,
) -> None:
    course = sending.course(session, {"slug": "01-a", "kind": kind})
    factories.step(session, sequence=course, role=Role.CANCELLED, kind=Kind.SERVICE)
    masterclass = factories.masterclass(session, sequence_id=course.id)
    date = factories.occurrence(session, masterclass=masterclass)
    seat = factories.registration(session, occurrence=date)
    way = sending.enrolled(session, course, registration=seat)
    mail = factories.delivery(
        session,
        kind=kind,
        subscriber_id=way.subscriber_id,
        enrollment_id=way.id,
        step_id=course.steps[0].id,
        occurrence_id=date.id if kind is Kind.SERVICE else None,
    )

    act(session, way)

    session.refresh(mail)
    assert (mail.state, mail.reason) == (DeliveryState.SKIPPED, reason)
    event = session.scalars(select(Event).where(Event.delivery_id == mail.id)).one()
    assert (event.kind, event.at) == (EventKind.SKIPPED, LATER)
    assert event.data == {"reason": reason.value}
    assert (event.subscriber_id, event.step_id) == (way.subscriber_id, mail.step_id)


def test_a_sign_up_from_another_zone_moves_the_mornings_of_all_her_sequences(
    session: Session, settings: Settings
) -> None:
    on = stage(session)
    other = sending.course(session, {"slug": "01-a"}, doors={"enter": "tag lead"})
    person = factories.subscriber(session)
    sending.agree(session, person, purpose=Purpose.SERIES)
    enrollment.start_by_tag(session, [person.id], "lead", now=NOW)
    due.scan(session, now=NOW)

    made = form(on, person.address or "", zone="Asia/Tokyo")
    sent = signup.submit(session, made, now=NOW, real=NOW, limits=settings)
    signup.confirm(session, sent, series=False, now=LATER)
    due.scan(session, now=LATER)

    assert session.get_one(Subscriber, person.id).zone == "Asia/Tokyo"
    hers = select(Enrollment.due_at).where(Enrollment.sequence_id == other.id)
    [at] = session.scalars(hers)
    assert at == NOW.replace(hour=23, minute=30)  # half past eight in Tokyo
