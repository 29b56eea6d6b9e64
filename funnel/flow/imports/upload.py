"""A file comes in: through memory in small parts, into the database."""

from datetime import datetime
from typing import IO

from sqlalchemy.orm import Session

from funnel.flow.imports import layout
from funnel.flow.imports.source import BadFile, Encoding
from funnel.mail.problem import N_
from funnel.models import ImportChunk, SubscriberImport

CHUNK = 256 * 1024  # bytes
LONGEST_NAME = 200
MEGABYTE = 1024 * 1024


def upload(
    session: Session,
    stream: IO[bytes],
    *,
    name: str,
    most: int,
    user_id: int | None,
    now: datetime,
) -> SubscriberImport:
    """Keep a file of at most `most` megabytes; raises BadFile, and keeps nothing then.

    It lies in the database: the worker that reads it may be on another machine.
    """
    row = SubscriberImport(
        user_id=user_id,
        name=shown(name),
        size=0,
        encoding="",
        separator="",
        has_header=True,
        created_at=now,
    )
    session.add(row)
    session.flush()
    try:
        head, row.encoding = _keep(session, row, stream, most * MEGABYTE)
        is_whole = len(head) == row.size
        found = layout.read(head, row.encoding, is_whole=is_whole)
    except BadFile:
        session.rollback()
        raise
    row.separator, row.has_header = found.separator, found.has_header
    row.sample = found.sample
    row.columns = layout.guess(found.sample, has_header=found.has_header)
    session.commit()
    return row


def _keep(
    session: Session, row: SubscriberImport, stream: IO[bytes], most: int
) -> tuple[bytes, str]:
    """Write the file down in parts; return its beginning and its encoding."""
    encoding, head, number = Encoding(), b"", 0
    while data := stream.read(CHUNK):
        row.size += len(data)
        if row.size > most:
            sentence = N_("This file is larger than %(most)s MB. Cut it into parts.")
            raise BadFile(sentence, most=most // MEGABYTE)
        encoding.feed(data)
        head = head or data
        chunk = ImportChunk(import_id=row.id, number=number, data=data)
        session.add(chunk)
        session.flush()
        session.expunge(chunk)
        number += 1
    encoding.feed(b"", is_last=True)
    return _whole_lines(head, encoding.name), encoding.name


def _whole_lines(head: bytes, encoding: str) -> bytes:
    """Cut a beginning where a line ends, so that no letter is cut in two."""
    if encoding.startswith("utf-16") or len(head) < CHUNK:
        return head
    return head[: head.rfind(b"\n") + 1] or head


def shown(name: str) -> str:
    """Return the last part of a file name, as something that can be shown."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(letter for letter in last if letter.isprintable())[:LONGEST_NAME]
