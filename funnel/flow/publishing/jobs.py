"""Long work for marketers: asked for in a row, done piece by piece, seen growing.

A piece is one transaction. Who dies in it loses that piece and nothing else: the
next tick begins where the row says.
"""

import logging
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from funnel.domain.status import EnrollmentState, SequenceState
from funnel.flow.publishing import impact
from funnel.flow.publishing.changes import is_retimed, seen
from funnel.flow.publishing.impact import Impact
from funnel.models import Enrollment, Job, JobKind, JobState, Sequence
from funnel.models.base import held

log = logging.getLogger(__name__)

AT_ONCE = 1000
"""So many people are looked at while somebody waits for the page."""

PIECES = 10
"""So many pieces a tick: a worker has mails to send, too."""


def ask_impact(session: Session, sequence_id: int, *, now: datetime) -> Job:
    """Ask for the impact table of the present drafts, unless that is asked already."""
    sequence = Sequence.held(session, sequence_id)
    job = latest_impact(session, sequence)
    if job is None or job.state is not JobState.OPEN:
        _forget_old(session, sequence_id)
        job = Job(
            kind=JobKind.IMPACT,
            sequence_id=sequence_id,
            about={"drafts": seen(sequence), "version": sequence.version},
            total=impact.population(session, sequence),
            asked_at=now,
        )
        session.add(job)
    session.commit()
    return job


def latest_impact(session: Session, sequence: Sequence) -> Job | None:
    """Return the last table that was asked for, if it is about the present drafts."""
    job = _latest(session, sequence.id, JobKind.IMPACT)
    about = {"drafts": seen(sequence), "version": sequence.version}
    return job if job is not None and job.about == about else None


def known_impact(
    session: Session, sequence: Sequence, job: Job | None, *, now: datetime
) -> Impact | None:
    """Return the table: of the job that made it, or made now for few people."""
    if job is not None and job.state is JobState.DONE:
        return Impact.of(job.result)
    if impact.population(session, sequence) > AT_ONCE:
        return None
    return impact.table(session, sequence, now=now)


def is_counted(session: Session, sequence: Sequence) -> bool:
    """Say whether it is known what the drafts mean for people, or can be told at once.

    Where only words change, nothing moves for anybody.
    """
    if not is_retimed(sequence):
        return True
    job = latest_impact(session, sequence)
    is_done = job is not None and job.state is JobState.DONE
    return is_done or impact.population(session, sequence) <= AT_ONCE


def replanning(session: Session, sequence_id: int) -> Job | None:
    """Return the last publish that has not reached everybody yet, if there is one."""
    job = _latest(session, sequence_id, JobKind.REPLAN)
    return job if job is not None and job.state is JobState.OPEN else None


def watch_replanning(
    session: Session, sequence: Sequence, count: int, *, now: datetime
) -> None:
    """Show how the scan gets through them, where that takes a while; not committed."""
    if count > AT_ONCE:
        job = Job(
            kind=JobKind.REPLAN, sequence_id=sequence.id, total=count, asked_at=now
        )
        session.add(job)


def work(session: Session, *, now: datetime, pieces: int = PIECES) -> int:
    """Do some pieces of the jobs that are open; return how many."""
    waiting = set[int]()
    for count in range(pieces):
        if not _piece(session, now, waiting):
            return count
    return pieces


def _piece(session: Session, now: datetime, waiting: set[int]) -> bool:
    """Do one piece of the oldest open job that nobody else has; False: none left.

    Those that wait for the scan are looked at once each, and hold up no other.
    """
    job = session.scalar(
        held(
            select(Job)
            .where(Job.state == JobState.OPEN, Job.id.not_in(waiting))
            .order_by(Job.kind, Job.id)  # what somebody waits for comes first
            .limit(1),
            skip_locked=True,
        )
    )
    if job is None:
        session.rollback()
        return False
    piece = {JobKind.IMPACT: _count, JobKind.REPLAN: _look}[job.kind]
    if not piece(session, job, now):
        waiting.add(job.id)
    session.commit()
    return True


def _count(session: Session, job: Job, now: datetime) -> bool:
    sequence = session.get_one(Sequence, job.sequence_id)
    about = {"drafts": seen(sequence), "version": sequence.version}
    if job.about != about:
        _finish(job, JobState.STALE, now)
        return True
    try:
        both = impact.courses_of(session, sequence, job.asked_at)
    except ValueError:  # BadTiming, BadCondition, BadRules: the review names them
        log.exception("the impact of sequence %s cannot be counted", sequence.id)
        _finish(job, JobState.STALE, now)
        return True
    ids = impact.next_ids(session, both, job.cursor)
    if not ids:
        job.total = job.done
        _finish(job, JobState.DONE, now)
        return True
    found = Impact.of(job.result)
    impact.add(session, found, both, ids)
    job.result, job.cursor, job.done = found.as_json(), ids[-1], job.done + len(ids)
    return True


def _look(session: Session, job: Job, now: datetime) -> bool:
    """Write down how many the scan has still before it; there is nothing to do."""
    left = session.scalar(
        select(func.count()).where(
            Enrollment.sequence_id == job.sequence_id,
            Enrollment.state == EnrollmentState.ACTIVE,
            Enrollment.due_at <= job.asked_at,
        )
    )
    sequence = session.get_one(Sequence, job.sequence_id)
    job.done = max(job.total - (left or 0), job.done)
    if not left or sequence.state is not SequenceState.LIVE:
        _finish(job, JobState.DONE, now)
        return True
    return False


def _forget_old(session: Session, sequence_id: int) -> None:
    """Remove tables that nobody will look at again."""
    session.execute(
        delete(Job).where(
            Job.sequence_id == sequence_id,
            Job.kind == JobKind.IMPACT,
            Job.state != JobState.OPEN,
        )
    )


def _finish(job: Job, state: JobState, now: datetime) -> None:
    job.state, job.finished_at = state, now


def _latest(session: Session, sequence_id: int, kind: JobKind) -> Job | None:
    return session.scalar(
        select(Job)
        .where(Job.sequence_id == sequence_id, Job.kind == kind)
        .order_by(Job.id.desc())
        .limit(1)
    )
