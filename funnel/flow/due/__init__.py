"""3. What is due becomes deliveries: the plan, asked again for everybody concerned."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Row, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from funnel.domain.status import EnrollmentState, SequenceState
from funnel.flow.delivery import guard
from funnel.flow.due import book, courses, entrance, people, turns
from funnel.flow.due.call import NoSuchMail, call
from funnel.flow.due.outcome import ahead
from funnel.models import Enrollment, Heartbeat, Subscriber
from funnel.models import Sequence as SequenceRow

__all__ = ["NoSuchMail", "Scanned", "ahead", "call", "scan"]

BEAT = "scan"


@dataclass(slots=True)
class Scanned:
    """How many enrollments were planned again, and what came of it."""

    enrollments: int = 0
    deliveries: int = 0
    troubled: int = 0


def scan(
    session: Session,
    *,
    now: datetime,
    limit: int = 500,
    worker: str = "",
    gap: timedelta = guard.GAP,
) -> Scanned:
    """Plan everybody whose moment has come, in batches, until nobody is left.

    Each batch is one transaction. Two scans at once share the work: the rows that
    one has locked, the other skips. After a gap (real time) without any scan it
    plans nothing before somebody has decided.
    """
    done = Scanned()
    session.execute(guard.trip(gap), {"now": now})
    entrance.close(session, now=now)
    while not guard.stands_still(session) and _batch(session, now, limit, done):
        session.commit()
    _beat(session, worker)
    session.commit()
    return done


def _batch(session: Session, now: datetime, limit: int, done: Scanned) -> bool:
    """Handle up to `limit` enrollments; False when none is due."""
    locked = _lock(session, now, limit)
    if not locked:
        return False
    due = {row.id: row.sequence_id for row in locked}
    ways = turns.rivals(session, [row.subscriber_id for row in locked]) | due
    maps = courses.load(session, set(ways.values()))
    persons = people.load(session, list(ways), with_events=maps.read_events)
    outcomes, troubled = turns.decide(persons, maps, due, now)
    done.deliveries += book.write(session, outcomes, now)
    book.push_ahead(session, troubled, now)
    done.enrollments += len(due)
    done.troubled += len(troubled)
    return True


def _lock(session: Session, now: datetime, limit: int) -> Sequence[Row[int, int, int]]:
    """Lock who is due, and her: one scan at a time gives away the days of a person."""
    sending = select(SequenceRow.id).where(SequenceRow.state == SequenceState.LIVE)
    return session.execute(
        select(Enrollment.id, Enrollment.sequence_id, Enrollment.subscriber_id)
        .join(Subscriber, Subscriber.id == Enrollment.subscriber_id)
        .where(
            Enrollment.state == EnrollmentState.ACTIVE,
            Enrollment.due_at <= now,
            Enrollment.sequence_id.in_(sending),
        )
        .order_by(Enrollment.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True, key_share=True, of=(Enrollment, Subscriber))
    ).all()


def _beat(session: Session, worker: str) -> None:
    """Say that somebody scans; real time."""
    row = insert(Heartbeat).values(name=BEAT, at=func.now(), worker=worker)
    latest = {"at": row.excluded.at, "worker": row.excluded.worker}
    session.execute(row.on_conflict_do_update(index_elements=["name"], set_=latest))
