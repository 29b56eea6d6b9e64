"""Quoted-printable in pieces: encoded apart, they can be put together in any order."""

import binascii
import re

SOFT_BREAK = "=\r\n"
MOST_LINE = 75  # octets, and one for the soft break: RFC 2045, 6.7

_LINE_END = re.compile(r"\r\n|\r|\n")
_SIMPLE = re.compile(r"[!-\-/-<>-~](?:[ -<>-~]{0,70}[!-<>-~])?")  # no dot first


def piece(text: str) -> str:
    """Return the text as whole lines: it begins and ends in the first column.

    Where the text does not end a line, a soft break does. So a piece fits behind any
    other, whatever was filled in or left out between them, and no line gets too long.
    """
    if not text:
        return ""
    if _SIMPLE.fullmatch(text):
        return text + SOFT_BREAK
    wire = text if text.isprintable() else _LINE_END.sub("\r\n", text)
    # Its own line end tells the encoder which kind we use; a space before it is kept.
    encoded = binascii.b2a_qp(wire.encode() + b"\r\n", istext=True).decode("ascii")
    encoded = encoded[:-2]
    return encoded if encoded.endswith("\n") else _closed(encoded)


def body(pieces: str) -> str:
    """Return the pieces as the body of a part: nothing follows a last soft break."""
    return pieces.removesuffix(SOFT_BREAK) + "\r\n"


def _closed(encoded: str) -> str:
    """End the last line softly; the break itself must fit, too."""
    last = len(encoded) - encoded.rfind("\n") - 1
    if last <= MOST_LINE:
        return encoded + SOFT_BREAK
    cut = -3 if encoded[-3] == "=" else -1  # never inside of =3D
    return encoded[:cut] + SOFT_BREAK + encoded[cut:] + SOFT_BREAK
