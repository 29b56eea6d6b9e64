"""The business that sends: one row, which every page and every mail names."""

from typing import ClassVar

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from funnel.models.base import Base


class Business(Base):
    """The sender as the law wants it named, and the host as readers know her."""

    __tablename__ = "business"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=1)
    name: Mapped[str] = mapped_column(default="")
    postal_address: Mapped[str] = mapped_column(default="")
    company_number: Mapped[str] = mapped_column(default="")
    sender_name: Mapped[str] = mapped_column(default="")
    sender_address: Mapped[str] = mapped_column(default="")
    reply_to: Mapped[str] = mapped_column(default="")
    host_name: Mapped[str] = mapped_column(default="")
    host_line: Mapped[str] = mapped_column(default="")
    host_picture: Mapped[bytes | None]
    zone: Mapped[str] = mapped_column(default="Europe/Amsterdam")
    is_sample: Mapped[bool] = mapped_column(default=False)

    REQUIRED: ClassVar[tuple[str, ...]] = (
        "name",
        "postal_address",
        "company_number",
        "sender_name",
        "sender_address",
        "reply_to",
        "host_name",
    )

    @property
    def missing(self) -> list[str]:
        """Return the fields that must be filled before anything goes live."""
        return [field for field in self.REQUIRED if not getattr(self, field)]

    @property
    def is_complete(self) -> bool:
        """Say whether these are the business's own, complete details."""
        return not self.missing and not self.is_sample
