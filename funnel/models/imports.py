"""Subscribers brought along in a file: the file, its rows, and how far we are."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from funnel.domain.status import ImportState, Verdict
from funnel.models.base import Base, Id, Word


class SubscriberImport(Base):
    """One file of subscribers, from its upload to its report.

    `done` counts the rows that the work of this state has behind it; it moves in
    the transaction that did them, so that whoever goes on begins exactly there.
    """

    __tablename__ = "subscriber_import"
    __table_args__ = (
        Index(
            "ix_subscriber_import_open",
            "id",
            postgresql_where=text("state IN ('checking', 'running')"),
        ),
    )

    id: Mapped[Id]
    user_id: Mapped[int | None] = mapped_column(
        ForeignKey("user.id", ondelete="SET NULL")
    )
    name: Mapped[str]  # of the file
    size: Mapped[int]  # bytes
    state: Mapped[ImportState] = mapped_column(
        Word(ImportState), default=ImportState.UPLOADED
    )
    encoding: Mapped[str]
    separator: Mapped[str]
    has_header: Mapped[bool]
    sample: Mapped[list[list[str]]] = mapped_column(JSONB, default=list)
    columns: Mapped[list[str]] = mapped_column(default=list)  # a Column for each
    purposes: Mapped[list[str]] = mapped_column(default=list)
    wording: Mapped[str] = mapped_column(default="")  # where their consent comes from
    language: Mapped[str] = mapped_column(default="nl")
    tag: Mapped[str] = mapped_column(default="")
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    tally: Mapped[dict[str, Any]] = mapped_column(default=dict)  # Verdict → rows
    problem: Mapped[dict[str, Any]] = mapped_column(default=dict)  # why it was refused
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class ImportChunk(Base):
    """A part of the file, kept until its rows are read."""

    __tablename__ = "import_chunk"

    import_id: Mapped[int] = mapped_column(
        ForeignKey("subscriber_import.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    data: Mapped[bytes] = mapped_column(LargeBinary)


class ImportRow(Base):
    """A row of the file, and what is to become of it."""

    __tablename__ = "import_row"
    __table_args__ = (
        Index("ix_import_row_digest", "import_id", "digest"),
        Index("ix_import_row_verdict", "import_id", "verdict", "line"),
    )

    import_id: Mapped[int] = mapped_column(
        ForeignKey("subscriber_import.id", ondelete="CASCADE"), primary_key=True
    )
    line: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    address: Mapped[str]  # normalised, or as it was written when it is none
    digest: Mapped[str] = mapped_column(default="")
    verdict: Mapped[Verdict] = mapped_column(Word(Verdict))
    values: Mapped[dict[str, Any]] = mapped_column(default=dict)
