"""The scan: what is due becomes deliveries, each once, and nobody blocks anybody."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import factories
import pytest
from sending import agree, course, enrolled
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from funnel.domain import address as addresses
from funnel.domain.status import (
    DeliveryState,
    EnrollmentState,
    Kind,
    Purpose,
    Reason,
    Role,
    Scope,
    SequenceState,
    SubscriberState,
)
from funnel.flow import due
from funnel.models import (
    Delivery,
    Enrollment,
    Event,
    EventKind,
    Heartbeat,
    Signup,
    Subscriber,
    Suppression,
)

NOW = factories.NOW  # a Monday, 10:00 in Amsterdam
AT_ONCE = {"kind": Kind.SERVICE, "timing": "at once"}
TOMORROW = {"kind": Kind.MARKETING, "timing": "1 day at 08:30"}
TUESDAY = datetime(2026, 11, 24, 7, 30, tzinfo=UTC)


def deliveries(session: Session, enrollment: Enrollment) -> list[Delivery]:
    rows = select(Delivery).where(Delivery.enrollment_id == enrollment.id)
    session.expire_all()
    return list(session.scalars(rows.order_by(Delivery.planned_at, Delivery.id)))


def test_what_is_due_becomes_a_delivery_and_the_next_moment_is_set(
    session: Session,
) -> None:
    sequence = course(session, AT_ONCE, TOMORROW)
    enrollment = enrolled(session, sequence)

    done = due.scan(session, now=NOW)

    assert (done.enrollments, done.deliveries) == (1, 1)
    [delivery] = deliveries(session, enrollment)
    assert delivery.state is DeliveryState.SCHEDULED
    assert (delivery.planned_at, delivery.due_at) == (NOW, NOW)
    assert delivery.priority == 0
    assert enrollment.registration is not None
    assert delivery.occurrence_id == enrollment.registration.occurrence_id
    assert enrollment.due_at == TUESDAY
    assert enrollment.next_step_id == sequence.steps[1].id


def test_a_scan_with_nothing_due_writes_nothing_but_its_heartbeat(
    session: Session,
) -> None:
    enrolled(session, course(session, TOMORROW), due_at=TUESDAY)

    done = due.scan(session, now=NOW, worker="me")

    assert done.enrollments == 0
    assert session.scalar(select(func.count(Delivery.id))) == 0
    assert session.get_one(Heartbeat, "scan").worker == "me"


def test_a_marketing_mail_without_consent_is_skipped_and_told(session: Session) -> None:
    enrollment = factories.enrollment(session, sequence=course(session, TOMORROW))
    agree(session, enrollment.subscriber)
    agree(session, enrollment.subscriber, granted=False)  # the last word counts

    due.scan(session, now=NOW)
    done = due.scan(session, now=TUESDAY)

    [delivery] = deliveries(session, enrollment)
    assert delivery.state is DeliveryState.SKIPPED
    assert delivery.reason is Reason.NO_CONSENT
    assert done.deliveries == 0  # no sender is woken for it
    told = session.scalars(select(Event).where(Event.kind == EventKind.SKIPPED)).one()
    assert told.delivery_id == delivery.id
    assert told.data == {"reason": "no-consent"}


@pytest.mark.parametrize("what", ["state", "suppression"])
def test_who_left_is_skipped_with_the_reason_that_explains_it(
    session: Session, what: str
) -> None:
    enrollment = enrolled(session, course(session, TOMORROW))
    person = session.get_one(Subscriber, enrollment.subscriber_id)
    if what == "state":
        person.state = SubscriberState.UNSUBSCRIBED
    else:
        digest = addresses.digest(person.address or "")
        session.add(
            Suppression(
                address_hash=digest, scope=Scope.MARKETING, reason="left", at=NOW
            )
        )
    session.flush()

    due.scan(session, now=TUESDAY)

    [delivery] = deliveries(session, enrollment)
    wanted = Reason.UNSUBSCRIBED if what == "state" else Reason.SUPPRESSED
    assert (delivery.state, delivery.reason) == (DeliveryState.SKIPPED, wanted)


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (SubscriberState.ERASED, Reason.ERASED),
        (SubscriberState.BOUNCED, Reason.SUPPRESSED),
        (SubscriberState.COMPLAINED, Reason.SUPPRESSED),
    ],
)
def test_who_cannot_be_written_to_leaves_the_sequence(
    session: Session, state: SubscriberState, reason: Reason
) -> None:
    enrollment = enrolled(session, course(session, AT_ONCE))
    enrollment.subscriber.state = state
    session.flush()

    due.scan(session, now=NOW)

    assert deliveries(session, enrollment) == []
    assert enrollment.state is EnrollmentState.EXITED
    assert (enrollment.reason, enrollment.due_at) == (reason, None)


def test_the_next_flowing_mail_waits_for_the_one_above_it(session: Session) -> None:
    sequence = course(session, TOMORROW, TOMORROW)
    enrollment = enrolled(session, sequence)
    due.scan(session, now=TUESDAY)
    [first] = deliveries(session, enrollment)
    wednesday = TUESDAY + timedelta(days=1)

    due.scan(session, now=wednesday)  # the first one is still under way

    assert len(deliveries(session, enrollment)) == 1
    assert enrollment.due_at is not None
    assert enrollment.due_at <= wednesday + timedelta(minutes=1)
    first.state = DeliveryState.SENT
    session.flush()
    due.scan(session, now=wednesday + timedelta(minutes=1))
    assert [row.planned_at for row in deliveries(session, enrollment)] == [
        TUESDAY,
        wednesday,
    ]


def test_a_pinned_mail_does_not_wait_for_a_flowing_one(session: Session) -> None:
    reminder = {"kind": Kind.SERVICE, "timing": "start - 144 hours"}
    enrollment = enrolled(session, course(session, TOMORROW, reminder))
    due.scan(session, now=TUESDAY)

    due.scan(session, now=factories.START - timedelta(hours=144))

    states = {row.kind: row.state for row in deliveries(session, enrollment)}
    assert states[Kind.SERVICE] is DeliveryState.SCHEDULED


def test_a_reminder_whose_moment_passed_long_ago_is_skipped(session: Session) -> None:
    reminder = {"kind": Kind.SERVICE, "timing": "start - 15 minutes"}
    enrollment = enrolled(session, course(session, reminder))

    due.scan(session, now=factories.START)

    [delivery] = deliveries(session, enrollment)
    assert delivery.reason is Reason.TOO_LATE


def test_the_end_of_the_list_completes_the_enrollment(session: Session) -> None:
    enrollment = enrolled(session, course(session, AT_ONCE))

    due.scan(session, now=NOW)

    session.refresh(enrollment)
    assert enrollment.state is EnrollmentState.COMPLETED
    assert (enrollment.reason, enrollment.due_at) == (Reason.FINISHED, None)


@pytest.mark.parametrize("state", [SequenceState.PAUSED, SequenceState.DRAFT])
def test_a_sequence_that_stands_still_is_left_alone(
    session: Session, state: SequenceState
) -> None:
    enrollment = enrolled(session, course(session, AT_ONCE, state=state))

    done = due.scan(session, now=NOW)

    assert done.enrollments == 0
    assert enrollment.due_at == NOW


def test_a_new_date_brings_its_own_service_mails_and_no_second_marketing(
    session: Session,
) -> None:
    enrollment = enrolled(session, course(session, AT_ONCE, TOMORROW))
    due.scan(session, now=NOW)
    due.scan(session, now=TUESDAY)
    seat = enrollment.registration
    assert seat is not None
    seat.occurrence = factories.occurrence(
        session, masterclass=seat.masterclass, starts_at=factories.START
    )
    enrollment.state, enrollment.due_at = EnrollmentState.ACTIVE, TUESDAY
    session.flush()

    due.scan(session, now=TUESDAY)

    kinds = Counter(row.kind for row in deliveries(session, enrollment))
    assert kinds == {Kind.SERVICE: 2, Kind.MARKETING: 1}


def test_a_mail_is_called_for_by_its_role(session: Session, now: datetime) -> None:
    sequence = course(session, {**AT_ONCE, "role": Role.CONFIRMATION})
    person = factories.subscriber(session)
    date = factories.occurrence(session)
    signup = Signup(
        nonce="n",
        subscriber_id=person.id,
        masterclass_id=date.masterclass_id,
        occurrence_id=date.id,
        wording="",
        wording_version="",
        page="/",
        network="",
        received_at=now,
        created_at=now,
        expires_at=now + timedelta(days=7),
    )
    session.add(signup)
    session.flush()

    delivery = due.call(
        session,
        role=Role.CONFIRMATION,
        sequence_id=sequence.id,
        subscriber=person,
        now=now,
        signup=signup,
    )

    assert delivery.step_id == sequence.steps[0].id
    assert delivery.kind is Kind.SERVICE
    assert (delivery.occurrence_id, delivery.signup_id) == (date.id, signup.id)
    assert (delivery.due_at, delivery.not_after) == (now, signup.expires_at)


def test_a_mail_that_the_sequence_does_not_have_is_an_error(session: Session) -> None:
    sequence = course(session, AT_ONCE)

    with pytest.raises(due.NoSuchMail):
        due.call(
            session,
            role=Role.MOVED,
            sequence_id=sequence.id,
            subscriber=factories.subscriber(session),
            now=NOW,
        )


def test_consent_for_the_series_is_none_for_offers(session: Session) -> None:
    offer = {**TOMORROW, "purpose": Purpose.OFFERS}
    enrollment = enrolled(session, course(session, offer))

    due.scan(session, now=TUESDAY)

    [delivery] = deliveries(session, enrollment)
    assert delivery.reason is Reason.NO_CONSENT


def test_a_mail_held_for_the_old_date_takes_its_next_slot_when_the_date_moves(
    commit_session: Session,
) -> None:
    session = commit_session
    rules = {"hour": "08:30", "hold": {"before": "48 hours", "after": "96 hours"}}
    sequence = course(session, TOMORROW, rules=rules)
    date = factories.occurrence(session, starts_at=NOW + timedelta(days=2))
    seat = factories.registration(session, occurrence=date)
    enrollment = enrolled(session, sequence, registration=seat)
    session.commit()
    due.scan(session, now=NOW)
    moved_at = NOW + timedelta(days=3)

    date.starts_at, date.ends_at = NOW + timedelta(days=60), NOW + timedelta(days=61)
    date.moved_at = enrollment.due_at = moved_at
    session.commit()
    due.scan(session, now=moved_at)

    assert deliveries(session, enrollment) == []
    assert enrollment.due_at == TUESDAY + timedelta(days=3)  # Friday, half past eight
