"""What people did after a mail: it came back, they left by it, they bought."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from funnel.models import Delivery, Event, EventKind


@dataclass(frozen=True, slots=True)
class Aftermath:
    """How many mails of a step came back; how many left by it; purchases after it."""

    bounced: int = 0
    left: int = 0
    bought: int = 0


def aftermath(session: Session, steps: Collection[int]) -> dict[int, Aftermath]:
    """Return what followed the mails of these steps, by step."""
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
    after = Event.data["after"].as_integer()
    rows = session.execute(
        select(after, func.count())
        .where(Event.kind == EventKind.PURCHASED, after.in_(steps))
        .group_by(after)
    )
    return {step_id: count for step_id, count in rows}  # noqa: C416 - rows, not pairs
