"""Her name, zone, consents and seat, as she wants them from now on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from funnel.domain.status import (
    MAILINGS,
    Kind,
    Purpose,
    Reason,
    Scope,
    SubscriberState,
)
from funnel.flow import enrollment, events
from funnel.flow.preferences import consent
from funnel.flow.preferences.consent import Wording
from funnel.models import (
    Delivery,
    Enrollment,
    EventKind,
    Registration,
    Subscriber,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """The preference form as she sent it."""

    first_name: str
    zone: str
    purposes: frozenset[Purpose]


def unsubscribe(
    session: Session,
    subscriber_id: int,
    *,
    now: datetime,
    wording: Wording,
    delivery_id: int | None = None,
) -> None:
    """Withdraw every consent and stop marketing at once; her seat stays."""
    subscriber = Subscriber.held_or_none(session, subscriber_id)
    if subscriber is None or subscriber.address is None:
        return
    consent.withdraw(session, subscriber, {Purpose.CLICKS}, wording, now)
    _leave_marketing(session, subscriber, wording, now, delivery_id)
    session.commit()


def change(
    session: Session,
    subscriber_id: int,
    wishes: Wishes,
    *,
    wordings: Mapping[Purpose, Wording],
    now: datetime,
) -> None:
    """Keep her name, zone and consents as the preference form says.

    `wordings`: what stood at the box of each purpose.
    """
    subscriber = Subscriber.held_or_none(session, subscriber_id)
    if subscriber is None or subscriber.address is None:
        return
    subscriber.first_name, subscriber.zone = wishes.first_name, wishes.zone
    for purpose, wording in wordings.items():
        decide = consent.grant if purpose in wishes.purposes else consent.withdraw
        decide(session, subscriber, {purpose}, wording, now)
    if wishes.purposes & MAILINGS:
        enrollment.come_back(session, subscriber_id, now=now)
    else:
        words = wordings[Purpose.SERIES]
        _leave_marketing(session, subscriber, words, now, None)
    enrollment.look_again(session, hers(subscriber_id), now=now)
    events.record(session, EventKind.PREFERENCES, at=now, subscriber_id=subscriber_id)
    session.commit()


def agree(
    session: Session,
    subscriber_id: int,
    purpose: Purpose,
    *,
    wording: Wording,
    now: datetime,
) -> None:
    """Keep one yes more, and leave everything else as it is."""
    subscriber = Subscriber.held_or_none(session, subscriber_id)
    if subscriber is None or subscriber.address is None:
        return
    consent.grant(session, subscriber, {purpose}, wording, now)
    if purpose in MAILINGS:
        enrollment.come_back(session, subscriber_id, now=now)
    enrollment.look_again(session, hers(subscriber_id), now=now)
    session.commit()


def cancel_seat(session: Session, registration_id: int, *, now: datetime) -> None:
    """Give the seat back: its mails stop, the mail series stays."""
    seat = Registration.held_or_none(session, registration_id)
    if seat is None or seat.cancelled_at is not None:
        return
    seat.cancelled_at = now
    hers = Delivery.subscriber_id == seat.subscriber_id
    of_it = Delivery.occurrence_id == seat.occurrence_id
    of_it &= Delivery.kind == Kind.SERVICE
    consent.stop(session, Reason.SEAT_CANCELLED, hers, of_it, now=now)
    enrollment.look_again(session, Enrollment.registration_id == seat.id, now=now)
    events.record(
        session,
        EventKind.PREFERENCES,
        at=now,
        subscriber_id=seat.subscriber_id,
        seat="cancelled",
    )
    session.commit()


def _leave_marketing(
    session: Session,
    subscriber: Subscriber,
    wording: Wording,
    now: datetime,
    delivery_id: int | None,
) -> None:
    assert subscriber.address is not None  # noqa: S101 - the callers have looked
    agreed = consent.in_force(session, subscriber.id) & MAILINGS
    if not agreed and consent.is_suppressed(
        session, subscriber.address, Scope.MARKETING
    ):
        return
    consent.withdraw(session, subscriber, agreed, wording, now)
    consent.suppress(session, subscriber.address, "unsubscribed", now)
    if subscriber.state is SubscriberState.ACTIVE:
        subscriber.state = SubscriberState.UNSUBSCRIBED
    consent.stop(
        session,
        Reason.UNSUBSCRIBED,
        Delivery.subscriber_id == subscriber.id,
        Delivery.kind == Kind.MARKETING,
        now=now,
    )
    enrollment.look_again(session, hers(subscriber.id), now=now)
    events.record(
        session,
        EventKind.UNSUBSCRIBED,
        at=now,
        subscriber_id=subscriber.id,
        delivery_id=delivery_id,
        place=wording.place,
    )


def hers(subscriber_id: int) -> ColumnElement[bool]:
    """Select the enrollments of one subscriber."""
    return Enrollment.subscriber_id == subscriber_id
