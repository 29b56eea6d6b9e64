"""The people who log in: added and listed, each with a role."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from funnel.domain import address as addresses
from funnel.domain.status import TeamRole
from funnel.flow.team import login, passwords
from funnel.models import User

LANGUAGES = ("nl", "en")


class BadUser(ValueError):  # noqa: N818 - it names what was found
    """Nobody has this address, or somebody has it already."""


def add_user(
    session: Session,
    address: str,
    password: str,
    *,
    role: TeamRole = TeamRole.MARKETER,
    name: str = "",
    now: datetime,
) -> User:
    """Add somebody; raises BadUser, BadAddress or WeakPassword."""
    normal = _normal(address)
    passwords.check(password, address=normal)
    if by_address(session, normal):
        raise BadUser(f"{normal} is a user already")
    user = User(
        address=normal,
        name=name,
        role=role,
        password_hash=passwords.encode(password),
        created_at=now,
    )
    session.add(user)
    session.commit()
    return user


def reset_password(
    session: Session, address: str, password: str, *, real: datetime
) -> User:
    """Give somebody a new password and end all her log-ins."""
    user = by_address(session, _normal(address))
    if user is None:
        raise BadUser(f"nobody here has the address {address}")
    passwords.check(password, address=user.address)
    user.password_hash = passwords.encode(password)
    login.close(session, user.id, real)
    session.commit()
    return user


def users(session: Session) -> Sequence[User]:
    return session.scalars(select(User).order_by(User.address)).all()


def speak(session: Session, user_id: int, language: str) -> None:
    """Keep the language in which she reads the studio; another one is ignored."""
    user = session.get_one(User, user_id)
    if language in LANGUAGES:
        user.language = language
    session.commit()


def by_address(session: Session, address: str) -> User | None:
    return session.scalar(select(User).where(User.address == address))


def _normal(address: str) -> str:
    return str(addresses.normalise(address)).lower()
