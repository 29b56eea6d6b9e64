"""The look at every row before anything is changed: it fills the report."""

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from funnel.domain.status import ImportState, Verdict
from funnel.flow.imports import desk, judge, source
from funnel.flow.imports.batch import Row, put
from funnel.flow.imports.judge import LEFT, Candidate
from funnel.flow.rows import among
from funnel.mail.problem import N_
from funnel.models import ImportChunk, ImportRow, SubscriberImport

BATCH = 1000
MOST_ROWS = 2_000_000
STOPS = {
    Verdict.NEW: Verdict.STOPPED,
    Verdict.UNKNOWN_ZONE: Verdict.STOPPED,
    Verdict.STOPPED: Verdict.STOPPED,
    Verdict.KNOWN: Verdict.CONTRADICTED,
}
"""What becomes of the first row about somebody who left by a second."""


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
    seen = _first_lines(session, row, people)
    put(session, ImportRow, [*refused, *_weighed(session, row, people, seen)])
    _stop(session, row, [one for one in people if seen[one.digest] != one.line], seen)
    row.done = reader.done = row.done + len(found)
    if len(found) < BATCH:
        row.state, row.total = ImportState.CHECKED, row.done
        row.tally = desk.tally(session, row.id)


def _weighed(
    session: Session,
    row: SubscriberImport,
    people: Sequence[Candidate],
    seen: Mapping[str, int],
) -> Iterator[Row]:
    here = judge.known(session, people)
    for one in people:
        first = seen[one.digest]
        is_second = first != one.line
        yield judge.kept(
            row,
            one.line,
            one.address,
            Verdict.DUPLICATE if is_second else judge.verdict(one, here),
            digest=one.digest,
            values={"first": first} if is_second else one.values,
        )


def _stop(
    session: Session,
    row: SubscriberImport,
    seconds: Sequence[Candidate],
    seen: Mapping[str, int],
) -> None:
    """Let who left by a second row about her come in as somebody who left.

    Programs write a row for each list; whoever left one of them must not get mail
    because of another.
    """
    for state in LEFT:
        lines = {seen[one.digest] for one in seconds if one.state is state}
        new = func.jsonb_set(ImportRow.values, ["state"], func.to_jsonb(str(state)))
        for before, after in STOPS.items() if lines else ():
            session.execute(
                update(ImportRow)
                .where(
                    ImportRow.import_id == row.id,
                    ImportRow.verdict == before,
                    among(ImportRow.line, lines),
                )
                .values(verdict=after, values=new)
            )


def _last_line(session: Session, row: SubscriberImport) -> int:
    """Return at which line the rows end that were looked at; each is kept."""
    last = select(func.max(ImportRow.line)).where(ImportRow.import_id == row.id)
    return session.scalar(last) or 0


def _first_lines(
    session: Session, row: SubscriberImport, people: Sequence[Candidate]
) -> dict[str, int]:
    """Return on which line of the file these addresses stand first."""
    before = session.execute(
        select(ImportRow.digest, func.min(ImportRow.line).label("line"))
        .where(
            ImportRow.import_id == row.id,
            among(ImportRow.digest, {one.digest for one in people}),
        )
        .group_by(ImportRow.digest)
    )
    found = {one.digest: one.line for one in before}
    for one in people:
        found.setdefault(one.digest, one.line)
    return found
