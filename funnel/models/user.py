"""The people who log in: marketers, owners, viewers; and their open log-ins."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from funnel.domain.status import TeamRole, UserLinkKind
from funnel.models.base import Base, Id, Word


class User(Base):
    """Somebody of the business; without a password she is invited and no more."""

    __tablename__ = "user"

    id: Mapped[Id]
    address: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(default="")
    password_hash: Mapped[str]
    role: Mapped[TeamRole] = mapped_column(Word(TeamRole), default=TeamRole.MARKETER)
    language: Mapped[str] = mapped_column(default="nl")
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]
    # The second factor: a secret sealed with the server's key, and the last step of
    # the clock that a code was used for, so that no code opens twice.
    code_secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    code_step: Mapped[int | None] = mapped_column(BigInteger)

    @property
    def is_invited(self) -> bool:
        """Say that she has not chosen a password yet."""
        return not self.password_hash

    @property
    def has_code(self) -> bool:
        """Say that her log-in asks for a second step."""
        return self.code_secret is not None


class Login(Base):
    """One open log-in: the cookie holds a secret, the row its hash; real time.

    While it awaits a code it opens nothing but the page that asks for one.
    """

    __tablename__ = "login"

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(
        ForeignKey("user.id", ondelete="CASCADE"), index=True
    )
    token_hash: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    awaits_code: Mapped[bool] = mapped_column(
        default=False, server_default=text("false")
    )

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


class UserLink(Base):
    """A link that was mailed to a colleague, good once and for a while; real time."""

    __tablename__ = "user_link"

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(
        ForeignKey("user.id", ondelete="CASCADE"), index=True
    )
    kind: Mapped[UserLinkKind] = mapped_column(Word(UserLinkKind))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    user: Mapped[User] = relationship()


class RecoveryCode(Base):
    """A code on paper for who lost her telephone, kept as a hash, good once."""

    __tablename__ = "recovery_code"

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(
        ForeignKey("user.id", ondelete="CASCADE"), index=True
    )
    code_hash: Mapped[str]
    used_at: Mapped[datetime | None]
