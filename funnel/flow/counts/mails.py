"""What became of a step's mails: history is counted each night, the rest when asked.

A mail of these days can still change; one of last month hardly does. So the past is
a few rows by day, and only the last days are counted one by one.
"""

from datetime import date, datetime, timedelta

from sqlalchemy import Date, cast, delete, func, insert, select
from sqlalchemy.orm import Session

from funnel.flow.counts import calendar
from funnel.models import Delivery, MailCount, System

YOUNG = timedelta(days=1)
"""Yesterday and today are not history yet: most of what changes does so by then."""

SETTLING = timedelta(days=32)
"""So much of the history is counted anew each night: somebody decided, it bounced."""


def fold(session: Session, *, now: datetime) -> date:
    """Count the days that are over anew; return the first that is not history."""
    zone = calendar.zone(session)
    until = (now.astimezone(zone) - YOUNG).date()
    system = System.locked(session)
    counted = system.counted_until
    since = min(counted, until) - SETTLING if counted else None
    session.execute(
        delete(MailCount).where(*([MailCount.day >= since] if since else []))
    )
    day = cast(func.timezone(zone.key, Delivery.planned_at), Date).label("day")
    text = (Delivery.step_id, Delivery.revision_id)
    what = (day, *text, Delivery.state, Delivery.reason)
    rows = (
        select(*what, func.count())
        .where(
            Delivery.is_over(),
            Delivery.step_id.is_not(None),
            Delivery.planned_at < calendar.start(until, zone),
            *([Delivery.planned_at >= calendar.start(since, zone)] if since else []),
        )
        .group_by(*what)
    )
    columns = ["day", "step_id", "revision_id", "state", "reason", "mails"]
    session.execute(insert(MailCount).from_select(columns, rows))
    system.counted_until = until
    session.commit()
    return until
