"""What a marketer decides about her file, and what she is told of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from funnel.domain import tag as tags
from funnel.domain.status import (
    BROUGHT_IN,
    REPORTED,
    Column,
    ImportState,
    Purpose,
)
from funnel.domain.tag import BadTag
from funnel.models import ImportChunk, ImportRow, SubscriberImport

KEPT_FOR = timedelta(days=30)
SHORTEST_WORDING, LONGEST_WORDING = 20, 1000
MANY = 1000
OPEN = (ImportState.UPLOADED, ImportState.CHECKING, ImportState.CHECKED)


class Unready(ValueError):  # noqa: N818 - it names what was found
    """It cannot go on like this: what is wrong by field, as a key.

    "columns": "missing" or "twice"; "purposes", "wording": "missing"; "tag": "bad";
    "state": it is somewhere else already.
    """

    def __init__(self, problems: Mapping[str, str]) -> None:
        """Keep the problems."""
        super().__init__(", ".join(f"{name}: {key}" for name, key in problems.items()))
        self.problems = dict(problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What she said about the file: its columns, and where the consent comes from."""

    columns: Sequence[str]
    has_header: bool
    purposes: Sequence[Purpose]
    wording: str
    language: str = "nl"
    tag: str = ""

    def problems(self) -> dict[str, str]:
        """Return what is wrong by field; empty when all is well."""
        found = {}
        named = [column for column in self.columns if column]
        if Column.ADDRESS not in named:
            found["columns"] = "missing"
        elif len(set(named)) < len(named):
            found["columns"] = "twice"
        if not self.purposes:
            found["purposes"] = "missing"
        if not SHORTEST_WORDING <= len(self.wording.strip()) <= LONGEST_WORDING:
            found["wording"] = "missing"
        if self.tag.strip() and not _is_tag(self.tag):
            found["tag"] = "bad"
        return found


def get(session: Session, import_id: int) -> SubscriberImport | None:
    return session.get(SubscriberImport, import_id)


def latest(session: Session) -> Sequence[SubscriberImport]:
    """Return the imports of these weeks, newest first."""
    newest = select(SubscriberImport).order_by(SubscriberImport.id.desc())
    return session.scalars(newest.limit(20)).all()


def prepare(session: Session, import_id: int, plan: Plan) -> None:
    """Let every row be looked at, without changing anybody; raises Unready."""
    problems = plan.problems()
    if problems:
        raise Unready(problems)
    row = _in(session, import_id, ImportState.UPLOADED, ImportState.CHECKED)
    session.execute(delete(ImportRow).where(ImportRow.import_id == row.id))
    row.columns, row.has_header = list(plan.columns), plan.has_header
    row.purposes = [str(purpose) for purpose in plan.purposes]
    row.wording, row.language = plan.wording.strip(), plan.language
    row.tag = tags.name(plan.tag) if plan.tag.strip() else ""
    row.state, row.done, row.total, row.tally = ImportState.CHECKING, 0, 0, {}
    session.commit()


def start(session: Session, import_id: int) -> None:
    """Let the rows that passed be brought in; raises Unready. The file itself goes."""
    row = _in(session, import_id, ImportState.CHECKED)
    row.state, row.done = ImportState.RUNNING, 0
    row.total = sum(row.tally.get(verdict, 0) for verdict in BROUGHT_IN)
    row.tally = {
        verdict: count
        for verdict, count in row.tally.items()
        if verdict not in BROUGHT_IN
    }
    _drop_file(session, row)
    session.commit()


def cancel(session: Session, import_id: int, *, now: datetime) -> None:
    """Forget a file of which nothing was brought in yet; raises Unready."""
    row = _in(session, import_id, *OPEN)
    row.state, row.finished_at, row.sample = ImportState.CANCELLED, now, []
    _drop_file(session, row)
    session.execute(delete(ImportRow).where(ImportRow.import_id == row.id))
    session.commit()


def tally(session: Session, import_id: int) -> dict[str, int]:
    """Count the rows that are kept by what is to become of them."""
    counted = session.execute(
        select(ImportRow.verdict, func.count())
        .where(ImportRow.import_id == import_id)
        .group_by(ImportRow.verdict)
    )
    return {str(verdict): count for verdict, count in counted}


def left_out(
    session: Session, import_id: int, most: int | None = None
) -> Iterator[ImportRow]:
    """Yield the rows to look at, in the order of the file: most are left out.

    Each part is read in a transaction of its own, so that a slow download, or one
    that was broken off, holds nothing up.
    """
    last, left = -1, most
    while left is None or left > 0:
        found = session.scalars(
            select(ImportRow)
            .where(
                ImportRow.import_id == import_id,
                ImportRow.line > last,
                ImportRow.verdict.in_(REPORTED),
            )
            .order_by(ImportRow.line)
            .limit(min(MANY, left) if left is not None else MANY)
        ).all()
        for one in found:
            session.expunge(one)
        session.commit()
        if not found:
            return
        last = found[-1].line
        left = None if left is None else left - len(found)
        yield from found


def forget_old(session: Session, *, now: datetime) -> None:
    """Drop files and reports that nobody needs any more; the audit stays."""
    old = SubscriberImport.created_at <= now - KEPT_FOR
    at_rest = SubscriberImport.state != ImportState.RUNNING
    session.execute(delete(SubscriberImport).where(old, at_rest))
    session.commit()


def _in(session: Session, import_id: int, *states: ImportState) -> SubscriberImport:
    """Return the import, locked, in one of these states; raises Unready."""
    row = SubscriberImport.held_or_none(session, import_id)
    if row is None or row.state not in states:
        session.rollback()
        raise Unready({"state": "elsewhere"})
    return row


def _drop_file(session: Session, row: SubscriberImport) -> None:
    session.execute(delete(ImportChunk).where(ImportChunk.import_id == row.id))


def _is_tag(text: str) -> bool:
    try:
        tags.name(text)
    except BadTag:
        return False
    return True
