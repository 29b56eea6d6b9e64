"""Pictures of mails: kept once, found by the name that their content gives them."""

from datetime import datetime

from sqlalchemy import Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from funnel.models.base import Base


class Picture(Base):
    """A finished picture; its row never changes, so it may be kept for good."""

    __tablename__ = "picture"
    __table_args__ = (Index("ix_picture_added", "added_at", "name"),)

    name: Mapped[str] = mapped_column(primary_key=True)  # as mail.picture makes it
    alt: Mapped[str]  # what it shows, as it was first said
    width: Mapped[int]  # dots
    height: Mapped[int]
    size: Mapped[int]  # bytes
    added_at: Mapped[datetime]
    data: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
