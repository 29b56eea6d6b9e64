"""Facts, never changed: the subscriber's timeline and the source of every number."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from funnel.models.base import Base, Id, Word


class EventKind(StrEnum):
    """What can happen; mail events carry Anymail's names."""

    VISITED = "visited"
    SUSPECTED = "suspected"  # a form that looked like a bot's: answered, not mailed
    SIGNED_UP = "signed_up"
    CONFIRMED = "confirmed"
    IMPORTED = "imported"  # a marketer brought her along, with proof of consent
    REGISTERED = "registered"
    ENROLLED = "enrolled"
    EXITED = "exited"
    COMPLETED = "completed"
    SENT = "sent"
    FAILED = "failed"
    SKIPPED = "skipped"
    UNCERTAIN = "uncertain"
    POSTPONED = "postponed"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    CLICKED = "clicked"
    UNSUBSCRIBED = "unsubscribed"
    CONSENTED = "consented"
    ATTENDED = "attended"
    REPLAYED = "replayed"
    TAGGED = "tagged"
    LEFT_EARLY = "left_early"
    MISSED = "missed"
    PURCHASED = "purchased"
    PREFERENCES = "preferences"
    EXPORTED = "exported"
    ERASED = "erased"
    PUBLISHED = "published"
    OCCURRENCE_CHANGED = "occurrence_changed"


class Event(Base):
    """One fact at one (domain) time."""

    __tablename__ = "event"
    __table_args__ = (
        Index("ix_event_subscriber_at", "subscriber_id", "at"),
        Index("ix_event_kind_at", "kind", "at"),
    )

    id: Mapped[Id]
    kind: Mapped[EventKind] = mapped_column(Word(EventKind))
    at: Mapped[datetime]
    subscriber_id: Mapped[int | None] = mapped_column(
        ForeignKey("subscriber.id", ondelete="SET NULL")
    )
    enrollment_id: Mapped[int | None] = mapped_column(BigInteger)
    delivery_id: Mapped[int | None] = mapped_column(BigInteger)
    step_id: Mapped[int | None] = mapped_column(BigInteger)
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)
