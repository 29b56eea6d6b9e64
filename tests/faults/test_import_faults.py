"""A worker is killed in the middle of a file: nobody is lost, nobody comes twice."""

import io
import time
from datetime import datetime

import pytest
from killed import IMPORTS, kill_after
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from funnel.domain.status import ImportState, Purpose
from funnel.flow import imports
from funnel.flow.imports import Plan
from funnel.models import Consent, Event, ImportRow, Subscriber, SubscriberImport

PEOPLE = 6_000


def finish(session: Session, row: SubscriberImport, now: datetime) -> None:
    """Go on until it is done; the server needs a moment to see who was killed."""
    deadline = time.monotonic() + 90
    while row.state in {ImportState.CHECKING, ImportState.RUNNING}:
        assert time.monotonic() < deadline
        if not imports.work(session, now=now):
            time.sleep(0.05)
        session.refresh(row)


@pytest.mark.timeout(300)
def test_a_killed_worker_leaves_whole_batches_and_the_next_one_goes_on(
    commit_session: Session, database_url: str, now: datetime
) -> None:
    session = commit_session
    url = database_url.replace("postgresql://", "postgresql+psycopg://")
    rows = "".join(f"r{number}@example.nl,R\n" for number in range(PEOPLE))
    row = imports.upload(
        session,
        io.BytesIO(f"email,name\n{rows}".encode()),
        name="list.csv",
        most=5,
        user_id=None,
        now=now,
    )
    plan = Plan(
        columns=row.columns,
        has_header=True,
        purposes=[Purpose.SERIES],
        wording="Ticked the mail series on our site.",
    )
    imports.prepare(session, row.id, plan)

    kill_after(2, IMPORTS, url, now)
    finish(session, row, now)
    checked = (row.state, row.tally)
    imports.start(session, row.id)
    kill_after(2, IMPORTS, url, now)
    session.expire_all()
    half = session.scalar(select(func.count(Subscriber.id)))
    session.commit()
    kill_after(1, IMPORTS, url, now)
    finish(session, row, now)

    assert checked == (ImportState.CHECKED, {"new": PEOPLE})
    assert half is not None
    assert 0 < half < PEOPLE
    assert half % 1000 == 0
    done = session.get_one(SubscriberImport, row.id, populate_existing=True)
    assert (done.state, done.done, done.tally) == (
        ImportState.DONE,
        PEOPLE,
        {"new": PEOPLE},
    )
    for table in (Subscriber, Consent, Event):
        assert session.scalar(select(func.count()).select_from(table)) == PEOPLE
    assert session.scalars(select(ImportRow)).all() == []
