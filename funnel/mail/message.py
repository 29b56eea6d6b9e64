"""A letter as bytes: the same letter gives the same bytes, on every attempt."""

import re
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache

from funnel.mail import headers, quoted
from funnel.mail.envelope import Canonical, refuse_bare
from funnel.mail.quoted import Pieces

BadHeader = headers.BadHeader
_BOUNDARY = re.compile(r"=_[A-Za-z0-9._]{1,60}")
_MESSAGE_ID = re.compile(r"<[A-Za-z0-9._-]{1,120}@[A-Za-z0-9.-]{1,120}>")
_PLAIN, _HTML = (
    b"\r\nContent-Type: text/" + kind + b"; charset=utf-8\r\n"
    b"Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    for kind in (b"plain", b"html")
)
_URL = re.compile(r"https?://[!-;=?-~]{4,800}")  # visible ASCII without < and >


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """Everything that decides the bytes of one message.

    `html` and `text` are quoted-printable pieces already (`stencil.fill`).
    `unsubscribe_url` belongs to marketing mail and gives it the one-click headers of
    RFC 8058; service mail has none.
    """

    from_name: str
    from_address: str
    to: str
    reply_to: str
    subject: str
    html: Pieces
    text: Pieces
    date: datetime
    message_id: str
    boundary: str
    list_id: str | None = None
    unsubscribe_url: str | None = None
    feedback_id: str | None = None
    is_marketing: bool = False


def message_id(delivery_id: int, dated_at: datetime, address: str) -> str:
    """Return a Message-ID that stays the same: ours, from what is frozen of it.

    The moment keeps two installations of one domain apart.
    """
    domain = headers.wire_address(address).rpartition("@")[2]
    return f"<{delivery_id}.{int(dated_at.timestamp())}@{domain}>"


def boundary(delivery_id: int) -> str:
    """Return a boundary that quoted-printable text cannot contain (RFC 2045, 6.7)."""
    return f"=_letter_{delivery_id}"


def bounce_address(token: str, address: str) -> str:
    """Return the envelope sender by which a bounce names its delivery."""
    return f"b+{token}@{headers.wire_address(address).rpartition('@')[2]}"


def needs_smtputf8(letter: Letter) -> bool:
    """Say whether only a relay with SMTPUTF8 can take this letter."""
    return any(
        headers.needs_smtputf8(address)
        for address in (letter.from_address, letter.to, letter.reply_to)
    )


def build(letter: Letter) -> Canonical:
    """Return the message, CRLF throughout, and no dot first.

    Raises:
        BadHeader: A value would break its header, or is not what it should be.
    """
    _check(letter)
    head = b"".join(_headers(letter))
    refuse_bare(head)
    start = b"\r\n--" + letter.boundary.encode()
    text, html = quoted.body(letter.text), quoted.body(letter.html)
    # In one go, as it has thirty thousand octets, and each step would copy them.
    parts = (head, start, _PLAIN, text, start, _HTML, html, start, b"--\r\n")
    return Canonical(b"".join(parts))


def _check(letter: Letter) -> None:
    if letter.is_marketing != (letter.unsubscribe_url is not None):
        raise BadHeader("Marketing mail, and only that, has an unsubscribe link")
    if letter.unsubscribe_url and not _URL.fullmatch(letter.unsubscribe_url):
        raise BadHeader("The unsubscribe link is not a web address")
    if not _BOUNDARY.fullmatch(letter.boundary):
        raise BadHeader("The boundary could stand in the text")
    if not _MESSAGE_ID.fullmatch(letter.message_id):
        raise BadHeader("The Message-ID is not one")


def _headers(letter: Letter) -> list[bytes]:
    return [
        _from(letter.from_name, letter.from_address, letter.reply_to),
        headers.mailbox("To", "", letter.to),
        headers.words("Subject", letter.subject),
        headers.plain("Date", _date(letter.date)),
        headers.plain("Message-ID", letter.message_id),
        *_list_headers(letter),
        b"X-Auto-Response-Suppress: OOF, AutoReply\r\n"
        b"MIME-Version: 1.0\r\n"
        b"Content-Type: multipart/alternative;\r\n"
        b' boundary="' + letter.boundary.encode() + b'"\r\n',
    ]


@lru_cache(maxsize=64)  # nearly all letters are from one sender
def _from(name: str, address: str, reply_to: str) -> bytes:
    sender = headers.mailbox("From", name, address)
    return sender + headers.mailbox("Reply-To", "", reply_to)


@lru_cache(maxsize=64)  # a claim has one
def _date(at: datetime) -> str:
    return format_datetime(at)


def _list_headers(letter: Letter) -> list[bytes]:
    """Return what names the stream, and how to leave it (RFC 2919, 8058)."""
    found = []
    if letter.list_id:
        found.append(_list_id(letter.list_id))
    if letter.unsubscribe_url:
        found += [
            headers.plain("List-Unsubscribe", f"<{letter.unsubscribe_url}>"),
            b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n",
        ]
    if letter.feedback_id:
        found.append(headers.plain("Feedback-ID", letter.feedback_id))
    if letter.is_marketing:
        return [*found, b"Precedence: bulk\r\n"]
    return [*found, b"Auto-Submitted: auto-generated\r\n"]


@lru_cache(maxsize=64)
def _list_id(value: str) -> bytes:
    if not re.fullmatch(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)+", value):
        raise BadHeader("A List-ID looks like a domain: series.example.com")
    return headers.plain("List-ID", f"<{value}>")
