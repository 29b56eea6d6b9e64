"""Quoted-printable in pieces: encoded apart, they can be put together in any order.

None of their lines begins with a dot, and all end in CRLF: what is put together of
them goes over the wire as it stands, and nobody has to look through it again.
"""

import binascii
import re
from typing import NewType

Pieces = NewType("Pieces", str)
"""Nothing but pieces, one behind the other."""

SOFT_BREAK = "=\r\n"
MOST_LINE = 75  # octets, and one for the soft break: RFC 2045, 6.7

_LINE_END = re.compile(r"\r\n|\r|\n")
_DOTS = re.compile(r"(?:(?<=\n)|\A)\.+")
_SIMPLE = re.compile(r"[!-\-/-<>-~](?:[ -<>-~]{0,73}[!-<>-~])?")  # no dot first
_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,75}")


def piece(text: str) -> Pieces:
    """Return the text as whole lines: it begins and ends in the first column.

    Where the text does not end a line, a soft break does. So a piece fits behind any
    other, whatever was filled in or left out between them, and no line gets too long.
    """
    if not text:
        return Pieces("")
    if _SIMPLE.fullmatch(text):
        return Pieces(text + SOFT_BREAK)
    wire = text if text.isprintable() else _LINE_END.sub("\r\n", text)
    # Its own line end tells the encoder which kind we use; a space before it is kept.
    encoded = binascii.b2a_qp(wire.encode() + b"\r\n", istext=True).decode("ascii")
    encoded = encoded[:-2]
    whole = encoded if encoded.endswith("\n") else _closed(encoded)
    return Pieces(_DOTS.sub(_spelled_out, whole))


def is_token(text: str) -> bool:
    """Say whether it is a short word of letters that no encoding changes."""
    return _TOKEN.fullmatch(text) is not None


def token(word: str) -> Pieces:
    """Return a token as a line of its own."""
    return Pieces(word + SOFT_BREAK)


def body(pieces: Pieces) -> memoryview:
    """Return the pieces as the body of a part, without the line end that closes it.

    Nothing follows a last soft break, and the boundary brings a line end of its own.
    """
    octets = memoryview(pieces.encode("ascii"))
    return octets[: -len(SOFT_BREAK)] if pieces.endswith(SOFT_BREAK) else octets


def _spelled_out(dots: re.Match[str]) -> str:
    """Give each dot a line of its own: only so does what follows still fit."""
    return f"=2E{SOFT_BREAK}" * len(dots[0])


def _closed(encoded: str) -> str:
    """End the last line softly; the break itself must fit, too."""
    last = len(encoded) - encoded.rfind("\n") - 1
    if last <= MOST_LINE:
        return encoded + SOFT_BREAK
    cut = -3 if encoded[-3] == "=" else -1  # never inside of =3D
    return encoded[:cut] + SOFT_BREAK + encoded[cut:] + SOFT_BREAK
