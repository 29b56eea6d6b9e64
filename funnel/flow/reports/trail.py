"""The audit trail, turned over page by page."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from funnel.models import AuditEntry

SIZE = 50
LARGEST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Trail:
    """Some deeds, newest first; `after` leads to the next page, if any."""

    entries: Sequence[AuditEntry]
    after: int | None


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
        wanted = wanted.where(AuditEntry.user_id == min(user_id, LARGEST_ID))
    if deed:
        wanted = wanted.where(AuditEntry.deed == deed)
    if after is not None:
        wanted = wanted.where(AuditEntry.id < min(after, LARGEST_ID))
    found = session.scalars(wanted).all()
    more = found[SIZE - 1].id if len(found) > SIZE else None
    return Trail(found[:SIZE], more)
