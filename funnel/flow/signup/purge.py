"""Who never confirmed is forgotten in time."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import Session

from funnel.domain import address as addresses
from funnel.domain.status import (
    DeliveryState,
    Reason,
    SubscriberState,
)
from funnel.flow.preferences import consent
from funnel.flow.preferences.personal_data import NAMELESS, NAMELESS_FORM
from funnel.flow.signup.confirm import hers
from funnel.flow.signup.form import CAPS_REACH
from funnel.models import (
    Consent,
    Delivery,
    Heartbeat,
    Signup,
    Subscriber,
)

BEAT = "upkeep"


def purge(session: Session, now: datetime) -> int:
    """Forget who did not confirm within seven days; return how many.

    The row stays, nameless and keyed by a hash, until no limit counts it.
    """
    expired = _unconfirmed(Signup.expires_at <= now)
    forgotten = list(session.scalars(expired.where(Subscriber.address.is_not(None))))
    for subscriber in forgotten:
        _forget(session, subscriber)
    session.flush()
    old = _unconfirmed(Signup.created_at <= now - CAPS_REACH).subquery()
    for row, of_them in ((Consent, Consent.subscriber_id), (Subscriber, Subscriber.id)):
        session.execute(delete(row).where(of_them.in_(select(old.c.id))))
    session.execute(Heartbeat.beat(BEAT))
    session.commit()
    return len(forgotten)


def _unconfirmed(past: ColumnElement[bool]) -> Any:
    """Select who never confirmed anything, all of whose sign-ups are past."""
    open_one = select(Signup.id).where(Signup.subscriber_id == Subscriber.id, ~past)
    any_one = select(Signup.id).where(Signup.subscriber_id == Subscriber.id)
    return select(Subscriber).where(
        Subscriber.confirmed_at.is_(None), any_one.exists(), ~open_one.exists()
    )


def _forget(session: Session, subscriber: Subscriber) -> None:
    subscriber.address_key = addresses.digest(subscriber.address_key or "")
    subscriber.address, subscriber.first_name = None, ""
    subscriber.state = SubscriberState.ERASED
    session.execute(
        update(Signup)
        .where(Signup.subscriber_id == subscriber.id)
        .values(NAMELESS_FORM)
    )
    session.execute(
        update(Delivery)
        .where(hers(subscriber.id), Delivery.state.in_(consent.STOPPABLE))
        .values(state=DeliveryState.SKIPPED, reason=Reason.NOT_CONFIRMED)
    )
    session.execute(update(Delivery).where(hers(subscriber.id)).values(NAMELESS))
