"""The audit trail, turned over page by page, with the rows that it speaks of."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from funnel.domain.row_id import row_id
from funnel.models import (
    AuditEntry,
    Base,
    Delivery,
    Occurrence,
    Step,
    Subscriber,
    SubscriberImport,
    User,
)
from funnel.models import Sequence as SequenceRow

SIZE = 50
TABLES: Mapping[str, Any] = {
    "step_id": Step,
    "step": Step,
    "waiting": Step,
    "occurrence_id": Occurrence,
    "occurrence": Occurrence,
    "chosen": Occurrence,
    "sequence": SequenceRow,
    "subscriber_id": Subscriber,
    "user_id": User,
    "to": User,
    "import_id": SubscriberImport,
    "delivery_id": Delivery,
}
"""Of which table the number is that a deed keeps under a name."""

Rows = Mapping[tuple[str, int | str], Base]


@dataclass(frozen=True, slots=True)
class Trail:
    """Some deeds, newest first; `after` leads to the next page, if any.

    `rows`: those they speak of that are still there, by name and id.
    """

    entries: Sequence[AuditEntry]
    after: int | None
    rows: Rows


def trail(
    session: Session,
    *,
    user_id: int | None = None,
    deed: str = "",
    after: int | None = None,
) -> Trail:
    """Return a page of what one colleague, or everybody, has done."""
    wanted = select(AuditEntry).order_by(AuditEntry.id.desc()).limit(SIZE + 1)
    if user_id is not None:
        wanted = wanted.where(AuditEntry.user_id == user_id)
    if deed:
        wanted = wanted.where(AuditEntry.deed == deed)
    if after is not None:
        wanted = wanted.where(AuditEntry.id < after)
    found = session.scalars(wanted).all()
    more = found[SIZE - 1].id if len(found) > SIZE else None
    return Trail(found[:SIZE], more, _rows(session, found[:SIZE]))


def _rows(session: Session, entries: Sequence[AuditEntry]) -> Rows:
    """Fetch the rows that deeds speak of, with one question for each table."""
    ids: dict[Any, set[int]] = {}
    for entry in entries:
        for name, value in entry.about.items():
            if name in TABLES and (id_ := row_id(value)) is not None:
                ids.setdefault(TABLES[name], set()).add(id_)
    found = {table: _of(session, table, wanted) for table, wanted in ids.items()}
    return {
        (name, id_): row
        for name, table in TABLES.items()
        for id_, row in found.get(table, {}).items()
    } | _by_slug(session, entries)


def _by_slug(
    session: Session, entries: Iterable[AuditEntry]
) -> dict[tuple[str, int | str], Base]:
    """Fetch the sequences that deeds name by their place in the address."""
    slugs = {str(entry.about["slug"]) for entry in entries if "slug" in entry.about}
    rows = session.scalars(select(SequenceRow).where(SequenceRow.slug.in_(slugs)))
    return {("slug", row.slug): row for row in rows}


def _of(session: Session, table: Any, ids: set[int]) -> dict[int, Base]:
    wanted = select(table).where(table.id.in_(ids))
    if table is Step:
        wanted = wanted.options(joinedload(Step.revision))
    return {row.id: row for row in session.scalars(wanted)}
