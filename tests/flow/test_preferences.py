"""Leaving at once, giving a seat back, changing one's mind, being forgotten."""

import json

import factories
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from visitors import Stage, mails, stage

from funnel.domain import address as addresses
from funnel.domain.status import (
    MAILINGS,
    DeliveryState,
    EnrollmentState,
    Kind,
    Purpose,
    Reason,
    Role,
    Scope,
    SubscriberState,
)
from funnel.flow import enrollment, preferences
from funnel.flow.preferences import Wishes, Wording, consent
from funnel.models import (
    Consent,
    Delivery,
    Enrollment,
    Event,
    EventKind,
    Registration,
    Subscriber,
    Suppression,
)

NOW = factories.NOW
LEAVING = Wording("Stop de mailserie", "nl", "unsubscribe (one-click)")
YES = Wording("Stuur me de mailserie", "nl", "form")
WORDS = {
    Purpose.SERIES: Wording("De mailserie", "nl", "preferences"),
    Purpose.OFFERS: Wording("De aanbiedingen", "nl", "preferences"),
}


class Reader:
    """Somebody with a seat, both consents and an enrollment that waits."""

    def __init__(self, session: Session) -> None:
        self.stage: Stage = stage(session)
        self.row: Subscriber = factories.subscriber(session)
        self.seat: Registration = factories.registration(
            session, subscriber=self.row, occurrence=self.stage.tuesday
        )
        self.way: Enrollment = factories.enrollment(
            session,
            subscriber=self.row,
            registration=self.seat,
            sequence=self.stage.sequence,
            due_at=None,
        )
        consent.grant(session, self.row, MAILINGS, YES, NOW)
        session.flush()

    def mail(self, session: Session, kind: Kind, state: DeliveryState) -> Delivery:
        step = factories.step(session, sequence=self.stage.sequence, kind=kind)
        return factories.delivery(
            session,
            kind=kind,
            state=state,
            subscriber_id=self.row.id,
            enrollment_id=self.way.id,
            step_id=step.id,
            occurrence_id=self.stage.tuesday.id if kind is Kind.SERVICE else None,
            address=self.row.address,
        )


@pytest.fixture
def reader(session: Session) -> Reader:
    return Reader(session)


def states(session: Session, *rows: Delivery) -> list[DeliveryState]:
    for row in rows:
        session.refresh(row)
    return [row.state for row in rows]


def test_leaving_stops_marketing_at_once_and_keeps_the_seat(
    session: Session, reader: Reader
) -> None:
    waiting = reader.mail(session, Kind.MARKETING, DeliveryState.SCHEDULED)
    taken = reader.mail(session, Kind.MARKETING, DeliveryState.CLAIMED)
    on_its_way = reader.mail(session, Kind.MARKETING, DeliveryState.HANDED)
    reminder = reader.mail(session, Kind.SERVICE, DeliveryState.SCHEDULED)

    preferences.unsubscribe(session, reader.row.id, now=NOW, wording=LEAVING)

    assert states(session, waiting, taken, on_its_way, reminder) == [
        DeliveryState.SKIPPED,
        DeliveryState.SKIPPED,
        DeliveryState.HANDED,
        DeliveryState.SCHEDULED,
    ]
    assert waiting.reason is Reason.UNSUBSCRIBED
    assert preferences.in_force(session, reader.row.id) == frozenset()
    assert reader.row.state is SubscriberState.UNSUBSCRIBED
    session.refresh(reader.way)
    assert (reader.way.state, reader.way.due_at) == (EnrollmentState.ACTIVE, NOW)
    assert reader.seat.cancelled_at is None


def test_leaving_keeps_the_proof_and_an_unreadable_mark(
    session: Session, reader: Reader
) -> None:
    preferences.unsubscribe(
        session, reader.row.id, now=NOW, wording=LEAVING, delivery_id=17
    )

    said = select(Consent.granted, Consent.place).order_by(Consent.id)
    words = session.execute(said).all()
    mark = session.scalars(select(Suppression)).one()
    left = session.scalars(
        select(Event).where(Event.kind == EventKind.UNSUBSCRIBED)
    ).one()
    assert [tuple(word) for word in words] == [
        (True, "form"),
        (True, "form"),
        (False, LEAVING.place),
        (False, LEAVING.place),
    ]
    assert mark.scope is Scope.MARKETING
    assert mark.address_hash == addresses.digest(reader.row.address or "")
    assert left.delivery_id == 17


def test_leaving_five_times_is_leaving_once(session: Session, reader: Reader) -> None:
    for _ in range(5):
        preferences.unsubscribe(session, reader.row.id, now=NOW, wording=LEAVING)

    events = select(func.count()).where(Event.kind == EventKind.UNSUBSCRIBED)
    assert session.scalar(select(func.count()).select_from(Consent)) == 4
    assert session.scalar(select(func.count()).select_from(Suppression)) == 1
    assert session.scalar(events.select_from(Event)) == 1


def test_a_changed_mind_is_new_proof_and_planned_again(
    session: Session, reader: Reader
) -> None:
    wishes = Wishes(
        first_name="Roos",
        zone="America/New_York",
        purposes=frozenset({Purpose.SERIES}),
    )

    preferences.change(session, reader.row.id, wishes, wordings=WORDS, now=NOW)

    last = session.scalars(select(Consent).order_by(Consent.id)).all()[-1]
    session.refresh(reader.way)
    assert preferences.in_force(session, reader.row.id) == {Purpose.SERIES}
    assert (last.purpose, last.granted) == (Purpose.OFFERS, False)
    assert last.wording == "De aanbiedingen"
    assert (reader.row.first_name, reader.row.zone) == ("Roos", "America/New_York")
    assert reader.way.due_at == NOW
    assert session.scalars(select(Suppression)).all() == []


def test_wanting_nothing_is_leaving_and_wanting_it_again_lifts_that(
    session: Session, reader: Reader
) -> None:
    nothing = Wishes(first_name="", zone="Europe/Amsterdam", purposes=frozenset())
    both = Wishes(first_name="", zone="Europe/Amsterdam", purposes=MAILINGS)

    preferences.change(session, reader.row.id, nothing, wordings=WORDS, now=NOW)
    assert consent.is_suppressed(session, reader.row.address or "", Scope.MARKETING)
    preferences.change(session, reader.row.id, both, wordings=WORDS, now=NOW)

    assert not consent.is_suppressed(session, reader.row.address or "", Scope.MARKETING)
    assert preferences.in_force(session, reader.row.id) == MAILINGS
    assert reader.row.state is SubscriberState.ACTIVE
    given = select(Consent).where(Consent.place == "preferences", Consent.granted)
    proof = {row.purpose: row.wording for row in session.scalars(given)}
    assert proof == {purpose: words.text for purpose, words in WORDS.items()}


def test_a_seat_given_back_stops_its_mails_and_not_the_series(
    session: Session, reader: Reader
) -> None:
    reminder = reader.mail(session, Kind.SERVICE, DeliveryState.SCHEDULED)
    series = reader.mail(session, Kind.MARKETING, DeliveryState.SCHEDULED)

    preferences.cancel_seat(session, reader.seat.id, now=NOW)
    preferences.cancel_seat(session, reader.seat.id, now=factories.START)

    assert states(session, reminder, series) == [
        DeliveryState.SKIPPED,
        DeliveryState.SCHEDULED,
    ]
    assert reminder.reason is Reason.SEAT_CANCELLED
    assert reader.seat.cancelled_at == NOW
    session.refresh(reader.way)
    assert reader.way.due_at == NOW


def test_a_link_to_her_data_is_mailed_once_in_ten_minutes(
    session: Session, reader: Reader
) -> None:
    first = preferences.request_data(session, reader.row.id, now=NOW)
    second = preferences.request_data(session, reader.row.id, now=NOW)

    assert (first, second) == (True, False)
    assert len(mails(session, Role.PERSONAL_DATA)) == 1


def test_everything_kept_about_her_can_be_taken_along(
    session: Session, reader: Reader
) -> None:
    reader.mail(session, Kind.SERVICE, DeliveryState.SENT)

    data = json.loads(json.dumps(preferences.export(session, reader.row.id)))

    assert data["subscriber"]["address"] == reader.row.address
    assert {row["purpose"] for row in data["consent"]} == {"series", "offers"}
    assert len(data["registration"]) == len(data["delivery"]) == 1


def test_erasing_leaves_no_trace_of_the_person(
    session: Session, reader: Reader
) -> None:
    address = reader.row.address or ""
    sent = reader.mail(session, Kind.MARKETING, DeliveryState.SENT)
    waiting = reader.mail(session, Kind.SERVICE, DeliveryState.SCHEDULED)
    sent.values = {"first_name": "Sanne"}
    sent.reply = f"250 2.1.5 <{address}> queued"
    session.flush()

    assert preferences.erase(session, reader.row.id, now=NOW)

    session.expire_all()
    kept = json.dumps(preferences.export(session, reader.row.id))
    assert address not in kept
    assert "Sanne" not in kept
    assert reader.row.state is SubscriberState.ERASED
    assert (waiting.state, waiting.reason) == (DeliveryState.SKIPPED, Reason.ERASED)
    assert sent.state is DeliveryState.SENT
    assert (reader.way.state, reader.way.due_at) == (EnrollmentState.EXITED, None)
    assert reader.seat.cancelled_at == NOW
    assert consent.is_suppressed(session, address, Scope.MARKETING)
    assert len(session.scalars(select(Consent)).all()) == 4


def test_nothing_happens_to_who_has_been_erased(
    session: Session, reader: Reader
) -> None:
    preferences.erase(session, reader.row.id, now=NOW)
    before = len(session.scalars(select(Event)).all())

    preferences.unsubscribe(session, reader.row.id, now=NOW, wording=LEAVING)

    assert not preferences.erase(session, reader.row.id, now=NOW)
    assert not preferences.request_data(session, reader.row.id, now=NOW)
    assert len(session.scalars(select(Event)).all()) == before


def test_joining_is_written_down_once_and_planned_again(
    session: Session, reader: Reader
) -> None:
    enrollment.join(session, reader.seat, now=factories.START)
    enrollment.join(session, reader.seat, now=factories.START.replace(minute=30))

    came = session.scalars(select(Event).where(Event.kind == EventKind.ATTENDED)).all()
    session.refresh(reader.way)
    assert reader.seat.joined_at == factories.START
    assert reader.way.due_at == factories.START
    assert len(came) == 1
