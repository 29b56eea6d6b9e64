"""What people did after a mail: it came back, they left by it, they bought."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Interval, func, literal, select, true
from sqlalchemy.orm import Session, aliased

from funnel.models import Delivery, Event, EventKind

COUNTS_FOR = timedelta(days=30)
"""A purchase belongs to the last mail before it, if that came so lately."""


@dataclass(frozen=True, slots=True)
class Aftermath:
    """How many mails of a step came back; how many left by it; purchases after it."""

    bounced: int = 0
    left: int = 0
    bought: int = 0


def aftermath(session: Session, steps: Collection[int]) -> dict[int, Aftermath]:
    """Return what followed the mails of these steps, all of one sequence, by step."""
    bounced, left = _bounced(session, steps), _left(session, steps)
    bought = _bought(session, steps)
    return {
        step_id: Aftermath(
            bounced.get(step_id, 0), left.get(step_id, 0), bought.get(step_id, 0)
        )
        for step_id in steps
    }


def _bounced(session: Session, steps: Collection[int]) -> Mapping[int, int]:
    rows = session.execute(
        select(Event.step_id, func.count())
        .where(Event.kind == EventKind.BOUNCED, Event.step_id.in_(steps))
        .group_by(Event.step_id)
    )
    return {step_id or 0: count for step_id, count in rows}


def _left(session: Session, steps: Collection[int]) -> Mapping[int, int]:
    rows = session.execute(
        select(Delivery.step_id, func.count())
        .join(Event, Event.delivery_id == Delivery.id)
        .where(Event.kind == EventKind.UNSUBSCRIBED, Delivery.step_id.in_(steps))
        .group_by(Delivery.step_id)
    )
    return {step_id or 0: count for step_id, count in rows}


def _bought(session: Session, steps: Collection[int]) -> Mapping[int, int]:
    """Ask from the purchases, which are few, for the mail that was the last before."""
    mail = aliased(Event)
    last = (
        select(mail.step_id)
        .where(
            mail.subscriber_id == Event.subscriber_id,
            mail.kind == EventKind.SENT,
            mail.step_id.in_(steps),
            mail.at <= Event.at,
            mail.at > Event.at - literal(COUNTS_FOR, Interval()),
        )
        .order_by(mail.at.desc(), mail.id.desc())
        .limit(1)
        .lateral()
    )
    rows = session.execute(
        select(last.c.step_id, func.count())
        .select_from(Event)
        .join(last, true())
        .where(Event.kind == EventKind.PURCHASED)
        .group_by(last.c.step_id)
    )
    return {step_id: count for step_id, count in rows}  # noqa: C416 - rows, not pairs
