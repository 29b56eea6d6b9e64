"""What goes on the outside of a message: from whom, to whom, how large."""

from dataclasses import dataclass

from funnel.mail import headers


@dataclass(frozen=True, slots=True)
class Envelope:
    """One message to hand over; addresses as they go over the wire."""

    mail_from: str
    to: str
    data: bytes

    @classmethod
    def seal(cls, mail_from: str, to: str, data: bytes) -> "Envelope":
        """Return an envelope that cannot break out of its commands.

        Raises:
            BadHeader: One of them is not an address.
            ValueError: The message has a bare CR or LF (CVE-2023-51764 and its like).
        """
        ends = data.count(b"\r\n")
        if not ends == data.count(b"\r") == data.count(b"\n") or b"\0" in data:
            raise ValueError("a message has CRLF line ends only")
        sender, recipient = map(headers.wire_address, (mail_from, to))
        return cls(sender, recipient, data)

    @property
    def is_international(self) -> bool:
        return not (self.mail_from + self.to).isascii() or not self.data.isascii()

    def stuffed(self) -> bytes:
        """Return the data with every leading dot doubled, ending in CRLF."""
        doubled = self.data.replace(b"\r\n.", b"\r\n..")
        start = b"." if self.data.startswith(b".") else b""
        end = b"" if self.data.endswith(b"\r\n") else b"\r\n"
        return start + doubled + end
