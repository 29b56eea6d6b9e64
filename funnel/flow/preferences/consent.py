"""Proof of every yes and no, and the addresses that marketing must leave alone."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from funnel.domain import address as addresses
from funnel.domain.status import (
    MAILINGS,
    DeliveryState,
    Purpose,
    Reason,
    Scope,
    Stage,
    SubscriberState,
)
from funnel.flow import counts, events
from funnel.flow.delivery import settle, verdict
from funnel.models import (
    Consent,
    Delivery,
    Event,
    EventKind,
    Signup,
    Subscriber,
    Suppression,
)


@dataclass(frozen=True, slots=True)
class Wording:
    """What she read when she said yes or no, and where."""

    text: str
    language: str
    place: str
    network: str = ""
    edition: str = ""  # as the marketer names it

    @property
    def version(self) -> str:
        """Return the edition and a short hash: other words are another version."""
        digest = hashlib.sha256(self.text.encode()).hexdigest()[:8]
        return f"{self.edition}-{digest}".lstrip("-")


def in_force(session: Session, subscriber_id: int) -> frozenset[Purpose]:
    """Return the purposes whose last word was yes."""
    hers = Consent.in_force(Consent.subscriber_id == subscriber_id)
    return frozenset(purpose for _, purpose in session.execute(hers))


def grant(
    session: Session,
    subscriber: Subscriber,
    purposes: Iterable[Purpose],
    wording: Wording,
    now: datetime,
    signup_id: int | None = None,
) -> None:
    """Add proof of a yes for what was not agreed yet.

    A yes to mails lifts the suppression.
    """
    new = set(purposes) - in_force(session, subscriber.id)
    for purpose in sorted(new):
        session.add(_consent(subscriber, purpose, wording, now, signup_id))
    if not new or subscriber.address is None:
        return
    if new & MAILINGS:
        _welcome_back(session, subscriber, subscriber.address, now)
    if Purpose.CLICKS in new:
        counts.reached(session, Stage.AGREED, subscriber.id)
    events.record(
        session,
        EventKind.CONSENTED,
        at=now,
        subscriber_id=subscriber.id,
        purposes=sorted(new),
        place=wording.place,
    )


def _welcome_back(
    session: Session, subscriber: Subscriber, address: str, now: datetime
) -> None:
    if subscriber.state is SubscriberState.UNSUBSCRIBED:
        subscriber.state = SubscriberState.ACTIVE
    session.execute(
        update(Suppression)
        .where(*_suppression(address, Scope.MARKETING))
        .values(lifted_at=now)
    )


def withdraw(
    session: Session,
    subscriber: Subscriber,
    purposes: Iterable[Purpose],
    wording: Wording,
    now: datetime,
) -> None:
    """Add proof of a no for what was agreed before.

    A no to being seen clicking forgets what was seen: the counts stay.
    """
    withdrawn = set(purposes) & in_force(session, subscriber.id)
    for purpose in sorted(withdrawn):
        consent = _consent(subscriber, purpose, wording, now, None)
        consent.granted = False
        session.add(consent)
    session.flush()
    if Purpose.CLICKS in withdrawn:
        _forget_clicks(session, subscriber.id)


def _forget_clicks(session: Session, subscriber_id: int) -> None:
    session.execute(
        delete(Event).where(
            Event.subscriber_id == subscriber_id, Event.kind == EventKind.CLICKED
        )
    )
    session.execute(
        update(Signup)
        .where(Signup.subscriber_id == subscriber_id)
        .values(reached=Signup.reached.op("-")(Stage.CLICKED.value)),
        execution_options={"synchronize_session": False},
    )


def suppress(session: Session, address: str, reason: str, now: datetime) -> None:
    """Keep marketing away from an address until its owner says yes anew."""
    row = insert(Suppression).values(
        address_hash=addresses.digest(address),
        scope=Scope.MARKETING,
        reason=reason,
        at=now,
    )
    again = {"reason": reason, "at": now, "lifted_at": None}
    session.execute(
        row.on_conflict_do_update(index_elements=["address_hash", "scope"], set_=again)
    )


def is_suppressed(session: Session, address: str, scope: Scope) -> bool:
    """Say whether this address gets no more mail of that scope."""
    found = select(Suppression.id).where(*_suppression(address, scope))
    return session.scalar(found) is not None


STOPPABLE = (DeliveryState.SCHEDULED, DeliveryState.CLAIMED)
"""A delivery in one of these is ours to stop; the fence sees to it that it counts."""


def stop(
    session: Session, reason: Reason, *where: ColumnElement[bool], now: datetime
) -> None:
    """Skip these deliveries, as far as they have not left yet, and tell of each."""
    change = (
        update(Delivery)
        .where(Delivery.state.in_(STOPPABLE), *where)
        .values(state=DeliveryState.SKIPPED, reason=reason, settled_at=func.now())
        .returning(Delivery.reason)
    )
    told = settle.tell(change, verdict.skipped, verdict.because)
    session.execute(told, {"now": now})


def _suppression(address: str, scope: Scope) -> tuple[ColumnElement[bool], ...]:
    return (
        Suppression.address_hash == addresses.digest(address),
        Suppression.scope == scope,
        Suppression.lifted_at.is_(None),
    )


def _consent(
    subscriber: Subscriber,
    purpose: Purpose,
    wording: Wording,
    now: datetime,
    signup_id: int | None,
) -> Consent:
    return Consent(
        subscriber_id=subscriber.id,
        signup_id=signup_id,
        purpose=purpose,
        granted=True,
        wording=wording.text,
        wording_version=wording.version,
        language=wording.language,
        place=wording.place,
        network=wording.network,
        at=now,
    )
