"""The second step of a log-in: a code of her telephone, or one from paper."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime

import pyotp
from sqlalchemy import delete, or_, update
from sqlalchemy.orm import Session

from funnel.domain.seal import Seal
from funnel.flow.team import login, passwords
from funnel.models import RecoveryCode, User

STEP = 30  # seconds; RFC 6238
WINDOW = (-1, 0, 1)  # clocks differ, and typing takes time
CODES, GROUPS, GROUP = 10, 4, 4
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


class WrongCode(Exception):  # noqa: N818 - it says what happened
    """The code does not fit, or was used before."""


@dataclass(frozen=True, slots=True, repr=False)
class Proof:
    """What she shows before her log-in asks for codes: that she can make them."""

    password: str
    secret: str
    code: str


def new_secret() -> str:
    return pyotp.random_base32()


def address_of(secret: str, user: User, issuer: str) -> str:
    """Return what a telephone reads from the picture."""
    return pyotp.TOTP(secret).provisioning_uri(name=user.address, issuer_name=issuer)


def turn_on(
    session: Session,
    user_id: int,
    proof: Proof,
    *,
    seal: Seal,
    real: datetime,
) -> tuple[str, list[str]]:
    """Ask her for a code from now on; return a new log-in and her paper codes.

    Raises WrongPassword or WrongCode. Every other log-in of hers ends.
    """
    user = _proven(session, user_id, proof.password)
    step = _step(proof.secret, proof.code, real)
    if step is None:
        raise WrongCode
    user.code_secret, user.code_step = seal.close(proof.secret), step
    codes = _new_codes(session, user.id)
    login.close(session, user.id, real)
    opened = login.open_for(session, user, real)
    session.commit()
    return opened, codes


def turn_off(session: Session, user_id: int, *, password: str, real: datetime) -> str:
    """Ask for no code any more; return a new log-in. Raises WrongPassword."""
    user = _proven(session, user_id, password)
    _forget(session, user)
    login.close(session, user.id, real)
    opened = login.open_for(session, user, real)
    session.commit()
    return opened


def reset(session: Session, user_id: int, *, real: datetime) -> None:
    """Let a colleague who lost everything in with her password alone; an owner's."""
    user = session.get_one(User, user_id)
    _forget(session, user)
    login.close(session, user.id, real)
    session.commit()


def prove(
    session: Session,
    secret: str,
    code: str,
    *,
    seal: Seal,
    network: str,
    real: datetime,
) -> str:
    """Take the second step; return the secret of the log-in that opens everything.

    Raises WrongCode or TooSoon. The try is counted before the look at the code.
    """
    half = login.awaiting(session, secret, real=real)
    if half is None:
        raise WrongCode
    attempt = login.count(session, f"code {half.user_id}", network, real)
    if not _fits(session, half.user, code, seal, real):
        session.rollback()
        raise WrongCode
    attempt.succeeded = True
    half.ended_at = real
    opened = login.open_for(session, half.user, real, is_proven=True)
    session.commit()
    return opened


def _proven(session: Session, user_id: int, password: str) -> User:
    user = session.get_one(User, user_id)
    if not passwords.verify(user.password_hash, password):
        raise login.WrongPassword
    return user


def _fits(session: Session, user: User, code: str, seal: Seal, real: datetime) -> bool:
    if user.code_secret is None:
        return False
    step = _step(seal.open(user.code_secret), code, real)
    if step is None:
        return _use_paper(session, user.id, code, real)
    newer = or_(User.code_step.is_(None), User.code_step < step)
    mine = update(User).where(User.id == user.id, newer).values(code_step=step)
    return session.execute(mine.returning(User.id)).first() is not None


def _step(secret: str, code: str, real: datetime) -> int | None:
    """Return the step of the clock that the code belongs to."""
    typed, totp = "".join(code.split()), pyotp.TOTP(secret)
    here = int(real.timestamp()) // STEP
    return next(
        (
            here + off
            for off in WINDOW
            if pyotp.utils.strings_equal(totp.at((here + off) * STEP), typed)
        ),
        None,
    )


def _use_paper(session: Session, user_id: int, code: str, real: datetime) -> bool:
    mine = (
        update(RecoveryCode)
        .where(
            RecoveryCode.user_id == user_id,
            RecoveryCode.code_hash == _hash(code),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=real)
    )
    return session.execute(mine.returning(RecoveryCode.id)).first() is not None


def _new_codes(session: Session, user_id: int) -> list[str]:
    _forget_codes(session, user_id)
    codes = [_new_code() for _ in range(CODES)]
    session.add_all(
        RecoveryCode(user_id=user_id, code_hash=_hash(code)) for code in codes
    )
    return codes


def _new_code() -> str:
    """Return one of almost 80 bits, so that a plain hash keeps it."""
    letters = [secrets.choice(LETTERS) for _ in range(GROUPS * GROUP)]
    parts = ["".join(letters[n : n + GROUP]) for n in range(0, len(letters), GROUP)]
    return "-".join(parts)


def _forget(session: Session, user: User) -> None:
    user.code_secret = user.code_step = None
    _forget_codes(session, user.id)


def _forget_codes(session: Session, user_id: int) -> None:
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))


def _hash(code: str) -> str:
    plain = "".join(letter for letter in code.lower() if letter.isalnum())
    return hashlib.sha256(plain.encode()).hexdigest()
