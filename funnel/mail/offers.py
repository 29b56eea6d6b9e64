"""What a server can do, as its EHLO says, and the commands that follow from it."""

from dataclasses import dataclass
from enum import Enum

from funnel.mail.envelope import Envelope
from funnel.mail.receipt import Phase, Reply

Command = tuple[Phase, bytes]


class Mode(Enum):
    """How a message is handed over."""

    STEPS = "each command waits for the answer to the one before it"
    PIPELINE = "the envelope goes in one write, the body after 354 (RFC 2920)"
    CHUNKS = "the body follows without waiting, in chunks (RFC 3030)"


LAST = {
    Mode.STEPS: b".\r\n",
    Mode.PIPELINE: b".\r\n",
    Mode.CHUNKS: b"BDAT 0 LAST\r\n",
}
"""The last octets of a message: before them the fence stands."""


@dataclass(frozen=True, slots=True)
class Offers:
    """The service extensions of one server."""

    mode: Mode = Mode.STEPS
    most: int | None = None  # octets of one message, if it says so
    has_size: bool = False
    has_8bit: bool = False
    has_smtputf8: bool = False
    has_starttls: bool = False
    log_ins: tuple[str, ...] = ()

    @classmethod
    def read(cls, greeting: Reply) -> "Offers":
        """Read the answer to EHLO."""
        pairs = (line.partition(" ") for line in greeting.lines[1:])
        said = {key.upper(): value.strip() for key, _, value in pairs}
        size = said.get("SIZE", "")
        return cls(
            mode=_mode(said),
            most=int(size) if size.isdecimal() and int(size) else None,
            has_size="SIZE" in said,
            has_8bit="8BITMIME" in said,
            has_smtputf8="SMTPUTF8" in said,
            has_starttls="STARTTLS" in said,
            log_ins=tuple(said.get("AUTH", "").upper().split()),
        )

    @property
    def names(self) -> list[str]:
        """Return those that we use, as EHLO writes them."""
        known = {
            "PIPELINING": self.mode is not Mode.STEPS,
            "CHUNKING": self.mode is Mode.CHUNKS,
            f"SIZE {self.most}" if self.most else "SIZE": self.has_size,
            "8BITMIME": self.has_8bit,
            "SMTPUTF8": self.has_smtputf8,
            "STARTTLS": self.has_starttls,
            f"AUTH {' '.join(self.log_ins)}": bool(self.log_ins),
        }
        return [name for name, is_there in known.items() if is_there]

    def impossible(self, envelope: Envelope) -> Reply | None:
        """Return what the server would say, where its offers tell already."""
        if envelope.needs_smtputf8 and not self.has_smtputf8:
            return Reply(553, "5.6.7", "this relay takes no international addresses")
        if envelope.needs_8bit and not self.has_8bit:
            return Reply(554, "5.6.3", "this relay takes no 8-bit messages")
        if self.most is not None and self.most < len(envelope.data):
            return Reply(552, "5.3.4", "the message is larger than this relay takes")
        return None

    def commands(self, envelope: Envelope) -> list[Command]:
        """Return what is said of a message before its body, or with it."""
        mail = f"MAIL FROM:<{envelope.mail_from}>{self._options(envelope)}\r\n"
        found = [
            (Phase.MAIL, mail.encode()),
            (Phase.RCPT, f"RCPT TO:<{envelope.to}>\r\n".encode()),
        ]
        if self.mode is Mode.CHUNKS:
            body = envelope.closed()
            found.append((Phase.BODY, b"BDAT %d\r\n%b" % (len(body), body)))
        else:
            found.append((Phase.DATA, b"DATA\r\n"))
        return found

    def _options(self, envelope: Envelope) -> str:
        size = f" SIZE={len(envelope.data)}" if self.has_size else ""
        eight = " BODY=8BITMIME" if envelope.needs_8bit else ""
        return size + eight + (" SMTPUTF8" if envelope.needs_smtputf8 else "")


def _mode(said: dict[str, str]) -> Mode:
    if "PIPELINING" not in said:
        return Mode.STEPS
    return Mode.CHUNKS if "CHUNKING" in said else Mode.PIPELINE
