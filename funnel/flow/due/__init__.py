"""3. What is due becomes deliveries: the plan, asked again for everybody concerned."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from funnel.domain.status import EnrollmentState, SequenceState
from funnel.flow.due import book, courses, people
from funnel.flow.due.call import NoSuchMail, call
from funnel.flow.due.outcome import Outcome, ahead, outcome
from funnel.flow.due.people import Person
from funnel.models import Enrollment, Heartbeat
from funnel.models import Sequence as SequenceRow

__all__ = ["NoSuchMail", "Scanned", "ahead", "call", "scan"]

log = logging.getLogger(__name__)

BEAT = "scan"


@dataclass(slots=True)
class Scanned:
    """How many enrollments were planned again, and what came of it."""

    enrollments: int = 0
    deliveries: int = 0
    troubled: int = 0


def scan(
    session: Session, *, now: datetime, limit: int = 500, worker: str = ""
) -> Scanned:
    """Plan everybody whose moment has come, in batches, until nobody is left.

    Each batch is one transaction. Two scans at once share the work: the rows that
    one has locked, the other skips.
    """
    done = Scanned()
    while _batch(session, now, limit, done):
        session.commit()
    _beat(session, worker)
    session.commit()
    return done


def _batch(session: Session, now: datetime, limit: int, done: Scanned) -> bool:
    """Handle up to `limit` enrollments; False when none is due."""
    ids = _lock(session, now, limit)
    if not ids:
        return False
    persons = people.load(session, ids)
    maps = courses.load(session, {person.row.sequence_id for person in persons})
    outcomes, troubled = _decide(persons, maps, now)
    done.deliveries += book.write(session, outcomes, now)
    book.push_ahead(session, troubled, now)
    done.enrollments += len(ids)
    done.troubled += len(troubled)
    return True


def _lock(session: Session, now: datetime, limit: int) -> Sequence[int]:
    sending = select(SequenceRow.id).where(SequenceRow.state == SequenceState.LIVE)
    return session.scalars(
        select(Enrollment.id)
        .where(
            Enrollment.state == EnrollmentState.ACTIVE,
            Enrollment.due_at <= now,
            Enrollment.sequence_id.in_(sending),
        )
        .order_by(Enrollment.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True, of=Enrollment)
    ).all()


def _decide(
    persons: Sequence[Person], maps: courses.Courses, now: datetime
) -> tuple[list[Outcome], list[book.Trouble]]:
    outcomes, troubled = [], []
    for person in persons:
        try:
            course = maps.of(person.row.sequence_id)
            outcomes.append(outcome(person, course, now))
        except Exception as error:  # one poison row must not block the others
            log.exception("enrollment %s cannot be planned", person.row.id)
            row = person.row
            troubled.append(book.Trouble(row.id, row.subscriber_id, error))
    return outcomes, troubled


def _beat(session: Session, worker: str) -> None:
    """Say that somebody scans; real time."""
    row = insert(Heartbeat).values(name=BEAT, at=func.now(), worker=worker)
    latest = {"at": row.excluded.at, "worker": row.excluded.worker}
    session.execute(row.on_conflict_do_update(index_elements=["name"], set_=latest))
