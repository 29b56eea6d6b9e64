"""The masterclass, its dates, and the seats people have."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from funnel.models.base import Base, Id


class Masterclass(Base):
    """The event itself: its landing page, its sequence, how consent is asked."""

    __tablename__ = "masterclass"

    id: Mapped[Id]
    slug: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    minutes: Mapped[int]
    language: Mapped[str] = mapped_column(default="nl")
    consent_mode: Mapped[str] = mapped_column(default="box")  # or "stated"
    page: Mapped[dict[str, Any]] = mapped_column(default=dict)  # landing-page texts
    article_slug: Mapped[str | None]
    sequence_id: Mapped[int | None] = mapped_column(ForeignKey("sequence.id"))
    is_home: Mapped[bool] = mapped_column(default=False)  # shown at /

    occurrences: Mapped[list["Occurrence"]] = relationship(
        back_populates="masterclass", order_by="Occurrence.starts_at"
    )


class Occurrence(Base):
    """One date of a masterclass."""

    __tablename__ = "occurrence"

    id: Mapped[Id]
    masterclass_id: Mapped[int] = mapped_column(
        ForeignKey("masterclass.id"), index=True
    )
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    zone: Mapped[str] = mapped_column(default="Europe/Amsterdam")
    room_url: Mapped[str] = mapped_column(default="")
    replay_url: Mapped[str] = mapped_column(default="")
    replay_until: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    moved_at: Mapped[datetime | None]  # when it last got another time
    closed_at: Mapped[datetime | None]  # when who did not come was written down
    calendar_sequence: Mapped[int] = mapped_column(default=0)  # RFC 5545 SEQUENCE

    masterclass: Mapped[Masterclass] = relationship(back_populates="occurrences")


class Registration(Base):
    """A confirmed seat; without an occurrence, somebody who waits for a date."""

    __tablename__ = "registration"
    __table_args__ = (UniqueConstraint("subscriber_id", "masterclass_id"),)

    id: Mapped[Id]
    subscriber_id: Mapped[int] = mapped_column(
        ForeignKey("subscriber.id", ondelete="CASCADE")
    )
    masterclass_id: Mapped[int] = mapped_column(ForeignKey("masterclass.id"))
    occurrence_id: Mapped[int | None] = mapped_column(
        ForeignKey("occurrence.id"), index=True
    )
    seated_at: Mapped[datetime]  # when this seat, in this occurrence, was confirmed
    cancelled_at: Mapped[datetime | None]
    joined_at: Mapped[datetime | None]
    replayed_at: Mapped[datetime | None]

    occurrence: Mapped[Occurrence | None] = relationship()
    masterclass: Mapped[Masterclass] = relationship()
