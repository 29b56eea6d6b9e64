"""Tags that exist, and the work of giving one to many people."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from funnel.models.base import Base, Id


class Tag(Base):
    """A tag that somebody has used: what the studio suggests."""

    __tablename__ = "tag"

    name: Mapped[str] = mapped_column(primary_key=True)


class Tagging(Base):
    """A tag on its way to, or from, everybody in a selection.

    From the newest down: `below` is the id that the last batch ended at, `done`
    and it move in the transaction of the batch.
    """

    __tablename__ = "tagging"
    __table_args__ = (
        Index("ix_tagging_open", "id", postgresql_where=text("finished_at IS NULL")),
    )

    id: Mapped[Id]
    user_id: Mapped[int | None] = mapped_column(
        ForeignKey("user.id", ondelete="SET NULL")
    )
    tag: Mapped[str]
    is_added: Mapped[bool]
    selection: Mapped[dict[str, Any]]
    below: Mapped[int] = mapped_column(BigInteger)
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int]
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
