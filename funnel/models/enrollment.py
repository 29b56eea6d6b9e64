"""One subscriber's way through one sequence: a cursor row."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from funnel.domain.status import EnrollmentState, Reason
from funnel.models.base import Base, Id, Word
from funnel.models.masterclass import Registration
from funnel.models.sequence import Sequence
from funnel.models.subscriber import Subscriber


class Enrollment(Base):
    """`due_at` is derived: the next moment at which the plan must be asked again.

    `next_step_id` is kept for counts and lists only.
    """

    __tablename__ = "enrollment"
    __table_args__ = (
        UniqueConstraint("subscriber_id", "sequence_id", "run"),
        # By sequence: what waits in one that is paused is in nobody's way.
        Index(
            "ix_enrollment_due",
            "sequence_id",
            "due_at",
            postgresql_where=text("state = 'active'"),
        ),
        # Who stands where is counted out of this alone.
        Index("ix_enrollment_place", "sequence_id", "state", "next_step_id"),
    )

    id: Mapped[Id]
    subscriber_id: Mapped[int] = mapped_column(
        ForeignKey("subscriber.id", ondelete="CASCADE")
    )
    sequence_id: Mapped[int] = mapped_column(ForeignKey("sequence.id"))
    registration_id: Mapped[int | None] = mapped_column(
        ForeignKey("registration.id", ondelete="CASCADE"), index=True
    )
    run: Mapped[int] = mapped_column(default=1)
    confirmed_at: Mapped[datetime]
    state: Mapped[EnrollmentState] = mapped_column(
        Word(EnrollmentState), default=EnrollmentState.ACTIVE
    )
    reason: Mapped[Reason | None] = mapped_column(Word(Reason))
    due_at: Mapped[datetime | None]
    next_step_id: Mapped[int | None] = mapped_column(ForeignKey("step.id"), index=True)

    subscriber: Mapped[Subscriber] = relationship()
    sequence: Mapped[Sequence] = relationship()
    registration: Mapped[Registration | None] = relationship()
