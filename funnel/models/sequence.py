"""Mails in order: the sequence, its steps, and each published text of a step."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from funnel.domain.status import How, Kind, Purpose, Role, SequenceState
from funnel.models.base import Base, Id, Word


class Sequence(Base):
    """Steps in order, and the rules they share.

    `draft` has what will change for the whole: "order" (ids of the listed steps),
    "gone" (those of them that will be deleted; who is missing is, too), "moved" (by
    hand) and "rules"; texts that change are drafts of their steps.
    """

    __tablename__ = "sequence"

    id: Mapped[Id]
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    language: Mapped[str] = mapped_column(default="nl")
    state: Mapped[SequenceState] = mapped_column(
        Word(SequenceState), default=SequenceState.DRAFT
    )
    rules: Mapped[dict[str, Any]] = mapped_column(default=dict)  # schedule.Rules
    doors: Mapped[dict[str, Any]] = mapped_column(  # domain.doors
        default=dict, server_default=text("'{}'")
    )
    version: Mapped[int] = mapped_column(default=0)  # one up at each publish
    published_at: Mapped[datetime | None]
    # when a publish, the rules or a pause last moved the plan
    retimed_at: Mapped[datetime | None]
    draft: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))

    steps: Mapped[list["Step"]] = relationship(
        back_populates="sequence", order_by="Step.rank"
    )


class Pause(Base):
    """A time in which a sequence stood still, or everything did (no sequence).

    While `until` is empty it still does. Domain time; `found_at` is when it began to
    hold, which for a gap that was found afterwards is later than `since`.
    """

    __tablename__ = "pause"
    __table_args__ = (
        Index(
            "uq_pause_open",
            "sequence_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=text("until IS NULL"),
        ),
    )

    id: Mapped[Id]
    sequence_id: Mapped[int | None] = mapped_column(ForeignKey("sequence.id"))
    since: Mapped[datetime]
    found_at: Mapped[datetime]
    until: Mapped[datetime | None]
    how: Mapped[How | None] = mapped_column(Word(How))


class Step(Base):
    """One place in a sequence; its id is never used again for another mail."""

    __tablename__ = "step"
    __table_args__ = (UniqueConstraint("sequence_id", "slug"),)

    id: Mapped[Id]
    sequence_id: Mapped[int] = mapped_column(ForeignKey("sequence.id"), index=True)
    slug: Mapped[str]  # the file name in the folder format, without .md
    role: Mapped[Role] = mapped_column(Word(Role), default=Role.LISTED)
    rank: Mapped[int]
    draft: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    revision_id: Mapped[int | None] = mapped_column(
        ForeignKey("revision.id", use_alter=True)
    )
    added_at: Mapped[datetime | None]  # who had passed its place by then, never gets it
    added_between: Mapped[dict[str, list[int]] | None] = mapped_column(
        JSONB(none_as_null=True)
    )  # the ids that were above and below its place then (steps.Added)
    deleted_at: Mapped[datetime | None]

    sequence: Mapped[Sequence] = relationship(back_populates="steps")
    revision: Mapped["Revision | None"] = relationship(foreign_keys=revision_id)


class Revision(Base):
    """One published text of a step; never changed, so that a sent mail stays true.

    `timing` is in the words of `domain.timing` ("1 day at 08:30"), `condition`
    in those of `domain.schedule` ("joined"); `html` and `text` are compiled from
    `body` (Markdown) and still hold their template expressions.
    """

    __tablename__ = "revision"

    id: Mapped[Id]
    step_id: Mapped[int] = mapped_column(ForeignKey("step.id"), index=True)
    version: Mapped[int]  # the sequence's version that published it
    kind: Mapped[Kind] = mapped_column(Word(Kind))
    purpose: Mapped[Purpose | None] = mapped_column(Word(Purpose))
    is_on: Mapped[bool]
    timing: Mapped[str]
    condition: Mapped[str] = mapped_column(default="")
    subject: Mapped[str]
    preheader: Mapped[str]
    source: Mapped[str] = mapped_column(default="")  # part of the article: "S2"
    body: Mapped[str]
    html: Mapped[str]
    text: Mapped[str]
    author: Mapped[str]
    published_at: Mapped[datetime]

    links: Mapped[list["Link"]] = relationship(order_by="Link.position")


class Link(Base):
    """A link of a published text that is counted; `code` stands in its address.

    `target` is an https address, or one of our own pages by its name:
    "{{ article_url }}", filled in when somebody follows it.
    """

    __tablename__ = "link"
    __table_args__ = (
        UniqueConstraint("revision_id", "position"),
        UniqueConstraint("revision_id", "code"),
    )

    id: Mapped[Id]
    revision_id: Mapped[int] = mapped_column(
        ForeignKey("revision.id", ondelete="CASCADE")
    )
    position: Mapped[int] = mapped_column(SmallInteger)  # from 1, down the letter
    code: Mapped[str]
    target: Mapped[str]


class Version(Base):
    """What one publish made of a sequence: its whole list, never changed."""

    __tablename__ = "version"
    __table_args__ = (UniqueConstraint("sequence_id", "number"),)

    id: Mapped[Id]
    sequence_id: Mapped[int] = mapped_column(ForeignKey("sequence.id"))
    number: Mapped[int]
    restores: Mapped[int | None]  # the number of an older version that it brings back
    rules: Mapped[dict[str, Any]] = mapped_column(default=dict)
    # [step id, revision id], … and a 1 behind them where somebody moved the step
    steps: Mapped[list[list[int]]] = mapped_column(JSONB)
    author: Mapped[str]
    published_at: Mapped[datetime]

    @property
    def texts(self) -> dict[int, int]:
        """Return the revision of each step, in their order."""
        return {step_id: revision_id for step_id, revision_id, *_ in self.steps}

    @property
    def moved(self) -> set[int]:
        """Return the steps that somebody moved by hand in it."""
        return {step_id for step_id, _, *moved in self.steps if moved}
