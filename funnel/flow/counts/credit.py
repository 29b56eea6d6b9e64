"""Which mail a purchase is put down to: decided when it happens, and kept with it."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from funnel.models import Event, EventKind

COUNTS_FOR = timedelta(days=30)
"""A purchase belongs to the last mail before it, if that came so lately."""


def credit(session: Session, subscriber_id: int, *, now: datetime) -> dict[str, int]:
    """Return what a purchase keeps: {"after": id of a step}, or nothing."""
    last = session.scalar(
        select(Event.step_id)
        .where(
            Event.subscriber_id == subscriber_id,
            Event.kind == EventKind.SENT,
            Event.step_id.is_not(None),
            Event.at <= now,
            Event.at > now - COUNTS_FOR,
        )
        .order_by(Event.at.desc(), Event.id.desc())
        .limit(1)
    )
    return {"after": last} if last else {}
