"""Links that were followed: looked at for a minute, then only counted."""

from datetime import date, datetime

from sqlalchemy import BigInteger, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from funnel.models.base import Base, Id


class Click(Base):
    """One request for a link, until it is known whether a person made it.

    `at` is domain time, `seen_at` real time. The row is gone when it is counted.
    """

    __tablename__ = "click"
    __table_args__ = (Index("ix_click_delivery_seen", "delivery_id", "seen_at"),)

    id: Mapped[Id]
    link_id: Mapped[int] = mapped_column(ForeignKey("link.id", ondelete="CASCADE"))
    delivery_id: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime]
    seen_at: Mapped[datetime]
    is_machine: Mapped[bool] = mapped_column(default=False)  # it said so itself


class ClickCount(Base):
    """How often a link was followed on a day: a number that names nobody."""

    __tablename__ = "click_count"

    link_id: Mapped[int] = mapped_column(
        ForeignKey("link.id", ondelete="CASCADE"), primary_key=True
    )
    day: Mapped[date] = mapped_column(primary_key=True)
    clicks: Mapped[int] = mapped_column(default=0)
    machines: Mapped[int] = mapped_column(default=0)  # scanners, left out of `clicks`
