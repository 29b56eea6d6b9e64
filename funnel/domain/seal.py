"""Secrets that must be read again, under a key that the database does not have."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


class Broken(ValueError):  # noqa: N818 - it names what was found
    """What is sealed was changed, or sealed with a key that is gone."""


@dataclass(frozen=True, slots=True, repr=False)
class Seal:
    """Seals with the newest key, opens with any that is still believed."""

    keys: MultiFernet

    @classmethod
    def of(cls, secret: str, previous: Sequence[str] = ()) -> "Seal":
        return cls(MultiFernet([_key(one) for one in (secret, *previous)]))

    def close(self, text: str) -> bytes:
        return self.keys.encrypt(text.encode())

    def open(self, sealed: bytes, lives: int | None = None) -> str:
        """Return the text; `lives`: for how many seconds it is good. Broken."""
        try:
            return self.keys.decrypt(sealed, ttl=lives).decode()
        except InvalidToken as problem:
            raise Broken("not sealed here") from problem


def _key(secret: str) -> Fernet:
    kdf = HKDF(hashes.SHA256(), length=32, salt=None, info=b"funnel seal")
    return Fernet(base64.urlsafe_b64encode(kdf.derive(secret.encode())))
