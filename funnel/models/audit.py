"""Who changed what: one row for each deed of somebody who logs in, or of a command."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from funnel.models.base import Base, Id


class AuditEntry(Base):
    """One deed, kept with the change it made; real time.

    `who` stays when the person goes; `deed` is "noun.verb", `about` which one.
    """

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_entry_user", "user_id", "id"),
        Index("ix_audit_entry_deed", "deed", "id"),
    )

    id: Mapped[Id]
    at: Mapped[datetime]
    user_id: Mapped[int | None] = mapped_column(
        ForeignKey("user.id", ondelete="SET NULL")
    )
    who: Mapped[str]
    deed: Mapped[str]
    about: Mapped[dict[str, Any]] = mapped_column(default=dict)
