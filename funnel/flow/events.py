"""7. What happened is written down, and never changed."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from funnel.models import Event, EventKind

COLUMNS = ("subscriber_id", "enrollment_id", "delivery_id", "step_id")


def record(session: Session, kind: EventKind, *, at: datetime, **facts: Any) -> Event:
    """Write down a fact at a (domain) time; not committed.

    `subscriber_id`, `enrollment_id`, `delivery_id` and `step_id` are columns;
    whatever else is given must be JSON and is kept in `data`.
    """
    about = {name: facts.pop(name) for name in COLUMNS if name in facts}
    event = Event(kind=kind, at=at, data=facts, **about)
    session.add(event)
    return event
