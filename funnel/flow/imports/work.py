"""The work on files, in short transactions that anybody can go on with."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from funnel.domain.status import ImportState
from funnel.flow import team
from funnel.flow.imports import bring, check
from funnel.flow.imports.check import Reader
from funnel.flow.imports.source import BadFile
from funnel.models import SubscriberImport
from funnel.models.base import held

BATCHES = 10
"""Transactions in one go: the worker has mail to send, too."""

AT_WORK = (ImportState.CHECKING, ImportState.RUNNING)


def work(session: Session, *, now: datetime, batches: int = BATCHES) -> bool:
    """Go on with the oldest file that waits; False when nothing does.

    A row's lock keeps a second worker away; a killed one leaves whole batches.
    """
    reader: Reader | None = None
    for _ in range(batches):
        row = _claim(session)
        if row is None:
            session.commit()
            return False
        reader = _step(session, row, reader, now)
        session.commit()
    return True


def _claim(session: Session) -> SubscriberImport | None:
    return session.scalar(
        held(
            select(SubscriberImport)
            .where(SubscriberImport.state.in_(AT_WORK))
            .order_by(SubscriberImport.id)
            .limit(1),
            skip_locked=True,
        )
    )


def _step(
    session: Session, row: SubscriberImport, reader: Reader | None, now: datetime
) -> Reader | None:
    if row.state is ImportState.RUNNING:
        bring.step(session, row, team.profile(session).zone, now)
        return None
    try:
        if reader is None or not reader.is_at(row):
            reader = Reader.at(session, row)
        check.step(session, row, reader)
    except BadFile as problem:
        session.rollback()
        _refuse(session, row.id, problem, now)
    return reader


def _refuse(session: Session, import_id: int, problem: BadFile, now: datetime) -> None:
    """Keep why the file cannot be read to its end; nobody was brought in from it."""
    row = session.get_one(SubscriberImport, import_id)
    row.state, row.finished_at = ImportState.REFUSED, now
    row.problem = {"sentence": problem.sentence, "details": problem.details}
