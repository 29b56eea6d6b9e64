"""A reader on the running system: signs up, confirms, joins, leaves, gets mail."""

import json
import re
import subprocess
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from typing import Protocol
from urllib.request import urlopen
from zoneinfo import ZoneInfo

from pages import Page, Visitor

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


class System(Protocol):
    """What these tests need of the running system."""

    @property
    def url(self) -> str: ...

    def funnel(
        self, *words: str, check: bool = True
    ) -> subprocess.CompletedProcess[str]: ...


@dataclass(frozen=True)
class Mail:
    """One stored message."""

    at: str  # its Date, Amsterdam's clock: "2026-11-28 08:30"
    to: str
    subject: str
    message: EmailMessage

    @property
    def text(self) -> str:
        part = self.message.get_body(("plain",))
        assert part is not None
        return str(part.get_content())

    @property
    def links(self) -> list[str]:
        part = self.message.get_body(("html",))
        assert part is not None
        found = re.findall(r'href="([^"]+)"', str(part.get_content()))
        return [link.replace("&amp;", "&") for link in found]

    def link(self, part: str) -> str:
        found = [link for link in self.links if part in link]
        assert found, f"no link with {part} in {self.subject}: {self.links}"
        return found[0]


def inbox(system: System, to: str = "") -> list[Mail]:
    """Return what any SMTP client handed in for an address, oldest first."""
    rows = json.loads(_read(f"{system.url}/inbox/messages.json"))
    return [_mail(system, row) for row in rows if to in row["to"]]


def clock(system: System) -> datetime:
    """Return domain time, as the command line says it."""
    said = system.funnel("clock").stdout
    found = re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)?", said)
    assert found, said
    return datetime.fromisoformat(found.group(0))


@dataclass
class Reader:
    """Somebody with an address."""

    system: System
    address: str
    confirmed: str = ""  # when, Amsterdam's clock, to the minute

    def __post_init__(self) -> None:
        self.visitor = Visitor(self.system.url)

    def sign_up(self, date: str, *, series: bool = False) -> Page:
        """Send the form of the landing page for the date whose row says `date`."""
        form = self.visitor.get("/").form("/signup")
        choice = [choice for choice in form.choices if date in choice.label]
        assert choice, f"no {date} among {[c.label for c in form.choices]}"
        values = {choice[0].name: choice[0].value, self._address_field(form.values): ""}
        values[self._address_field(form.values)] = self.address
        if series:
            values |= form.boxes
        page = self.visitor.submit(form, **values)
        assert page.status == 200, page.text
        assert "/bedankt" in page.url
        return page

    def confirm(self) -> Page:
        """Open the confirmation mail's link and press its (first) button."""
        link = self.mails()[-1].link("/confirm/")
        form = self.visitor.get(link).form("/confirm/")
        page = self.visitor.submit(form, **dict(form.buttons[-1:]))
        assert page.status == 200, page.text
        return page

    def press(self, link: str) -> Page:
        """Open a link of a mail and press the page's button."""
        page = self.visitor.get(link)
        assert page.status == 200, page.text
        return self.visitor.submit(page.forms[0], **dict(page.forms[0].buttons[:1]))

    def mails(self) -> list[Mail]:
        return inbox(self.system, self.address)

    @staticmethod
    def _address_field(values: dict[str, str]) -> str:
        return next(name for name in ("address", "email") if name in values)


def _mail(system: System, row: dict[str, str]) -> Mail:
    raw = _read(f"{system.url}/inbox/messages/{row['id']}.eml")
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    moment = parsedate_to_datetime(row["date"]) if "," in row["date"] else None
    moment = moment or datetime.fromisoformat(row["date"])
    local = moment.astimezone(AMSTERDAM)
    return Mail(f"{local:%Y-%m-%d %H:%M}", str(row["to"]), row["subject"], message)


def _read(url: str) -> bytes:
    with urlopen(url, timeout=30) as answer:
        content: bytes = answer.read()
    return content
