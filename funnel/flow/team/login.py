"""Log-ins: proven, paced, and ended for good when she leaves."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.orm import Session, joinedload

from funnel.domain import address as addresses
from funnel.flow.team import passwords
from funnel.models import Login, LoginAttempt, User

OPEN_FOR = timedelta(days=14)
MEMORY = timedelta(hours=24)
KNOWN_FOR = timedelta(days=60)
HALF_FOR = timedelta(minutes=10)
"""How long the page that asks for a code waits for one."""


@dataclass(frozen=True, slots=True)
class Pace:
    """After `free` failures each further one doubles the wait, up to `longest`."""

    free: int
    longest: timedelta

    def wait(self, failures: int) -> timedelta:
        doublings = min(failures - self.free, 20)
        if doublings < 0:
            return timedelta()
        return min(timedelta(seconds=2**doublings), self.longest)


HERS_FROM_HERE = Pace(4, timedelta(minutes=15))
HERS_FROM_ANYWHERE = Pace(30, timedelta(minutes=15))
ANYBODYS_FROM_HERE = Pace(20, timedelta(minutes=15))


class WrongPassword(Exception):  # noqa: N818 - it says what happened
    """Address and password do not belong together; which one is not said."""


class TooSoon(Exception):  # noqa: N818 - it says what happened
    """Too many tries; `wait` says how long until the next one is looked at."""

    def __init__(self, wait: timedelta) -> None:
        """Keep the wait."""
        super().__init__(f"wait {wait.total_seconds():.0f} seconds")
        self.wait = wait


def log_in(
    session: Session, *, address: str, password: str, network: str, real: datetime
) -> str:
    """Open a log-in and return its secret; raises WrongPassword or TooSoon.

    Where she has a second step it is a half one, which `awaiting` finds.

    The try is counted, and committed, before the slow look at the password:
    a hundred tries at once are a hundred tries.
    """
    key = address.strip().lower()
    attempt = count(session, key, network, real)
    user = session.scalar(
        select(User).where(User.address == key, User.disabled_at.is_(None))
    )
    fits = passwords.verify(user.password_hash if user else None, password)
    if user is None or not fits:
        raise WrongPassword
    attempt.succeeded = True
    if passwords.is_old(user.password_hash):
        user.password_hash = passwords.encode(password)
    secret = open_for(session, user, real, is_proven=not user.has_code)
    session.commit()
    return secret


def current(session: Session, secret: str, *, real: datetime) -> Login | None:
    """Return the open log-in behind a cookie, or None."""
    return session.scalar(
        select(Login)
        .join(User)
        .options(joinedload(Login.user))
        .where(
            Login.token_hash == _hash(secret),
            Login.ended_at.is_(None),
            Login.awaits_code.is_(False),
            Login.created_at > real - OPEN_FOR,
            User.disabled_at.is_(None),
        )
    )


def awaiting(session: Session, secret: str, *, real: datetime) -> Login | None:
    """Return the half log-in behind a secret, locked, or None."""
    return session.scalar(
        select(Login)
        .join(User)
        .options(joinedload(Login.user))
        .where(
            Login.token_hash == _hash(secret),
            Login.ended_at.is_(None),
            Login.awaits_code,
            Login.created_at > real - HALF_FOR,
            User.disabled_at.is_(None),
        )
    )


def log_out(session: Session, secret: str, *, real: datetime) -> None:
    """End this log-in: a copy of its cookie opens nothing any more."""
    session.execute(
        update(Login)
        .where(Login.token_hash == _hash(secret), Login.ended_at.is_(None))
        .values(ended_at=real)
    )
    session.commit()


def end_all(session: Session, user_id: int, *, real: datetime) -> None:
    """End every log-in of one person, also this one."""
    close(session, user_id, real)
    session.commit()


def change_password(
    session: Session, user_id: int, *, old: str, new: str, real: datetime
) -> str:
    """Change her own password; every log-in ends, and a new one is returned.

    Raises WrongPassword when `old` does not fit, WeakPassword when `new` is.
    """
    user = session.get_one(User, user_id)
    if not passwords.verify(user.password_hash, old):
        raise WrongPassword
    passwords.check(new, address=user.address)
    user.password_hash = passwords.encode(new)
    close(session, user.id, real)
    secret = open_for(session, user, real)
    session.commit()
    return secret


def close(session: Session, user_id: int, real: datetime) -> None:
    """End every log-in of one person; not committed."""
    session.execute(
        update(Login)
        .where(Login.user_id == user_id, Login.ended_at.is_(None))
        .values(ended_at=real)
    )


def forget(session: Session, *, real: datetime) -> None:
    """Drop tries and log-ins that count for nothing any more."""
    session.execute(delete(LoginAttempt).where(LoginAttempt.at <= real - KNOWN_FOR))
    session.execute(delete(Login).where(Login.created_at <= real - KNOWN_FOR))
    session.commit()


def open_for(
    session: Session, user: User, real: datetime, *, is_proven: bool = True
) -> str:
    """Open a log-in and return its secret; not committed."""
    secret = secrets.token_urlsafe(32)
    session.add(
        Login(
            user_id=user.id,
            token_hash=_hash(secret),
            created_at=real,
            awaits_code=not is_proven,
        )
    )
    return secret


def count(session: Session, key: str, network: str, real: datetime) -> LoginAttempt:
    """Count a try, and commit it; raises TooSoon."""
    digest = addresses.digest(key)
    # One try at a time per account and per network, or a burst would share a count.
    for lock in sorted((f"account {digest}", f"network {network}")):
        number = func.hashtextextended(lock, 0)
        session.execute(select(func.pg_advisory_xact_lock(number)))
    wait = _wait(session, digest, network, real)
    if wait > timedelta():
        session.rollback()
        raise TooSoon(wait)
    attempt = LoginAttempt(
        address_hash=digest, network=network, succeeded=False, at=real
    )
    session.add(attempt)
    session.commit()
    return attempt


def _wait(session: Session, digest: str, network: str, real: datetime) -> timedelta:
    """Return how long the next try must wait.

    Strangers far away cannot keep her out: the pace over all networks is not for
    one from which she logged in before.
    """
    hers, here = LoginAttempt.address_hash == digest, LoginAttempt.network == network
    paces = [(HERS_FROM_HERE, hers & here), (ANYBODYS_FROM_HERE, here)]
    if not _is_known(session, hers & here, real):
        paces.append((HERS_FROM_ANYWHERE, hers))
    return max(_left(session, pace, where, real) for pace, where in paces)


def _left(
    session: Session, pace: Pace, where: ColumnElement[bool], real: datetime
) -> timedelta:
    recent = where & (LoginAttempt.at > real - MEMORY)
    succeeded = recent & LoginAttempt.succeeded
    last_success = select(func.max(LoginAttempt.at)).where(succeeded)
    floor = func.coalesce(last_success.scalar_subquery(), real - MEMORY)
    failures, last = session.execute(
        select(func.count(), func.max(LoginAttempt.at)).where(
            recent, ~LoginAttempt.succeeded, LoginAttempt.at > floor
        )
    ).one()
    return last + pace.wait(failures) - real if failures else timedelta()


def _is_known(session: Session, where: ColumnElement[bool], real: datetime) -> bool:
    before = where & LoginAttempt.succeeded & (LoginAttempt.at > real - KNOWN_FOR)
    return bool(session.scalar(select(select(LoginAttempt.id).where(before).exists())))


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
