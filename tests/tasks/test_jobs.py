"""A real worker does the long work that a marketer asked for."""

from collections.abc import Iterator

import pytest
import walking
import worker
from sqlalchemy.orm import Session
from worker import Worker, wait_until

from funnel import clock, queue
from funnel.flow import publishing, travel
from funnel.models import JobState

pytestmark = pytest.mark.system


@pytest.fixture
def working(database_url: str) -> Iterator[Worker]:
    with worker.redis() as redis_url:
        nowhere = "smtp://127.0.0.1:1"
        one = Worker(redis_url, worker.environment(database_url, redis_url, nowhere))
        one.start()
        yield one
        one.stop()


def test_a_worker_counts_the_people_of_an_open_job(
    commit_session: Session, working: Worker
) -> None:
    session = commit_session
    travel.shift(session, walking.NOW, real=clock.real())
    row = walking.sequence(session)
    for days in range(4):
        walking.walker(session, row, days=days)
    publishing.remove(session, walking.step(row, "b").id, now=walking.NOW, seen=None)

    job = publishing.ask_impact(session, row.id, now=walking.NOW)
    queue.wake(working.redis_url, queue.TaskName.JOBS)

    def is_done() -> bool:
        session.expire_all()
        return job.state is JobState.DONE

    wait_until(is_done, "the table")
    table = publishing.Impact.of(job.result)
    assert table.row(walking.step(row, "b").id)["never"] == 2
    assert (job.done, job.total) == (4, 4)
