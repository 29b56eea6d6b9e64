"""What is wrong with a message, by RFC 5322, 2045, 2047, 2919 and 8058."""

import re
from collections.abc import Iterator
from email import policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import unquote

EVERY = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Reply-To",
    "X-Auto-Response-Suppress",
    "MIME-Version",
    "Content-Type",
]
MARKETING = ["List-Unsubscribe", "List-Unsubscribe-Post", "Precedence"]
SERVICE = ["Auto-Submitted"]
OPTIONAL = ["List-ID", "Feedback-ID", "DKIM-Signature"]
NEVER_ENCODED = {
    *(*OPTIONAL, *MARKETING, *SERVICE),
    *("Message-ID", "Date", "To", "Reply-To", "MIME-Version", "Content-Type"),
}


def complaints(raw: bytes, *, marketing: bool, most: int = 78) -> list[str]:
    """Return every rule that the message breaks; `most` is the longest header line."""
    head, _, body = raw.partition(b"\r\n\r\n")
    return [
        *_lines(raw, head, most),
        *_body(body),
        *_headers(head, marketing=marketing),
        *_defects(raw),
        *_structure(raw),
        *(_unsubscribe(raw) if marketing else []),
    ]


def parsed(raw: bytes) -> EmailMessage:
    message = BytesParser(policy=policy.SMTP).parsebytes(raw)
    assert isinstance(message, EmailMessage)
    return message


def display_name(raw: bytes) -> str:
    """Return the name in From.

    The standard library's new parser leaves the white space between encoded words
    of a name; RFC 2047, 6.2 and its old parser do not.
    """
    value = BytesParser(policy=policy.compat32).parsebytes(raw)["From"]
    phrase = re.sub(r"\r\n(?=[ \t])", "", value).rpartition("<")[0].strip()
    return str(make_header(decode_header(unquote(phrase))))


def _lines(raw: bytes, head: bytes, most: int) -> Iterator[str]:
    if re.search(rb"(?<!\r)\n|\r(?!\n)", raw):
        yield "a bare CR or LF"
    if b"\0" in raw:
        yield "a NUL"
    for line in raw.split(b"\r\n"):
        if len(line) > 998:
            yield f"a line of {len(line)} octets"
    for line in head.split(b"\r\n"):
        if len(line) > most and not line.startswith(b"List-Unsubscribe:"):
            yield f"a header line of {len(line)} octets: {line!r}"
        if not line.strip():
            yield "a header line of white space only"


def _body(body: bytes) -> Iterator[str]:
    for line in body.split(b"\r\n"):
        if len(line) > 76:
            yield f"a body line of {len(line)} octets"
    if not body.isascii():
        yield "8-bit octets in the body"


def _headers(head: bytes, *, marketing: bool) -> Iterator[str]:
    unfolded = re.sub(rb"\r\n(?=[ \t])", b"", head).decode().split("\r\n")
    names = [line.partition(":")[0] for line in unfolded]
    wanted = {*EVERY, *(MARKETING if marketing else SERVICE)}
    if len(set(names)) != len(names):
        yield f"a header twice: {names}"
    if set(names) - wanted - set(OPTIONAL) or wanted - set(names):
        yield f"other headers than expected: {wanted ^ set(names)}"
    for line in unfolded:
        name, _, value = line.partition(": ")
        if name in NEVER_ENCODED and "=?" in value:
            yield f"{name} is encoded"
        for word in re.findall(r"=\?.*?\?=(?=\s|$)", value):
            if len(word) > 75 or not re.fullmatch(
                r"=\?utf-8\?q\?[!->@-~]+\?=", word, re.IGNORECASE
            ):
                yield f"{name} has a bad encoded word: {word}"


def _defects(raw: bytes) -> Iterator[str]:
    message = parsed(raw)
    for part in message.walk():
        for defect in part.defects:
            yield f"the parser says: {defect!r}"
        for name, value in part.items():
            for defect in value.defects:
                yield f"the parser says of {name}: {defect!r}"


def _structure(raw: bytes) -> Iterator[str]:
    message = parsed(raw)
    for name in ("From", "To", "Reply-To"):
        if len(message[name].addresses) != 1:
            yield f"{name} has not one address"
    if not re.fullmatch(r"<[^<>@\s]+@[^<>@\s]+>", message["Message-ID"]):
        yield "the Message-ID is not one"
    if message["Date"].datetime is None:
        yield "the Date is not one"
    parts = [
        (part.get_content_type(), part["Content-Transfer-Encoding"])
        for part in message.iter_parts()
    ]
    if message.get_content_type() != "multipart/alternative" or parts != [
        ("text/plain", "quoted-printable"),
        ("text/html", "quoted-printable"),
    ]:
        yield f"other parts than text and HTML: {parts}"
    if message.preamble or (message.epilogue or "").strip():
        yield "text outside the parts"


def _unsubscribe(raw: bytes) -> Iterator[str]:
    message = parsed(raw)
    if not re.fullmatch(r"<https?://[^<>\s,]+>", message["List-Unsubscribe"] or ""):
        yield "List-Unsubscribe is not one address"
    if message["List-Unsubscribe-Post"] != "List-Unsubscribe=One-Click":
        yield "List-Unsubscribe-Post is not exactly that of RFC 8058"
