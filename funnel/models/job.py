"""Work that takes longer than somebody waits for a page."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from funnel.models.base import Base, Id, Word


class JobKind(StrEnum):
    """What there is to do."""

    IMPACT = "impact"  # say what publishing the drafts means, person by person
    REPLAN = "replan"  # watch a publish reach everybody who is inside


class JobState(StrEnum):
    """Where a job stands."""

    OPEN = "open"
    DONE = "done"
    STALE = "stale"  # what it was about has changed since


class Job(Base):
    """One piece of long work, done in small transactions that may each be the last.

    `about` is what it was asked with, `cursor` where the next piece begins.
    """

    __tablename__ = "job"
    __table_args__ = (
        Index("ix_job_open", "id", postgresql_where=text("state = 'open'")),
    )

    id: Mapped[Id]
    kind: Mapped[JobKind] = mapped_column(Word(JobKind))
    state: Mapped[JobState] = mapped_column(Word(JobState), default=JobState.OPEN)
    sequence_id: Mapped[int] = mapped_column(ForeignKey("sequence.id"), index=True)
    about: Mapped[dict[str, Any]] = mapped_column(default=dict)
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    cursor: Mapped[int] = mapped_column(BigInteger, default=0)
    result: Mapped[dict[str, Any]] = mapped_column(default=dict)
    asked_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
