"""A folder of received messages: what the inbox server keeps and the pages show."""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import parsedate_to_datetime
from functools import lru_cache
from pathlib import Path

DIGITS = 6
NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class NoSuchMessage(LookupError):  # noqa: N818 - it names what was found
    """There is no message with this id."""


@dataclass(frozen=True, slots=True)
class Received:
    """One message: its number, its envelope, and what its headers say."""

    id: str
    sender: str  # as readers see it: "Anna <anna@example.nl>"
    recipient: str  # of the envelope
    subject: str
    date: datetime
    address: str  # the bare address of the sender


class Mailbox:
    """Messages numbered in the order in which they came; one process writes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def keep(self, data: bytes, sender: str, recipients: Sequence[str]) -> str:
        """Write a message to disk for good, and return its id."""
        number = f"{self._last() + 1:0{DIGITS}}"
        envelope = {"sender": sender, "recipients": list(recipients)}
        self._write(f"{number}.json", json.dumps(envelope).encode())
        self._write(f"{number}.eml", data)  # a message is there once this one is
        _sync_folder(self.folder)
        return number

    def messages(self) -> list[Received]:
        """Return everything that came, the oldest first."""
        return [_received(file) for file in sorted(self.folder.glob("*.eml"))]

    def find(self, number: str) -> Received:
        return _received(self._file(number))

    def read(self, number: str) -> bytes:
        """Return a message as it came, byte for byte."""
        return self._file(number).read_bytes()

    def _file(self, number: str) -> Path:
        file = self.folder / f"{number}.eml"
        if not number.isdigit() or not file.is_file():
            raise NoSuchMessage(number)
        return file

    def _last(self) -> int:
        return max((int(file.stem) for file in self.folder.glob("*.eml")), default=0)

    def _write(self, name: str, data: bytes) -> None:
        """Write under another name first: half a message is never shown."""
        fresh = self.folder / f"{name}.new"
        with fresh.open("wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        fresh.replace(self.folder / name)


def parse(data: bytes) -> EmailMessage:
    return BytesParser(policy=policy.default).parsebytes(data)


def part(message: EmailMessage, kind: str) -> str:
    """Return the text of the "html" or "plain" part, or nothing."""
    body = message.get_body((kind,))
    return str(body.get_content()) if body is not None else ""


@lru_cache(maxsize=2000)
def _received(file: Path) -> Received:
    """Read the headers; a kept message never changes, so once is enough."""
    headers = BytesParser(policy=policy.default).parsebytes(
        file.read_bytes(), headersonly=True
    )
    envelope = json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))
    return Received(
        id=file.stem,
        sender=str(headers.get("From", envelope["sender"])),
        recipient=", ".join(envelope["recipients"]),
        subject=str(headers.get("Subject", "")),
        date=_date(headers.get("Date")),
        address=_address(headers) or envelope["sender"],
    )


def _address(headers: EmailMessage) -> str:
    addresses: Sequence[Address] = getattr(headers.get("From"), "addresses", ())
    return addresses[0].addr_spec if addresses else ""


def _date(value: str | None) -> datetime:
    """Return the Date header in UTC; a message without a readable one sorts first."""
    try:
        return parsedate_to_datetime(str(value)).astimezone(UTC)
    except ValueError:
        return NEVER


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
