"""3. What is due becomes deliveries: the plan, asked again for everybody concerned."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Row, bindparam, func, literal, select, true
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from funnel.domain.status import EnrollmentState, SequenceState
from funnel.flow.delivery import guard
from funnel.flow.due import book, courses, entrance, people, turns
from funnel.flow.due.call import NoSuchMail, call
from funnel.flow.due.outcome import ahead
from funnel.flow.due.turns import beside
from funnel.models import Enrollment, Heartbeat, Subscriber
from funnel.models import Sequence as SequenceRow
from funnel.models.base import held

__all__ = ["NoSuchMail", "Pace", "Scanned", "ahead", "beside", "call", "scan"]

BEAT = "scan"


@dataclass(frozen=True, slots=True)
class Pace:
    """How a scan goes about it: so many people a batch, none begun after `seconds`.

    `call` is done once, when there is more than a batch: it can bring another worker.
    """

    limit: int = 500
    seconds: float = math.inf
    call: Callable[[], object] | None = None


PACE = Pace()


@dataclass(slots=True)
class Scanned:
    """How many enrollments were planned again, and what came of it."""

    enrollments: int = 0
    deliveries: int = 0  # mails that go: nobody is woken for what is skipped
    troubled: int = 0


def scan(
    session: Session,
    *,
    now: datetime,
    pace: Pace = PACE,
    worker: str = "",
    gap: timedelta = guard.GAP,
) -> Scanned:
    """Plan everybody whose moment has come, in batches, as far as the pace allows.

    Each batch is one transaction. Two scans at once share the work: the rows that
    one has locked, the other skips. After a gap (real time) without any scan it
    plans nothing before somebody has decided.
    """
    done, until, call = Scanned(), time.monotonic() + pace.seconds, pace.call
    session.execute(guard.trip(gap), {"now": now})
    entrance.close(session, now=now)
    while not guard.stands_still(session) and (
        locked := _lock(session, now, pace.limit)
    ):
        if call and len(locked) == pace.limit:
            call()
            call = None
        _plan(session, locked, now, done)
        session.commit()
        if time.monotonic() >= until:
            break
    _beat(session, worker)
    session.commit()
    return done


def _plan(
    session: Session, locked: list[Row[int, int, int]], now: datetime, done: Scanned
) -> None:
    due = {row.id: row.sequence_id for row in locked}
    ways = turns.rivals(session, [row.subscriber_id for row in locked]) | due
    maps = courses.load(session, set(ways.values()))
    persons = people.load(session, list(ways), with_events=maps.read_events)
    outcomes, troubled = turns.decide(persons, maps, due, now)
    done.deliveries += book.write(session, outcomes, now)
    book.push_ahead(session, troubled, now)
    done.enrollments += len(due)
    done.troubled += len(troubled)


def _lock(session: Session, now: datetime, limit: int) -> list[Row[int, int, int]]:
    """Lock who is due, and her: one scan at a time gives away the days of a person.

    The sequence whose first person waits longest goes first. What waits in those
    that do not send, however much it is, is not walked past.
    """
    locked = list[Row[int, int, int]]()
    for sequence_id in session.scalars(_HAS_DUE, {"now": now}).all():
        left = {"sequence": sequence_id, "now": now, "left": limit - len(locked)}
        locked += session.execute(_DUE, left).all()
        if len(locked) >= limit:
            break
    return locked


_now = bindparam("now", type_=Enrollment.due_at.type)
_is_active = Enrollment.state == literal(
    EnrollmentState.ACTIVE, Enrollment.state.type, literal_execute=True
)  # in the statement itself, so that a prepared one can use the index of these
_first = (
    select(Enrollment.due_at)
    .where(Enrollment.sequence_id == SequenceRow.id, _is_active)
    .order_by(Enrollment.due_at)
    .limit(1)
    .lateral("first")
)
_HAS_DUE = (
    select(SequenceRow.id)
    .join(_first, true())
    .where(SequenceRow.state == SequenceState.LIVE, _first.c.due_at <= _now)
    .order_by(_first.c.due_at)
)
_DUE = held(
    select(Enrollment.id, Enrollment.sequence_id, Enrollment.subscriber_id)
    .join(Subscriber, Subscriber.id == Enrollment.subscriber_id)
    .where(
        Enrollment.sequence_id == bindparam("sequence"),
        _is_active,
        Enrollment.due_at <= _now,
    )
    .order_by(Enrollment.due_at)
    .limit(bindparam("left")),
    skip_locked=True,
    key_share=True,
    of=(Enrollment, Subscriber),
)


def _beat(session: Session, worker: str) -> None:
    """Say that somebody scans; real time."""
    row = insert(Heartbeat).values(name=BEAT, at=func.now(), worker=worker)
    latest = {"at": row.excluded.at, "worker": row.excluded.worker}
    session.execute(row.on_conflict_do_update(index_elements=["name"], set_=latest))
