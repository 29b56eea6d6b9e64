"""Signed links: who may do what, without a log-in and without a row."""

import base64
import binascii
import hashlib
import hmac
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

MAC_BYTES = 16
ID_BYTES = 2
LONGEST = 200
NUMBER_BYTES = 8
_URL_SAFE = bytes.maketrans(b"+/", b"-_")


class BadToken(Exception):  # noqa: N818 - it names what was found
    """The token is not one of ours for this purpose."""


class TokenKind(StrEnum):
    """What a token lets its holder do; each kind has a key of its own."""

    CONFIRM = "confirm"
    UNSUBSCRIBE = "unsubscribe"
    PREFERENCES = "preferences"
    JOIN = "join"
    REPLAY = "replay"
    CALENDAR = "calendar"
    CLICK = "click"
    THANKS = "thanks"
    FORM = "form"
    PERSONAL_DATA = "personal-data"
    ACCOUNT = "account"


@dataclass(frozen=True, slots=True, repr=False)
class Key:
    """One secret: the id that tokens carry, and a signing key for each kind."""

    id: bytes
    signing: dict[TokenKind, hmac.HMAC]

    @classmethod
    def of(cls, secret: str) -> "Key":
        signing = {
            kind: hmac.new(_derive(secret, f"token {kind}"), digestmod=hashlib.sha256)
            for kind in TokenKind
        }
        return cls(_derive(secret, "token key id")[:ID_BYTES], signing)


@dataclass(frozen=True, slots=True, repr=False)
class Keys:
    """The key that signs, and before it went the ones that are still believed."""

    current: Key
    previous: tuple[Key, ...] = ()

    @classmethod
    def of(cls, secret: str, previous: Sequence[str] = ()) -> "Keys":
        return cls(Key.of(secret), tuple(Key.of(old) for old in previous))

    def __iter__(self) -> Iterator[Key]:
        yield self.current
        yield from self.previous


def issue(keys: Keys, kind: TokenKind, *numbers: int) -> str:
    """Return a URL-safe token for these numbers (each at least 0).

    Key id, eight bytes for each number, and 128 bits of HMAC-SHA256 over both; the
    length says nothing about the numbers.
    """
    body = keys.current.id + struct.pack(f">{len(numbers)}Q", *numbers)
    return _encode(body + _mac(keys.current, kind, body))


def read(keys: Keys, kind: TokenKind, token: str, count: int = 1) -> tuple[int, ...]:
    """Return the numbers of a token, or raise BadToken."""
    data = _decode(token)
    body, mac = data[:-MAC_BYTES], data[-MAC_BYTES:]
    if not any(_signed(key, kind, body, mac) for key in keys):
        raise BadToken(kind)
    if len(body) != ID_BYTES + count * NUMBER_BYTES:
        raise BadToken(kind)
    return struct.unpack_from(f">{count}Q", body, ID_BYTES)


def _derive(secret: str, purpose: str) -> bytes:
    """HKDF (RFC 5869): what is signed for one purpose says nothing of another."""
    kdf = HKDF(hashes.SHA256(), length=32, salt=None, info=f"funnel {purpose}".encode())
    return kdf.derive(secret.encode())


def _mac(key: Key, kind: TokenKind, body: bytes) -> bytes:
    """Sign with a copy of what the key has begun: half the work is done already."""
    mac = key.signing[kind].copy()
    mac.update(body)
    return mac.digest()[:MAC_BYTES]


def _signed(key: Key, kind: TokenKind, body: bytes, mac: bytes) -> bool:
    is_named = hmac.compare_digest(key.id, body[:ID_BYTES])
    return is_named and hmac.compare_digest(_mac(key, kind, body), mac)


def _encode(data: bytes) -> str:
    return binascii.b2a_base64(data, newline=False).translate(_URL_SAFE, b"=").decode()


def _decode(token: str) -> bytes:
    if not token.isascii() or len(token) > LONGEST:
        raise BadToken("shape")
    try:
        data = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (binascii.Error, ValueError) as problem:
        raise BadToken("shape") from problem
    # base64 forgives foreign characters and stray last bits; we do not.
    if _encode(data) != token or len(data) < ID_BYTES + MAC_BYTES:
        raise BadToken("shape")
    return data
