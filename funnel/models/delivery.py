"""One message to one person, and what became of it."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    ForeignKey,
    Index,
    SmallInteger,
    literal_column,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from funnel.domain.status import DeliveryState, Kind, Reason
from funnel.models.base import Base, Id, Word

OVER = "{0}state NOT IN ('scheduled', 'claimed', 'handed') AND NOT {0}is_test"
SERVICE_PRIORITY, MARKETING_PRIORITY = 0, 10


class Delivery(Base):
    """The record of what was handled; unique per enrollment, step and occurrence.

    `planned_at`, `due_at` (the next try), `not_after` and `dated_at` are domain
    time; `lease_until`, `handed_at` and `settled_at` are real time.
    `moved` says why it is planned at another moment than its timing (steps.Moved).
    `values` is what the message says about her, frozen at the first claim, so
    that a second attempt has the same bytes.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        Index(
            "uq_delivery_step",
            "enrollment_id",
            "step_id",
            "occurrence_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=text("enrollment_id IS NOT NULL"),
        ),
        Index(
            "ix_delivery_due",
            "priority",
            "due_at",
            "id",
            postgresql_where=text("state = 'scheduled'"),
        ),
        Index(
            "ix_delivery_suspect",
            "priority",
            "due_at",
            "id",
            postgresql_where=text("state = 'scheduled' AND deaths >= 2"),
        ),
        Index(
            "ix_delivery_signup_id",
            "signup_id",
            postgresql_where=text("signup_id IS NOT NULL"),
        ),
        Index(
            "ix_delivery_lease",
            "lease_until",
            postgresql_where=text("state IN ('claimed', 'handed')"),
        ),
        Index(
            "ix_delivery_not_sent",
            "state",
            "id",
            postgresql_where=text(
                "state IN ('failed', 'uncertain', 'parked', 'skipped')"
            ),
        ),
        # What became of a step's mails: listed by it, and counted out of it alone.
        Index(
            "ix_delivery_outcome",
            *("step_id", "state", "planned_at", "id"),
            postgresql_include=["reason", "revision_id"],
            postgresql_where=text(OVER.format("")),
        ),
        Index(
            "ix_delivery_occurrence",
            "occurrence_id",
            postgresql_where=text("occurrence_id IS NOT NULL"),
        ),
    )

    id: Mapped[Id]
    state: Mapped[DeliveryState] = mapped_column(
        Word(DeliveryState), default=DeliveryState.SCHEDULED
    )
    reason: Mapped[Reason | None] = mapped_column(Word(Reason))
    kind: Mapped[Kind] = mapped_column(Word(Kind))
    priority: Mapped[int] = mapped_column(SmallInteger)
    address: Mapped[str]  # "" once the subscriber is erased
    subscriber_id: Mapped[int | None] = mapped_column(
        ForeignKey("subscriber.id", ondelete="SET NULL"), index=True
    )
    user_id: Mapped[int | None] = mapped_column(
        ForeignKey("user.id", ondelete="SET NULL")
    )
    signup_id: Mapped[int | None] = mapped_column(
        ForeignKey("signup.id", ondelete="SET NULL")
    )
    enrollment_id: Mapped[int | None] = mapped_column(
        ForeignKey("enrollment.id", ondelete="SET NULL")
    )
    step_id: Mapped[int | None] = mapped_column(ForeignKey("step.id"), index=True)
    occurrence_id: Mapped[int | None] = mapped_column(ForeignKey("occurrence.id"))
    revision_id: Mapped[int | None] = mapped_column(ForeignKey("revision.id"))
    is_test: Mapped[bool] = mapped_column(default=False)
    draft: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    values: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    moved: Mapped[list[str] | None] = mapped_column(JSONB(none_as_null=True))
    planned_at: Mapped[datetime]
    due_at: Mapped[datetime]
    not_after: Mapped[datetime | None]
    dated_at: Mapped[datetime | None]
    attempt: Mapped[int] = mapped_column(SmallInteger, default=0)
    deaths: Mapped[int] = mapped_column(SmallInteger, default=0)
    worker: Mapped[str | None]
    lease_until: Mapped[datetime | None]
    handed_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    reply: Mapped[str] = mapped_column(default="")  # "250 2.0.0 queued as …"

    @staticmethod
    def is_over() -> ColumnElement[bool]:
        """Say in SQL that no worker touches it again, and that it was no test.

        As an index says it: a condition with parameters would not find that one.
        """
        return literal_column(OVER.format("delivery."), Boolean)
