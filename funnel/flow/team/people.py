"""The people who log in: added and listed, each with a role."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from funnel.domain import address as addresses
from funnel.domain.status import TeamRole
from funnel.flow.team import login, passwords
from funnel.models import User
from funnel.models.base import held

LANGUAGES = ("nl", "en")
LONGEST_NAME = 80


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


class LastOwner(Exception):  # noqa: N818 - it says what would happen
    """Without her nobody could look after the team."""


def change(
    session: Session, user_id: int, *, name: str, role: TeamRole, real: datetime
) -> None:
    """Keep a colleague's name and role; raises LastOwner.

    Another role ends her log-ins: she comes in anew as what she is now.
    """
    user = User.held(session, user_id)
    if role is not TeamRole.OWNER:
        _keep_an_owner(session, user)
    user.name = " ".join(name.split())[:LONGEST_NAME]
    if role is not user.role:
        user.role = role
        login.close(session, user.id, real)
    session.commit()


def disable(session: Session, user_id: int, *, real: datetime) -> None:
    """Keep a colleague out from now on; raises LastOwner."""
    user = User.held(session, user_id)
    _keep_an_owner(session, user)
    user.disabled_at = user.disabled_at or real
    login.close(session, user.id, real)
    session.commit()


def enable(session: Session, user_id: int) -> None:
    """Let a colleague in again."""
    User.held(session, user_id).disabled_at = None
    session.commit()


def users(session: Session) -> Sequence[User]:
    return session.scalars(select(User).order_by(User.address)).all()


def colleagues(session: Session) -> Sequence[User]:
    """Return who may come in, and has: her address is hers, a mail to it led here."""
    mine = select(User).where(User.disabled_at.is_(None), User.password_hash != "")
    return session.scalars(mine.order_by(User.name, User.address)).all()


def speak(session: Session, user_id: int, language: str) -> None:
    """Keep the language in which she reads the studio; another one is ignored."""
    user = session.get_one(User, user_id)
    if language in LANGUAGES:
        user.language = language
    session.commit()


def by_address(session: Session, address: str) -> User | None:
    return session.scalar(select(User).where(User.address == address))


def _keep_an_owner(session: Session, user: User) -> None:
    """Refuse to lose the last owner; owners are locked, so that two cannot go."""
    if user.role is not TeamRole.OWNER or user.disabled_at is not None:
        return
    owners = held(
        select(User.id)
        .where(
            User.role == TeamRole.OWNER,
            User.disabled_at.is_(None),
            User.password_hash != "",
        )
        .order_by(User.id)
    )
    if set(session.scalars(owners)) <= {user.id}:
        session.rollback()
        raise LastOwner


def _normal(address: str) -> str:
    return str(addresses.normalise(address)).lower()
