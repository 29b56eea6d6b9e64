"""Links that are mailed to colleagues: to come in, and to choose a new password."""

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session, joinedload

from funnel.domain import address as addresses
from funnel.domain.status import TeamRole, UserLinkKind
from funnel.flow.team import letters, login, passwords, people
from funnel.models import User, UserLink

LIVES = {
    UserLinkKind.INVITATION: timedelta(days=7),
    UserLinkKind.PASSWORD: timedelta(hours=1),
}
MAIL_EVERY = timedelta(minutes=10)


class DeadLink(Exception):  # noqa: N818 - it names what was found
    """The link was used, is too old, or its colleague may not come in any more."""


def invite(
    session: Session,
    address: str,
    *,
    name: str,
    role: TeamRole,
    now: datetime,
    real: datetime,
) -> User:
    """Mail somebody a link to come in; raises BadUser or BadAddress."""
    normal = str(addresses.normalise(address)).lower()
    if people.by_address(session, normal):
        raise people.BadUser(f"{normal} is a user already")
    user = User(
        address=normal,
        name=" ".join(name.split())[: people.LONGEST_NAME],
        role=role,
        password_hash="",
        created_at=real,
    )
    session.add(user)
    session.flush()
    _mail(session, user, UserLinkKind.INVITATION, now, real)
    session.commit()
    return user


def invite_again(
    session: Session, user_id: int, *, now: datetime, real: datetime
) -> None:
    """Mail a new link to who has not come in yet; the old one ends."""
    user = session.get_one(User, user_id)
    if user.is_invited and user.disabled_at is None:
        _end(session, user.id, real)
        _mail(session, user, UserLinkKind.INVITATION, now, real)
    session.commit()


def ask_password(
    session: Session, address: str, *, now: datetime, real: datetime
) -> None:
    """Mail a link for a new password, if somebody here has this address.

    Nothing tells the asker whether that is so; one mail in ten minutes at most.
    """
    user = people.by_address(session, address.strip().lower())
    may_get_one = user is not None and user.disabled_at is None and not user.is_invited
    if user is not None and may_get_one and not _just_mailed(session, user.id, real):
        _mail(session, user, UserLinkKind.PASSWORD, now, real)
    session.commit()


def link(session: Session, link_id: int, *, real: datetime) -> UserLink:
    """Return a link that is still good, with its colleague; raises DeadLink."""
    found = session.scalar(
        select(UserLink)
        .join(User)
        .options(joinedload(UserLink.user))
        .where(
            UserLink.id == link_id,
            UserLink.used_at.is_(None),
            UserLink.expires_at > real,
            User.disabled_at.is_(None),
        )
    )
    if found is None:
        raise DeadLink
    return found


def choose_password(
    session: Session, link_id: int, password: str, *, real: datetime
) -> None:
    """Keep the password that she chose behind a link; raises DeadLink, WeakPassword.

    Every link and every log-in of hers ends; a second factor stays asked for.
    """
    found = link(session, link_id, real=real)
    passwords.check(password, address=found.user.address)
    if not _use(session, found, real):
        raise DeadLink
    _end(session, found.user_id, real)
    found.user.password_hash = passwords.encode(password)
    login.close(session, found.user_id, real)
    session.commit()


def _use(session: Session, found: UserLink, real: datetime) -> bool:
    """Take the link, and say whether we were the first."""
    mine = update(UserLink).where(UserLink.id == found.id, UserLink.used_at.is_(None))
    taken = session.execute(mine.values(used_at=real).returning(UserLink.id))
    return taken.first() is not None


def _end(session: Session, user_id: int, real: datetime) -> None:
    session.execute(
        update(UserLink)
        .where(UserLink.user_id == user_id, UserLink.used_at.is_(None))
        .values(used_at=real)
    )


def _just_mailed(session: Session, user_id: int, real: datetime) -> bool:
    recent = UserLink.created_at > real - MAIL_EVERY
    hers = (UserLink.user_id == user_id) & (UserLink.kind == UserLinkKind.PASSWORD)
    return session.scalar(select(UserLink.id).where(hers, recent).limit(1)) is not None


def _mail(
    session: Session, user: User, kind: UserLinkKind, now: datetime, real: datetime
) -> None:
    new = UserLink(
        user_id=user.id, kind=kind, created_at=real, expires_at=real + LIVES[kind]
    )
    session.add(new)
    session.flush()
    letters.send(session, new, user, now=now)
