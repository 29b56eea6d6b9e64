"""What there is no reason to keep any longer is forgotten, as the privacy page says."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, delete, func, or_, select, update
from sqlalchemy.orm import Session

from funnel.domain.status import MAILINGS, SubscriberState
from funnel.flow.preferences.personal_data import erase
from funnel.models import (
    Consent,
    Event,
    EventKind,
    Occurrence,
    Registration,
    Signup,
    Subscriber,
)
from funnel.models.base import held

TRACES = timedelta(days=30)
"""How long it is known from which network, and with what, a form was sent."""

SEAT = timedelta(days=90)
"""How long somebody without the mail series is kept, once her masterclass is over."""

SILENCE = timedelta(days=730)
"""How long somebody is kept of whom nothing is seen or heard."""

PROOF = timedelta(days=5 * 365)
"""How long the proof of consent outlives the person."""

SIGNS = (
    EventKind.SIGNED_UP,
    EventKind.CONFIRMED,
    EventKind.CONSENTED,
    EventKind.ATTENDED,
    EventKind.REPLAYED,
    EventKind.CLICKED,
    EventKind.PREFERENCES,
    EventKind.PURCHASED,
)
"""What a person does herself."""


def forget_old(session: Session, *, now: datetime) -> int:
    """Forget what has outlived its reason; return how many people that concerned.

    Commits for each of them; who did not confirm is `signup.purge`'s.
    """
    _blur(session, now)
    ids = session.scalars(_outlived(now)).all()
    erased = [one for one in ids if _erase_if_still(session, one, now)]
    session.execute(delete(Consent).where(Consent.subscriber_id.in_(_unneeded(now))))
    session.commit()
    return len(erased)


def _blur(session: Session, now: datetime) -> None:
    session.execute(
        update(Signup)
        .where(
            Signup.created_at <= now - TRACES,
            or_(Signup.network != "", Signup.user_agent != ""),
        )
        .values(network="", user_agent="")
    )
    session.commit()


def _erase_if_still(session: Session, subscriber_id: int, now: datetime) -> bool:
    """Ask once more under a lock: she may have come back a moment ago."""
    her = _outlived(now).where(Subscriber.id == subscriber_id)
    if session.scalar(held(her)) is None:
        return False
    return erase(session, subscriber_id, now=now, is_asked=False)


def _outlived(now: datetime) -> Select[int]:
    """Select who confirmed once and has nothing with us any more, or is silent."""
    mailings = Consent.purpose.in_(MAILINGS)
    agreed = select(Consent.in_force(mailings).subquery().c.subscriber_id)
    return select(Subscriber.id).where(
        Subscriber.address.is_not(None),
        Subscriber.confirmed_at.is_not(None),
        or_(
            _is_silent_since(now - SILENCE),
            Subscriber.id.not_in(agreed) & _has_no_seat_since(now - SEAT),
        ),
    )


def _is_silent_since(moment: datetime) -> ColumnElement[bool]:
    sign = select(Event.id).where(
        Event.subscriber_id == Subscriber.id, Event.at > moment, Event.kind.in_(SIGNS)
    )
    return (Subscriber.created_at <= moment) & ~sign.exists()


def _has_no_seat_since(moment: datetime) -> ColumnElement[bool]:
    """Say that every seat was given back, or its masterclass was over, by then."""
    over = func.greatest(Occurrence.ends_at, Occurrence.replay_until)
    open_seat = (
        select(Registration.id)
        .outerjoin(Occurrence, Occurrence.id == Registration.occurrence_id)
        .where(
            Registration.subscriber_id == Subscriber.id,
            or_(Registration.occurrence_id.is_(None), over > moment),
            or_(
                Registration.cancelled_at.is_(None), Registration.cancelled_at > moment
            ),
        )
    )
    form = select(Signup.id).where(
        Signup.subscriber_id == Subscriber.id, Signup.created_at > moment
    )
    return ~open_seat.exists() & ~form.exists()


def _unneeded(now: datetime) -> Select[int]:
    """Select the erased whose last word is older than proof is kept."""
    return (
        select(Consent.subscriber_id)
        .join(Subscriber, Subscriber.id == Consent.subscriber_id)
        .where(Subscriber.state == SubscriberState.ERASED)
        .group_by(Consent.subscriber_id)
        .having(func.max(Consent.at) <= now - PROOF)
    )
