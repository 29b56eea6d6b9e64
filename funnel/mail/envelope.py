"""What goes on the outside of a message: from whom, to whom, how large."""

import io
from typing import NamedTuple

from funnel.mail import headers


class Canonical(bytes):
    """A message that goes over the wire as it stands; nobody looks through it again.

    It is ASCII or UTF-8 without NUL, every line ends in CRLF, the last one too, and
    none begins with a dot. Only who makes it so says so: `message.build`.
    """

    __slots__ = ()


class Envelope(NamedTuple):
    """One message to hand over; addresses as they go over the wire."""

    mail_from: str
    to: str
    data: bytes
    needs_8bit: bool
    needs_smtputf8: bool

    @classmethod
    def seal(cls, mail_from: str, to: str, data: bytes) -> "Envelope":
        """Return an envelope that cannot break out of its commands.

        Raises:
            BadHeader: One of them is not an address.
            ValueError: The message has a bare CR or LF (CVE-2023-51764 and its like).
        """
        if not isinstance(data, Canonical):
            refuse_bare(data)
        sender, recipient = headers.wire_address(mail_from), headers.wire_address(to)
        is_plain = sender.isascii() and recipient.isascii()
        is_ascii = data.isascii()
        needs_smtputf8 = not is_plain or (not is_ascii and not _head(data).isascii())
        needs_8bit = needs_smtputf8 or not is_ascii
        return cls(sender, recipient, data, needs_8bit, needs_smtputf8)

    def closed(self) -> bytes:
        """Return the data, ending in CRLF: as a chunk carries it."""
        return self.data if self.data.endswith(b"\r\n") else self.data + b"\r\n"

    def stuffed(self) -> bytes:
        """Return the same with every leading dot doubled: as DATA carries it."""
        if isinstance(self.data, Canonical):
            return self.data
        data = self.closed()
        if b"\r\n." in data:
            data = data.replace(b"\r\n.", b"\r\n..")
        return b"." + data if data.startswith(b".") else data


def refuse_bare(data: bytes) -> None:
    """Raise ValueError for octets that a server could read as the end of a message."""
    if not _has_crlf_only(data) or b"\0" in data:
        raise ValueError("a message has CRLF line ends only")


def _has_crlf_only(data: bytes) -> bool:
    """Say whether every CR and every LF stands in a pair.

    The standard library's newline decoder notes which line ends it has seen: one
    pass in C, eight times as fast as counting.
    """
    decoder = io.IncrementalNewlineDecoder(None, translate=False)
    decoder.decode(data.decode("latin-1"), final=True)
    return decoder.newlines in {None, "\r\n"}


def _head(data: bytes) -> bytes:
    return data.partition(b"\r\n\r\n")[0]
