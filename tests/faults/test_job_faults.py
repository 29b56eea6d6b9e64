"""A worker is killed while it counts whom a publish would move: nobody counts twice."""

import time
from datetime import datetime

import pytest
import walking
from killed import JOBS, kill_after
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from funnel.domain.status import EnrollmentState, SubscriberState
from funnel.flow import publishing
from funnel.flow.publishing import impact, jobs
from funnel.models import Enrollment, Job, JobState, Sequence, Subscriber

PEOPLE = 4 * impact.BATCH


def gather(session: Session, sequence: Sequence, now: datetime) -> None:
    """Commit people who all wait for the first mail."""
    session.execute(
        insert(Subscriber),
        [
            {
                "address": f"r{number}@example.nl",
                "state": SubscriberState.ACTIVE,
                "created_at": now,
            }
            for number in range(PEOPLE)
        ],
    )
    hers = select(Subscriber.id).where(Subscriber.address.like("r%@example.nl"))
    session.execute(
        insert(Enrollment),
        [
            {
                "subscriber_id": who,
                "sequence_id": sequence.id,
                "run": 1,
                "state": EnrollmentState.ACTIVE,
                "confirmed_at": now,
                "due_at": now,
            }
            for who in session.scalars(hers)
        ],
    )
    session.commit()


@pytest.mark.timeout(120)
def test_a_killed_count_goes_on_where_it_was_and_counts_everybody_once(
    commit_session: Session, database_url: str
) -> None:
    session, now = commit_session, walking.NOW
    url = database_url.replace("postgresql://", "postgresql+psycopg://")
    sequence = walking.sequence(session)
    gather(session, sequence, now)
    publishing.remove(session, walking.step(sequence, "b").id, now=now, seen=None)
    whole = impact.table(session, sequence, now=now)
    job = publishing.ask_impact(session, sequence.id, now=now)

    kill_after(1, JOBS, url, now)
    kill_after(1, JOBS, url, now)
    session.expire_all()
    half = job.done
    session.commit()
    finish(session, job, now)

    assert 0 < half < PEOPLE
    assert half % impact.BATCH == 0
    assert (job.state, job.done) == (JobState.DONE, PEOPLE)
    assert publishing.Impact.of(job.result) == whole


def finish(session: Session, job: Job, now: datetime) -> None:
    """Go on until it is done; the server needs a moment to see who was killed."""
    deadline = time.monotonic() + 60
    while job.state is JobState.OPEN:
        assert time.monotonic() < deadline
        if not jobs.work(session, now=now):
            time.sleep(0.05)
        session.refresh(job)
