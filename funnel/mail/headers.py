"""The header lines of a message: encoded, folded, and safe from injection."""

import re
from functools import lru_cache

import email_validator

from funnel.mail.holes import is_invisible

_ATEXT = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LOCAL = re.compile(rf"{_ATEXT}(\.{_ATEXT})*")
_LABEL = r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)"
_DOMAIN = re.compile(rf"{_LABEL}(\.{_LABEL})*")
_WORD_SAFE = frozenset(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!*+-/"
)
_LINE = 76  # RFC 2047: a line with an encoded word; below the 78 of RFC 5322
MOST_PLAIN, MOST_LOCAL, MOST_ADDRESS = 900, 64, 254  # RFC 5321 and 5322


class BadHeader(ValueError):  # noqa: N818 - it names what was found
    """A value that would break the header it was meant for."""


def plain(name: str, value: str) -> bytes:
    """Return a header whose value is a token or an address: ASCII, never encoded.

    Raises:
        BadHeader: It holds what such a header cannot carry.
    """
    _refuse_invisible(name, value)
    if not value.isascii() or len(name) + len(value) > MOST_PLAIN:
        raise BadHeader(f"{name} must be short and plain ASCII")
    return f"{name}: {value}\r\n".encode("ascii")


@lru_cache(maxsize=4096)
def words(name: str, value: str) -> bytes:
    """Return a header of free text, in encoded words where ASCII is not enough.

    Raises:
        BadHeader: A line break, NUL or another control character is in it.
    """
    _refuse_invisible(name, value)
    first = len(name) + 2
    if _is_plain(value) and first + len(value) <= _LINE:
        return f"{name}: {value}\r\n".encode("ascii")
    folded = "\r\n ".join(_encoded_words(value, first))
    return f"{name}: {folded}\r\n".encode("ascii")


def mailbox(name: str, display: str, address: str) -> bytes:
    """Return a header with one address, and before it the name of who it is.

    Raises:
        BadHeader: The name or the address cannot stand in a header.
    """
    _refuse_invisible(name, display)
    wire = wire_address(address)
    if not display:
        return f"{name}: {wire}\r\n".encode()
    phrase = _phrase(display, len(name) + 2)
    last = len(phrase.rpartition("\r\n")[2]) + (
        0 if "\r\n" in phrase else len(name) + 2
    )
    gap = " " if last + len(wire) + 3 <= _LINE else "\r\n "
    return f"{name}: {phrase}{gap}<{wire}>\r\n".encode()


@lru_cache(maxsize=4096)
def wire_address(address: str) -> str:
    """Return the address as it goes over the wire: its domain as an A-label.

    Raises:
        BadHeader: It is not one plain address.
    """
    local, at, domain = address.rpartition("@")
    if address.isascii():
        fine = at and _LOCAL.fullmatch(local) and _DOMAIN.fullmatch(domain)
        if not fine or len(local) > MOST_LOCAL or len(address) > MOST_ADDRESS:
            raise BadHeader("This is not an e-mail address")
        return address
    try:
        found = email_validator.validate_email(
            address, check_deliverability=False, test_environment=True
        )
    except email_validator.EmailNotValidError as error:
        raise BadHeader("This is not an e-mail address") from error
    return f"{found.local_part}@{found.ascii_domain}"


def needs_smtputf8(address: str) -> bool:
    """Say whether only a relay with SMTPUTF8 can take mail for this address."""
    return not wire_address(address).isascii()


def _refuse_invisible(name: str, value: str) -> None:
    if not value.isprintable() and any(map(is_invisible, value)):
        raise BadHeader(f"{name} holds a line break or a control character")


def _is_plain(value: str) -> bool:
    """Say whether it can stand as it is; "=?" would be read as an encoded word."""
    return value.isascii() and "=?" not in value and value == " ".join(value.split())


def _phrase(display: str, used: int) -> str:
    if _is_plain(display) and used + len(display) <= _LINE - 2:
        if re.fullmatch(rf"{_ATEXT}( {_ATEXT})*", display):
            return display
        return '"' + re.sub(r'(["\\])', r"\\\1", display) + '"'
    return "\r\n ".join(_encoded_words(display, used))


def _encoded_words(value: str, used: int) -> list[str]:
    """Split into encoded words, none over 75 octets, no character cut in two."""
    done, word = list[str](), ""
    room = _LINE - used - len("=?utf-8?q??=")
    for character in value:
        code = _encode(character)
        if len(word) + len(code) > room:
            done.append(word)
            word, room = "", _LINE - 1 - len("=?utf-8?q??=")
        word += code
    return [f"=?utf-8?q?{word}?=" for word in [*done, word]]


def _encode(character: str) -> str:
    if character == " ":
        return "_"
    if character in _WORD_SAFE:
        return character
    return "".join(f"={octet:02X}" for octet in character.encode())
