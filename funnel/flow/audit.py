"""Who changed what, written down in the transaction of the change; real time."""

from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from funnel.models import AuditEntry, User

COMMAND_LINE = ""
"""Who it was when nobody logged in: somebody on the machine itself."""


def record(
    session: Session, deed: str, *, real: datetime, user: User | None, **about: Any
) -> None:
    """Write down a deed ("noun.verb"); not committed. `about` must be JSON."""
    entry = AuditEntry(
        at=real,
        user_id=user.id if user else None,
        who=(user.name or user.address) if user else COMMAND_LINE,
        deed=deed,
        about=about,
    )
    session.add(entry)


def count(session: Session, deed: str, *, user: User, since: datetime) -> int:
    """Return how often she did this since then."""
    mine = AuditEntry.user_id == user.id, AuditEntry.deed == deed
    return session.scalars(
        select(func.count()).where(*mine, AuditEntry.at >= since)
    ).one()


def is_noted(
    session: Session, deed: str, *, user: User, since: datetime, **about: Any
) -> bool:
    """Say whether her same deed on the same rows was written down since then."""
    known = select(AuditEntry.about).where(
        AuditEntry.user_id == user.id, AuditEntry.deed == deed, AuditEntry.at >= since
    )
    return about in session.scalars(known).all()
