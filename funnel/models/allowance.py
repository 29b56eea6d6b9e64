"""How much the relay may still be given, shared by every worker on every host."""

from datetime import date, datetime

from sqlalchemy.orm import Mapped, mapped_column

from funnel.models.base import Base


class Allowance(Base):
    """One row for each relay; real time.

    What was granted so far is paid for by time up to `paid_until`; `granted` and
    `starts_at` are the last slice, `used` what was granted on `day` (UTC).
    """

    __tablename__ = "allowance"

    relay: Mapped[str] = mapped_column(primary_key=True)
    paid_until: Mapped[datetime]
    starts_at: Mapped[datetime]
    granted: Mapped[int] = mapped_column(default=0)
    day: Mapped[date]
    used: Mapped[int] = mapped_column(default=0)
