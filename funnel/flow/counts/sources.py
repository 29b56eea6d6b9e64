"""Where visitors come from: one row for each, and only so many new ones a day."""

from datetime import date, datetime

from sqlalchemy import Select, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from funnel.domain.utm import OTHERS, Utm
from funnel.flow.counts import calendar
from funnel.models import Source

MOST_NEW = 100
"""New sources a day: whoever makes up links fills no table with them."""


def source(session: Session, utm: Utm, *, now: datetime) -> int | None:
    """Return the id that this source is counted under; None if it is not said.

    Not committed. Beyond what a day may bring anew, it is one of the others.
    """
    if utm.is_silent:
        return None
    known = session.scalar(_known(utm))
    if known is not None:
        return known
    day = now.astimezone(calendar.zone(session)).date()
    if utm != OTHERS and _new_on(session, day) >= MOST_NEW:
        return source(session, OTHERS, now=now)
    return _added(session, utm, day)


def _known(utm: Utm) -> Select[int]:
    return select(Source.id).where(
        Source.name == utm.source,
        Source.medium == utm.medium,
        Source.campaign == utm.campaign,
    )


def _new_on(session: Session, day: date) -> int:
    today = select(func.count()).select_from(Source).where(Source.first_on == day)
    return session.scalar(today) or 0


def _added(session: Session, utm: Utm, day: date) -> int | None:
    row = insert(Source).values(
        name=utm.source, medium=utm.medium, campaign=utm.campaign, first_on=day
    )
    session.execute(row.on_conflict_do_nothing())
    return session.scalar(_known(utm))
