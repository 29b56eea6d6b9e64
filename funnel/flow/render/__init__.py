"""5. A delivery becomes a message: what is frozen of it, filled in, as bytes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

from funnel.domain.links import Links
from funnel.domain.status import Kind, Purpose
from funnel.flow.render import says, urls
from funnel.flow.render.facts import BUSINESS, CONTENT, NEEDED, AnyRow, for_reader
from funnel.flow.render.says import about_her, reason
from funnel.mail import message as letters
from funnel.mail import personalize, stencil
from funnel.mail.dkim import Signer
from funnel.mail.names import SAMPLES, Value

__all__ = [
    "BUSINESS",
    "CONTENT",
    "NEEDED",
    "Content",
    "Frozen",
    "Office",
    "about_her",
    "for_reader",
    "reason",
]

TEST_MARK = "[TEST] "
MOST_KEPT = 200


class NotWritten(Exception):  # noqa: N818 - it says what is the matter
    """There is no published text, or no business profile, to make a mail from."""


@dataclass(frozen=True)
class Content:
    """A compiled text; it still holds its template expressions."""

    subject: str
    html: str
    text: str
    purpose: Purpose | None = None

    @cached_property
    def names(self) -> frozenset[str]:
        """Return what must be known of a reader to fill it in."""
        parts = (self.subject, self.html, self.text)
        return frozenset[str]().union(*map(stencil.names, parts))

    @cached_property
    def links(self) -> frozenset[str]:
        """Return the same, and what stands in a header, too."""
        return self.names | {"unsubscribe_url"}


@dataclass(frozen=True, slots=True)
class Office:
    """What a process needs for sending, besides its connections.

    `texts` keeps compiled revisions by their id: a revision never changes.
    `signer` is there when we sign ourselves, and not the relay.
    """

    links: Links
    connections: int = 4
    lease: timedelta = timedelta(seconds=120)
    gap: timedelta = timedelta(hours=6)
    texts: dict[int, Content] = field(default_factory=dict)
    signer: Signer | None = None

    def unknown(self, revision_ids: set[int]) -> list[int]:
        """Return which texts must still be read."""
        if len(self.texts) > MOST_KEPT:
            self.texts.clear()
        return sorted(revision_ids - self.texts.keys())

    def keep(self, row: AnyRow) -> None:
        self.texts[row.id] = Content(row.subject, row.html, row.text, row.purpose)


@dataclass(frozen=True, slots=True)
class Frozen:
    """A delivery as it will be sent, on this attempt and on every later one."""

    id: int
    address: str
    kind: Kind
    is_test: bool
    content: Content
    revision_id: int | None
    dated_at: datetime
    values: dict[str, Any]

    def kept(self) -> dict[str, Any]:
        """Return what the row keeps of it."""
        return {
            "revision_id": self.revision_id,
            "dated_at": self.dated_at,
            "values": self.values,
        }


def freeze(
    row: AnyRow, business: AnyRow | None, content: Content | None, now: datetime
) -> Frozen:
    """Decide what a delivery says, unless an earlier attempt has; raises NotWritten.

    `row` is one of NEEDED, `business` that of BUSINESS.
    """
    if business is None or not business.sender_address:
        raise NotWritten("the business profile has no sender address")
    if content is None:
        raise NotWritten("the step has no published text")
    return Frozen(
        id=row.id,
        address=row.address,
        kind=Kind(row.kind),
        is_test=row.is_test,
        content=content,
        revision_id=row.revision_id,
        dated_at=row.dated_at or now,
        values=row.values or _values(row, business, content, row.dated_at or now),
    )


def draft(row: AnyRow) -> Content | None:
    """Return the text that a test mail brings with it."""
    if row.draft is None:
        return None
    return Content(*(row.draft[part] for part in ("subject", "html", "text")))


def message(office: Office, frozen: Frozen) -> tuple[str, str, bytes]:
    """Return envelope sender, recipient and bytes; the same on every attempt."""
    links, values = _links(office, frozen), frozen.values
    filled = personalize.plain(values["says"] | links)
    sender, is_marketing = values["sender"], frozen.kind is Kind.MARKETING
    letter = letters.Letter(
        from_name=sender["name"],
        from_address=sender["address"],
        to=frozen.address,
        reply_to=sender["reply_to"],
        subject=subject(frozen.content, values, is_test=frozen.is_test),
        html=stencil.fill(frozen.content.html, filled, html=True),
        text=stencil.fill(frozen.content.text, filled, html=False),
        date=frozen.dated_at,
        message_id=letters.message_id(frozen.id, frozen.dated_at, sender["address"]),
        boundary=letters.boundary(frozen.id),
        list_id=values["list"],
        unsubscribe_url=links["unsubscribe_url"] if is_marketing else None,
        is_marketing=is_marketing,
    )
    raw = letters.build(letter)
    signed = raw if office.signer is None else office.signer.sign(raw)
    return sender["address"], frozen.address, signed


def subject(content: Content, values: dict[str, Any], *, is_test: bool) -> str:
    """Return the subject as its reader sees it."""
    line = stencil.line(content.subject, personalize.plain(values["says"]))
    return TEST_MARK + line if is_test else line


def _links(office: Office, frozen: Frozen) -> dict[str, str]:
    if frozen.is_test:
        return urls.inert(office.links)
    source = urls.Source(frozen.values["links"], frozen.id, frozen.dated_at)
    return urls.urls(office.links, source, frozen.content.links)


def _values(
    row: AnyRow, business: AnyRow, content: Content, now: datetime
) -> dict[str, Any]:
    """Return what is kept in the row: only what the text asks for; JSON."""
    sender = _sender(business)
    known = {**_about_her(row, content, now), **sender.says}
    return {
        "says": {name: known[name] for name in content.names & known.keys()},
        "links": urls.ids(row),
        "sender": sender.kept,
        "list": f"{row.sequence}.{sender.domain}" if row.sequence else None,
    }


class _Sender(NamedTuple):
    """What is the same for every mail until somebody edits the business profile."""

    says: says.Says
    kept: dict[str, str]
    domain: str


@lru_cache(maxsize=4)
def _sender(business: AnyRow) -> _Sender:
    return _Sender(
        says.about_the_business(business),
        {
            "name": business.sender_name,
            "address": business.sender_address,
            "reply_to": business.reply_to or business.sender_address,
        },
        business.sender_address.rpartition("@")[2],
    )


def _about_her(row: AnyRow, content: Content, now: datetime) -> Mapping[str, Value]:
    """Return what the mail says of its reader; that of a test is made up."""
    if not row.is_test:
        return says.about_her(row, now, content.purpose)
    return {**SAMPLES, **(row.draft or {}).get("says", {})}
