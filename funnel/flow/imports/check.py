"""The look at every row before anything is changed: it fills the report."""

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from funnel.domain.status import ImportState, Verdict
from funnel.flow.imports import desk, judge, source
from funnel.flow.imports.batch import Row, put
from funnel.flow.imports.judge import Candidate
from funnel.flow.rows import among
from funnel.mail.problem import N_
from funnel.models import ImportChunk, ImportRow, SubscriberImport

BATCH = 1000
MOST_ROWS = 2_000_000


class Chunks(io.RawIOBase):
    """The file as it lies in the database, read part by part."""

    def __init__(self, session: Session, import_id: int) -> None:
        """Begin at its beginning."""
        self.session, self.import_id = session, import_id
        self.number, self.left = 0, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]  # a buffer
        """Give the next bytes; 0 at the end."""
        if not self.left:
            here = ImportChunk.import_id == self.import_id
            wanted = select(ImportChunk.data).where(
                here, ImportChunk.number == self.number
            )
            self.left = self.session.scalar(wanted) or b""
            self.number += 1
        part, self.left = self.left[: len(buffer)], self.left[len(buffer) :]
        buffer[: len(part)] = part
        return len(part)


@dataclass(slots=True)
class Reader:
    """A file that is being read, and how many of its rows are behind us."""

    import_id: int
    rows: Iterator[tuple[int, list[str]]]
    done: int

    @classmethod
    def at(cls, session: Session, row: SubscriberImport) -> "Reader":
        """Go to where the work of before ended; raises BadFile."""
        raw, behind = Chunks(session, row.id), _last_line(session, row)
        rows = source.rows(raw, row.encoding, row.separator, behind=behind)
        if row.has_header and not behind:
            next(rows, None)
        return cls(row.id, rows, row.done)

    def is_at(self, row: SubscriberImport) -> bool:
        """Say that nobody else went on with this file meanwhile."""
        return (self.import_id, self.done) == (row.id, row.done)


def step(session: Session, row: SubscriberImport, reader: Reader) -> None:
    """Look at the next rows; raises BadFile. Not committed."""
    found = list(islice(reader.rows, BATCH))
    if row.done + len(found) > MOST_ROWS:
        sentence = N_("This file has more than %(most)s rows. Cut it into parts.")
        raise source.BadFile(sentence, most=MOST_ROWS)
    read = [judge.read(row, line, cells) for line, cells in found]
    people = [one for one in read if isinstance(one, Candidate)]
    refused = [one for one in read if not isinstance(one, Candidate)]
    before = _firsts(session, row, people)
    firsts = judge.strictest([*before.values(), *people])
    here = judge.known(session, people)
    put(session, ImportRow, [*refused, *_weighed(row, people, firsts, here)])
    again = [one for key, one in firsts.items() if before.get(key, one) != one]
    _weigh_again(session, row, again, here)
    row.done = reader.done = row.done + len(found)
    if len(found) < BATCH:
        row.state, row.total = ImportState.CHECKED, row.done
        row.tally = desk.tally(session, row.id)


def _weighed(
    row: SubscriberImport,
    people: Sequence[Candidate],
    firsts: Mapping[str, Candidate],
    here: judge.Known,
) -> Iterator[Row]:
    for one in people:
        first = firsts[one.digest]
        is_second = first.line != one.line
        yield judge.kept(
            row,
            one.line,
            one.address,
            Verdict.DUPLICATE if is_second else judge.verdict(first, here),
            digest=one.digest,
            values=_second(one, first) if is_second else first.values,
        )


def _second(one: Candidate, first: Candidate) -> dict[str, Any]:
    return {"first": first.line} | ({"left": str(one.state)} if one.has_left else {})


def _weigh_again(
    session: Session,
    row: SubscriberImport,
    firsts: Sequence[Candidate],
    here: judge.Known,
) -> None:
    """Judge rows of earlier batches anew, as a later one about her was stricter."""
    for one in firsts:
        session.execute(
            update(ImportRow)
            .where(ImportRow.import_id == row.id, ImportRow.line == one.line)
            .values(verdict=judge.verdict(one, here), values=one.values)
        )


def _last_line(session: Session, row: SubscriberImport) -> int:
    """Return at which line the rows end that were looked at; each is kept."""
    last = select(func.max(ImportRow.line)).where(ImportRow.import_id == row.id)
    return session.scalar(last) or 0


def _firsts(
    session: Session, row: SubscriberImport, people: Sequence[Candidate]
) -> dict[str, Candidate]:
    """Return the rows of earlier batches in which these addresses stand first."""
    rows = session.execute(
        select(ImportRow.line, ImportRow.address, ImportRow.values).where(
            ImportRow.import_id == row.id,
            among(ImportRow.digest, {one.digest for one in people}),
            ImportRow.verdict != Verdict.DUPLICATE,
        )
    )
    return {one.digest: one for one in (Candidate(*found) for found in rows)}
