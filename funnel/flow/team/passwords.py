"""Passwords: argon2id, a few at a time, and never a hint at who exists."""

import threading
import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

SHORTEST, LONGEST, FEWEST_DIFFERENT = 12, 1024, 5

# OWASP's minimum for argon2id: 19 MiB, two passes, one lane.
hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)

# Fifty log-ins at once must not cost a gigabyte.
turn = threading.BoundedSemaphore(4)


class WeakPassword(ValueError):  # noqa: N818 - it names what was found
    """The password is too short, too long, or too simple; says which."""


def check(password: str, *, address: str = "") -> None:
    """Refuse a new password that is easy to guess; raises WeakPassword."""
    text = _normal(password)
    if len(text) < SHORTEST:
        raise WeakPassword(f"a password needs at least {SHORTEST} characters")
    if len(text) > LONGEST:
        raise WeakPassword(f"a password has at most {LONGEST} characters")
    name = address.partition("@")[0].lower()
    if len(set(text)) < FEWEST_DIFFERENT or (name and text.lower().startswith(name)):
        raise WeakPassword("that password is too easy to guess")


def encode(password: str) -> str:
    """Return the argon2id hash that is kept."""
    with turn:
        return hasher.hash(_normal(password))


def verify(kept: str | None, password: str) -> bool:
    """Say whether the password fits; as slow for nobody's hash as for a real one."""
    if len(password) > LONGEST:
        password, kept = "", None
    try:
        with turn:
            hasher.verify(kept or _nobody(), _normal(password))
    except (Argon2Error, InvalidHashError):
        return False
    return bool(kept)  # who is only invited has none


def is_old(kept: str) -> bool:
    """Say whether the hash was made with weaker settings than today's."""
    return hasher.check_needs_rehash(kept)


@cache
def _nobody() -> str:
    return hasher.hash("the password of nobody at all")


def _normal(password: str) -> str:
    return unicodedata.normalize("NFC", password)
