"""DKIM: a signature over headers and body, the same on every attempt (RFC 6376)."""

import base64
import hashlib
import re
from email.utils import parsedate_to_datetime
from typing import TypeVar

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

SIGNED = (
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Reply-To",
    "MIME-Version",
    "Content-Type",
    "List-ID",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "Feedback-ID",
    "Auto-Submitted",
    "Precedence",
)
OVERSIGNED = ("From", "Subject")
"""Named once more than they are there: nobody can add a second one unseen."""

LEAST_BITS, NEW_BITS = 1024, 2048  # RFC 8301: below 1024 nobody accepts
Octets = TypeVar("Octets", bound=bytes)
"""A signature has whole lines and no dot first: what the message is, it stays."""

_LINE = 76
_FOLD, _SPACE = re.compile(rb"\r\n(?=[ \t])"), re.compile(rb"[ \t]+")
_TRAILING = re.compile(rb" +(?=\r\n|\Z)")
_ADDRESS = re.compile(rb"@([A-Za-z0-9.-]+)>?\s*$")


class Signer:
    """Signs as the domain in From, so that the signature is always aligned."""

    def __init__(self, key: rsa.RSAPrivateKey, selector: str) -> None:
        self.key, self.selector = key, selector

    @classmethod
    def of(cls, pem: str, selector: str) -> "Signer":
        """Read a private key.

        Raises:
            ValueError: It is not an RSA key in PEM form, or a short one.
        """
        key = serialization.load_pem_private_key(pem.encode(), None)
        if not isinstance(key, rsa.RSAPrivateKey) or key.key_size < LEAST_BITS:
            raise ValueError(f"not an RSA key of at least {LEAST_BITS} bits")
        return cls(key, selector)

    def sign(self, message: Octets) -> Octets:
        """Return the message with its signature on top.

        The moment of signing is the message's own Date: a second attempt has the
        same bytes (RSA with PKCS #1 v1.5 draws no lots).
        """
        head, _, body = message.partition(b"\r\n\r\n")
        found = _headers(head)
        start = self._start(found, _digest(_relaxed_body(body)))
        signed = _covered(found) + _relaxed(b"DKIM-Signature", start)
        octets = self.key.sign(signed, padding.PKCS1v15(), hashes.SHA256())
        value = start + _folded(base64.b64encode(octets))
        return type(message)(b"DKIM-Signature:" + value + b"\r\n" + message)

    def _start(self, found: dict[bytes, bytes], digest: bytes) -> bytes:
        """Return everything but the signature itself."""
        domain = _ADDRESS.search(found[b"from"])
        if domain is None:
            raise ValueError("the message has no address in From")
        when = parsedate_to_datetime(found[b"date"].decode().strip())
        names = b":".join(name.lower().encode() for name in _names(found))
        return (
            b" v=1; a=rsa-sha256; c=relaxed/relaxed;\r\n"
            b" d=%b; s=%b;\r\n t=%d;\r\n h=%b;\r\n bh=%b;\r\n b="
        ) % (
            domain[1].lower(),
            self.selector.encode(),
            int(when.timestamp()),
            _folded(names, at=b":"),
            digest,
        )


def new_key() -> str:
    """Return a fresh private key, PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=NEW_BITS)
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def record(signer: Signer) -> str:
    """Return what the DNS must say at <selector>._domainkey.<domain>."""
    public = signer.key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return f"v=DKIM1; k=rsa; p={base64.b64encode(public).decode()}"


def _headers(head: bytes) -> dict[bytes, bytes]:
    """Return the values by lower-case name; our messages have each header once."""
    lines = (line.partition(b":") for line in _FOLD.sub(b"", head).split(b"\r\n"))
    return {name.lower(): value for name, _, value in lines}


def _names(found: dict[bytes, bytes]) -> list[str]:
    return [*(name for name in SIGNED if name.lower().encode() in found), *OVERSIGNED]


def _covered(found: dict[bytes, bytes]) -> bytes:
    """Return the signed headers; one that is named too often adds nothing."""
    keys = [name.lower().encode() for name in SIGNED]
    lines = (_relaxed(key, found[key]) for key in keys if key in found)
    return b"".join(line + b"\r\n" for line in lines)


def _relaxed(name: bytes, value: bytes) -> bytes:
    """Return one header as RFC 6376, 3.4.2 wants it, without its line end."""
    unfolded = _SPACE.sub(b" ", value.replace(b"\r\n", b"")).strip()
    return name.lower() + b":" + unfolded


def _relaxed_body(body: bytes) -> bytes:
    """Return the body as RFC 6376, 3.4.4 wants it."""
    if b"  " in body or b" \r\n" in body or b"\t" in body:
        body = _TRAILING.sub(b"", _SPACE.sub(b" ", body))
    return body.rstrip(b"\r\n") + b"\r\n" if body.strip(b"\r\n") else b""


def _digest(body: bytes) -> bytes:
    return base64.b64encode(hashlib.sha256(body).digest())


def _folded(octets: bytes, at: bytes = b"") -> bytes:
    """Break a long value over lines: anywhere, or only after `at`."""
    room = _LINE - 4
    if not at:
        pieces = [octets[i : i + room] for i in range(0, len(octets), room)]
        return b"\r\n ".join(pieces)
    lines, line = list[bytes](), b""
    for word in octets.split(at):
        if line and len(line) + len(word) > room:
            lines.append(line)
            line = b""
        line += word + at
    return b"\r\n ".join([*lines, line.removesuffix(at)])
