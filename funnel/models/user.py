"""The people who log in: marketers, owners, viewers; and their open log-ins."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from funnel.domain.status import TeamRole
from funnel.models.base import Base, Id, Word


class User(Base):
    """Somebody of the business."""

    __tablename__ = "user"

    id: Mapped[Id]
    address: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(default="")
    password_hash: Mapped[str]
    role: Mapped[TeamRole] = mapped_column(Word(TeamRole), default=TeamRole.MARKETER)
    language: Mapped[str] = mapped_column(default="nl")
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]


class Login(Base):
    """One open log-in: the cookie holds a secret, the row its hash; real time."""

    __tablename__ = "login"

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(
        ForeignKey("user.id", ondelete="CASCADE"), index=True
    )
    token_hash: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    user: Mapped[User] = relationship()


class LoginAttempt(Base):
    """One try at a password, for the rate limit; real time."""

    __tablename__ = "login_attempt"
    __table_args__ = (
        Index("ix_login_attempt_address", "address_hash", "at"),
        Index("ix_login_attempt_network", "network", "at"),
    )

    id: Mapped[Id]
    address_hash: Mapped[str]
    network: Mapped[str]
    succeeded: Mapped[bool]
    at: Mapped[datetime]
