"""A selection as lines of CSV, a thousand people at a time."""

from collections.abc import Iterator, Sequence

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from funnel.domain import cells
from funnel.domain.status import Column
from funnel.flow import reports
from funnel.flow.reports import Selection
from funnel.models import Consent, Subscriber

MANY = 1000
COLUMNS = (
    *("address", "first_name", "state", "tags", "agreed", "zone", "language"),
    *("signed_up", "confirmed"),
)
"""The names that an import knows again; every `Column` is among them."""

assert set(Column) <= set(COLUMNS)  # noqa: S101 - a file of ours must come back whole


def lines(
    session: Session, selection: Selection, *, separator: str = ","
) -> Iterator[str]:
    """Yield the file in parts: oldest first, without the erased.

    Each part is read in a transaction of its own, so that a slow download holds
    nothing up, and memory stays small.
    """
    yield cells.MARK + cells.lines([COLUMNS], separator)
    is_rare = reports.count(session, selection) <= reports.MOST_COUNTED
    where = selection.conditions(is_rare=is_rare)
    last = 0
    while True:
        people = _some(session, where, last)
        if not people:
            return
        last = people[-1].id
        agreed = _agreed(session, [one.id for one in people])
        part = cells.lines(
            [_row(one, agreed.get(one.id, [])) for one in people], separator
        )
        session.close()
        yield part


def _some(
    session: Session, where: Sequence[ColumnElement[bool]], last: int
) -> Sequence[Subscriber]:
    return session.scalars(
        select(Subscriber)
        .where(*where, Subscriber.id > last, Subscriber.address.is_not(None))
        .order_by(Subscriber.id)
        .limit(MANY)
    ).all()


def _agreed(session: Session, ids: list[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    rows = session.execute(Consent.in_force(Consent.subscriber_id.in_(ids)))
    for subscriber_id, purpose in rows:
        found.setdefault(subscriber_id, []).append(purpose)
    return found


def _row(her: Subscriber, agreed: list[str]) -> list[str]:
    return [
        her.address or "",
        her.first_name,
        her.state,
        ", ".join(her.tags),
        ", ".join(agreed),
        her.zone,
        her.language,
        her.created_at.isoformat(timespec="seconds"),
        her.confirmed_at.isoformat(timespec="seconds") if her.confirmed_at else "",
    ]
