"""The fence: what became wrong on the way to it is not sent."""

from collections import Counter
from datetime import timedelta
from typing import Any

import factories
import pytest
import sink
from sending import agree, at, desk, fresh, later, mails
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from funnel.domain import address as addresses
from funnel.domain.status import (
    DeliveryState,
    Kind,
    Purpose,
    Reason,
    Role,
    Scope,
    SequenceState,
    SubscriberState,
)
from funnel.mail.smtp import Outcome
from funnel.models import (
    Delivery,
    Enrollment,
    Event,
    EventKind,
    Occurrence,
    Registration,
    Revision,
    Sequence,
    Signup,
    Step,
    Subscriber,
    Suppression,
)

NOW = factories.NOW
MARKETING, SERVICE = Kind.MARKETING, Kind.SERVICE


def told(session: Session, delivery_id: int) -> list[EventKind]:
    rows = select(Event.kind).where(Event.delivery_id == delivery_id)
    return list(session.scalars(rows.order_by(Event.id)))


def unsubscribes(session: Session, row: Delivery) -> None:
    person = session.get_one(Subscriber, row.subscriber_id)
    agree(session, person, granted=False)


def is_unsubscribed(session: Session, row: Delivery) -> None:
    session.get_one(Subscriber, row.subscriber_id).state = SubscriberState.UNSUBSCRIBED


def is_erased(session: Session, row: Delivery) -> None:
    session.get_one(Subscriber, row.subscriber_id).state = SubscriberState.ERASED


def complains(session: Session, row: Delivery) -> None:
    session.get_one(Subscriber, row.subscriber_id).state = SubscriberState.COMPLAINED


def bounces(session: Session, row: Delivery) -> None:
    session.get_one(Subscriber, row.subscriber_id).state = SubscriberState.BOUNCED


def is_suppressed(session: Session, row: Delivery) -> None:
    scope = Scope.MARKETING if row.kind is MARKETING else Scope.ALL
    digest = addresses.digest(row.address)
    session.add(Suppression(address_hash=digest, scope=scope, reason="x", at=NOW))


def seat(session: Session, row: Delivery) -> Registration:
    enrollment = session.get_one(Enrollment, row.enrollment_id)
    return session.get_one(Registration, enrollment.registration_id)


def gives_her_seat_back(session: Session, row: Delivery) -> None:
    seat(session, row).cancelled_at = NOW


def takes_another_date(session: Session, row: Delivery) -> None:
    other = factories.occurrence(session, masterclass=seat(session, row).masterclass)
    seat(session, row).occurrence_id = other.id


def date_is_cancelled(session: Session, row: Delivery) -> None:
    session.get_one(Occurrence, row.occurrence_id).cancelled_at = NOW


def step_is_switched_off(session: Session, row: Delivery) -> None:
    step = session.get_one(Step, row.step_id)
    step.revision = factories.revision(session, step, kind=row.kind, is_on=False)


def time_runs_out(session: Session, row: Delivery) -> None:
    del session
    row.not_after = NOW - timedelta(seconds=1)


FORBIDDEN = [
    (MARKETING, unsubscribes, Reason.NO_CONSENT),
    (MARKETING, is_unsubscribed, Reason.UNSUBSCRIBED),
    (MARKETING, is_suppressed, Reason.SUPPRESSED),
    (SERVICE, is_suppressed, Reason.SUPPRESSED),
    (SERVICE, is_erased, Reason.ERASED),
    (MARKETING, is_erased, Reason.ERASED),
    (SERVICE, complains, Reason.SUPPRESSED),
    (SERVICE, bounces, Reason.SUPPRESSED),
    (MARKETING, bounces, Reason.SUPPRESSED),
    (SERVICE, gives_her_seat_back, Reason.SEAT_CANCELLED),
    (SERVICE, takes_another_date, Reason.REPLACED),
    (SERVICE, date_is_cancelled, Reason.OCCURRENCE_CANCELLED),
    (SERVICE, step_is_switched_off, Reason.SWITCHED_OFF),
    (MARKETING, time_runs_out, Reason.TOO_LATE),
]
NAMES = [f"{kind}-{change.__name__}" for kind, change, _ in FORBIDDEN]


@pytest.mark.parametrize(("kind", "change", "reason"), FORBIDDEN, ids=NAMES)
def test_what_became_wrong_before_the_claim_is_skipped(
    commit_session: Session, database_url: str, kind: Kind, change: Any, reason: Reason
) -> None:
    [mail] = mails(commit_session, 1, kind)
    change(commit_session, commit_session.get_one(Delivery, mail))
    commit_session.commit()

    with sink.running() as relay, desk(database_url, relay.url) as mine:
        mine.drain(at())

    row = fresh(commit_session, mail)
    assert relay.kept == []
    assert (row.state, row.reason) == (DeliveryState.SKIPPED, reason)
    assert told(commit_session, mail) == [EventKind.SKIPPED]


@pytest.mark.parametrize(("kind", "change", "reason"), FORBIDDEN, ids=NAMES)
def test_what_becomes_wrong_between_claim_and_fence_is_skipped(
    commit_session: Session, database_url: str, kind: Kind, change: Any, reason: Reason
) -> None:
    [mail] = mails(commit_session, 1, kind)

    def script(turn: sink.Turn) -> str | None:
        if turn.phase == "data":
            change(commit_session, commit_session.get_one(Delivery, mail))
            commit_session.commit()
        return None

    with sink.running(script) as relay, desk(database_url, relay.url) as mine:
        done = mine.drain(at())
        mine.drain(later(hours=1))

    row = fresh(commit_session, mail)
    assert done.ends == {Outcome.FENCED: 1}
    assert relay.kept == []
    assert (row.state, row.reason) == (DeliveryState.SKIPPED, reason)
    assert told(commit_session, mail) == [EventKind.SKIPPED]


@pytest.mark.parametrize("change", [is_unsubscribed, unsubscribes])
def test_service_mail_still_goes_to_who_left_the_series(
    commit_session: Session, database_url: str, change: Any
) -> None:
    [mail] = mails(commit_session, 1, SERVICE)
    change(commit_session, commit_session.get_one(Delivery, mail))
    commit_session.commit()

    with sink.running() as relay, desk(database_url, relay.url) as mine:
        mine.drain(at())

    assert len(relay.kept) == 1


def test_a_pause_between_claim_and_fence_puts_the_mail_back(
    commit_session: Session, database_url: str
) -> None:
    [mail] = mails(commit_session, 1)

    def pause(state: SequenceState) -> None:
        commit_session.scalars(select(Sequence)).one().state = state
        commit_session.commit()

    def script(turn: sink.Turn) -> str | None:
        if turn.phase == "data":
            pause(SequenceState.PAUSED)
        return None

    with sink.running(script) as relay, desk(database_url, relay.url) as mine:
        mine.drain(at())
        held = fresh(commit_session, mail)
        relay.script = sink.usual
        mine.drain(later(minutes=1))
        paused = list(relay.kept)
        pause(SequenceState.LIVE)
        mine.drain(later(minutes=2))

    assert (held.state, held.reason) == (DeliveryState.SCHEDULED, None)
    assert paused == []
    assert len(relay.kept) == 1


def test_a_confirmation_is_not_asked_for_twice_once_given(
    commit_session: Session, database_url: str
) -> None:
    [mail] = mails(commit_session, 1, SERVICE)
    row = commit_session.get_one(Delivery, mail)
    commit_session.get_one(Step, row.step_id).role = Role.CONFIRMATION_AGAIN
    signup = Signup(
        nonce="n",
        subscriber_id=row.subscriber_id,
        masterclass_id=seat(commit_session, row).masterclass_id,
        wording="",
        wording_version="",
        page="/",
        network="",
        received_at=NOW,
        created_at=NOW,
        expires_at=NOW + timedelta(days=7),
        confirmed_at=NOW,
    )
    commit_session.add(signup)
    commit_session.flush()
    row.signup_id, row.enrollment_id = signup.id, None
    commit_session.commit()

    with sink.running() as relay, desk(database_url, relay.url) as mine:
        mine.drain(at())

    assert relay.kept == []
    assert fresh(commit_session, mail).reason is Reason.CONFIRMED


def test_a_worker_that_slept_past_its_lease_does_not_send(
    commit_session: Session, database_url: str
) -> None:
    [mail] = mails(commit_session, 1)
    others = Counter[str]()

    def script(turn: sink.Turn) -> str | None:
        if turn.phase == "data" and not others["took"]:
            others["took"] += 1
            commit_session.execute(
                text("UPDATE delivery SET attempt = attempt + 1, worker = 'other'")
            )
            commit_session.commit()
        return None

    with sink.running(script) as relay, desk(database_url, relay.url) as mine:
        mine.drain(at())

    assert relay.kept == []
    row = fresh(commit_session, mail)
    assert (row.state, row.worker) == (DeliveryState.CLAIMED, "other")


def test_a_lease_that_is_over_forbids_the_dot_even_if_nobody_took_the_row(
    commit_session: Session, database_url: str
) -> None:
    mails(commit_session, 1)

    def script(turn: sink.Turn) -> str | None:
        if turn.phase == "data":
            commit_session.execute(text("UPDATE delivery SET lease_until = now()"))
            commit_session.commit()
        return None

    with sink.running(script) as relay, desk(database_url, relay.url) as mine:
        mine.drain(at())

    assert relay.kept == []


def test_consent_for_one_purpose_sends_nothing_of_another(
    commit_session: Session, database_url: str
) -> None:
    [mail] = mails(commit_session, 1)
    commit_session.scalars(select(Revision)).one().purpose = Purpose.OFFERS
    commit_session.commit()

    with sink.running() as relay, desk(database_url, relay.url) as mine:
        mine.drain(at())

    assert relay.kept == []
    assert fresh(commit_session, mail).reason is Reason.NO_CONSENT


def test_a_whole_batch_of_people_who_left_does_not_end_the_drain(
    commit_session: Session, database_url: str
) -> None:
    ids = mails(commit_session, 30)
    for mail in ids[:29]:
        is_unsubscribed(commit_session, commit_session.get_one(Delivery, mail))
    commit_session.commit()

    with sink.running() as relay, desk(database_url, relay.url) as mine:
        mine.drain(at())

    assert relay.recipients == [fresh(commit_session, ids[29]).address]
