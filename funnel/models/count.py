"""Numbers by day that name nobody: visits, people at each stage, what became of mails.

A day is one on the business's own calendar.
"""

from datetime import date

from sqlalchemy import BigInteger, ForeignKey, Index, SmallInteger, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from funnel.domain.status import DeliveryState, Page, Reason, Stage
from funnel.models.base import Base, Id, Word


class Source(Base):
    """Where visitors came from: the words of a link, "" where it has none."""

    __tablename__ = "source"
    __table_args__ = (
        UniqueConstraint("name", "medium", "campaign"),
        Index("ix_source_first_on", "first_on"),
    )

    id: Mapped[Id]
    name: Mapped[str]
    medium: Mapped[str]
    campaign: Mapped[str]
    first_on: Mapped[date]  # a day may bring so many new ones, and no more


class VisitCount(Base):
    """How often a page was fetched by a person; no source: the link named none.

    The number is the sum over `shard`: connections to the database add to different
    rows, so that no visitor waits for another.
    """

    __tablename__ = "visit_count"
    __table_args__ = (
        Index(
            "uq_visit_count_day",
            *("day", "page", "slug", "source_id", "shard"),
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
    )

    id: Mapped[Id]
    day: Mapped[date]
    page: Mapped[Page] = mapped_column(Word(Page))
    slug: Mapped[str]
    source_id: Mapped[int | None] = mapped_column(ForeignKey("source.id"))
    shard: Mapped[int] = mapped_column(SmallInteger, default=0)
    visits: Mapped[int] = mapped_column(default=0)


class StageCount(Base):
    """How many of the people who signed up on a day have come to a stage so far.

    `occurrence_id` is the date that they chose in the form. What is counted stays
    when a person is erased: the number names nobody.
    """

    __tablename__ = "stage_count"
    __table_args__ = (
        Index(
            "uq_stage_count_day",
            *("day", "stage", "masterclass_id", "occurrence_id", "source_id"),
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
    )

    id: Mapped[Id]
    day: Mapped[date]
    stage: Mapped[Stage] = mapped_column(Word(Stage))
    masterclass_id: Mapped[int] = mapped_column(ForeignKey("masterclass.id"))
    occurrence_id: Mapped[int | None] = mapped_column(ForeignKey("occurrence.id"))
    source_id: Mapped[int | None] = mapped_column(ForeignKey("source.id"))
    people: Mapped[int] = mapped_column(default=0)


class MailCount(Base):
    """What became of a step's mails that were planned for a day, once it is history."""

    __tablename__ = "mail_count"
    __table_args__ = (
        Index(
            "uq_mail_count_day",
            *("day", "step_id", "revision_id", "state", "reason"),
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
        Index("ix_mail_count_step", "step_id", "day"),
    )

    id: Mapped[Id]
    day: Mapped[date]
    step_id: Mapped[int] = mapped_column(BigInteger)
    # empty where a mail was skipped before it had a text
    revision_id: Mapped[int | None] = mapped_column(BigInteger)
    state: Mapped[DeliveryState] = mapped_column(Word(DeliveryState))
    reason: Mapped[Reason | None] = mapped_column(Word(Reason))
    mails: Mapped[int] = mapped_column(default=0)
