"""Real workers: Celery is woken, plans, sends, dies, and goes on."""

import os
import signal
from collections.abc import Iterator
from datetime import timedelta

import cluster
import factories
import pytest
import sink
import visitors
import worker
from sending import agree, fresh, mails
from sqlalchemy import Engine, func, select, text
from sqlalchemy.orm import Session
from worker import Worker, wait_until

from funnel import clock, queue
from funnel.domain.status import DeliveryState, Kind
from funnel.flow import signup, travel
from funnel.models import Delivery, Heartbeat, Subscriber
from tasks.app import create_celery

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def relay() -> Iterator[sink.Sink]:
    with sink.running() as relay:
        yield relay


@pytest.fixture(scope="module")
def celery(database_url: str, relay: sink.Sink) -> Iterator[Worker]:
    with worker.redis() as redis_url:
        one = Worker(redis_url, worker.environment(database_url, redis_url, relay.url))
        yield one
        one.stop()


@pytest.fixture
def working(celery: Worker, relay: sink.Sink, commit_session: Session) -> Worker:
    """A worker that has shown itself."""
    relay.script = sink.usual
    relay.kept.clear()
    now_is(commit_session)  # before there is anything that the real time makes due
    if celery.process is None:
        celery.start()
    nudge(celery, commit_session, "drain")
    return celery


def nudge(celery: Worker, session: Session, name: str) -> None:
    """Wake the worker until the heartbeat shows that it did the task."""

    def has_beaten() -> bool:
        queue.wake(celery.redis_url, queue.TaskName(f"sending.{name}"))
        session.commit()
        return session.scalar(select(func.count()).where(Heartbeat.name == name)) == 1

    session.execute(text("DELETE FROM heartbeat"))
    session.commit()
    wait_until(has_beaten, f"a {name}")


def now_is(session: Session) -> None:
    """Let the domain clock stand where the rows of the factories are."""
    travel.shift(session, factories.NOW, real=clock.real())


def are_done(session: Session, count: int) -> bool:
    session.commit()
    sent = select(func.count()).where(Delivery.state == DeliveryState.SENT)
    return session.scalar(sent) == count


@pytest.mark.parametrize("task", [queue.TaskName.SCAN, queue.TaskName.SHARE])
def test_a_scan_plans_and_has_the_mail_sent_by_a_worker(
    working: Worker, relay: sink.Sink, commit_session: Session, task: queue.TaskName
) -> None:
    factories.business(commit_session)
    sequence = factories.sequence(commit_session)
    factories.step(
        commit_session, sequence=sequence, kind=Kind.SERVICE, timing="at once"
    )
    factories.enrollment(commit_session, sequence=sequence)
    commit_session.commit()

    queue.wake(working.redis_url, task)

    wait_until(lambda: are_done(commit_session, 1), "the mail")
    assert len(relay.kept) == 1
    sender = commit_session.scalars(select(Delivery.worker)).one()
    assert sender is not None
    assert int(sender.rpartition(":")[2]) != os.getpid()


def test_a_worker_killed_in_the_middle_is_replaced_and_nothing_goes_twice(
    working: Worker, relay: sink.Sink, commit_session: Session, engine: Engine
) -> None:
    killed: list[int] = []

    def script(turn: sink.Turn) -> str | None:
        if turn.phase == "accepted" and not killed:
            with engine.connect() as connection:
                name = connection.scalar(
                    select(Delivery.worker).where(Delivery.address == turn.to)
                )
            killed.append(int(str(name).rpartition(":")[2]))
            os.kill(killed[0], signal.SIGKILL)
        return None

    relay.script = script
    ids = mails(commit_session, 8)
    queue.wake(working.redis_url, queue.TaskName.DRAIN)
    wait_until(lambda: bool(killed), "the kill")
    commit_session.execute(text("UPDATE delivery SET lease_until = now()"))
    commit_session.commit()

    def is_over() -> bool:
        queue.wake(working.redis_url, queue.TaskName.DRAIN)
        commit_session.execute(
            text(
                "UPDATE delivery SET lease_until = now() WHERE worker LIKE :dead"
                " AND lease_until IS NOT NULL"
            ),
            {"dead": f"%:{killed[0]}"},
        )
        states = {fresh(commit_session, mail).state for mail in ids}
        return states <= {DeliveryState.SENT, DeliveryState.UNCERTAIN}

    wait_until(is_over, "the others")
    rows = [fresh(commit_session, mail) for mail in ids]
    sent = {row.address for row in rows if row.state is DeliveryState.SENT}
    assert relay.doubles == []
    assert sent <= set(relay.recipients)
    assert 6 <= len(sent) <= 7, "one or two were behind the fence when it died"


def test_time_travel_goes_from_moment_to_moment_and_lists_what_arrived(
    working: Worker, relay: sink.Sink, commit_session: Session
) -> None:
    factories.business(commit_session)
    sequence = factories.sequence(commit_session)
    at_once = {"kind": Kind.SERVICE, "timing": "at once", "subject": "Je plek"}
    factories.step(commit_session, sequence=sequence, rank=1, **at_once)
    factories.step(commit_session, sequence=sequence, rank=2, subject="De serie")
    enrollment = factories.enrollment(commit_session, sequence=sequence)
    person = commit_session.get_one(Subscriber, enrollment.subscriber_id)
    agree(commit_session, person)
    commit_session.commit()

    trips = []
    while trip := travel.go_on(
        commit_session, redis_url=working.redis_url, real=clock.real
    ):
        trips.append(trip)

    subjects = [[one.subject for one in trip.arrivals] for trip in trips]
    assert subjects == [["Je plek"], ["De serie"]]
    tuesday = factories.NOW + timedelta(hours=22, minutes=30)
    assert abs(trips[1].at - tuesday) < timedelta(seconds=1)
    assert abs(trips[1].arrivals[0].at - tuesday) < timedelta(seconds=30)
    assert trips[1].arrivals[0].to == person.address
    assert len(relay.kept) == 2


def test_time_travel_over_a_span_stops_at_each_moment(
    working: Worker, relay: sink.Sink, commit_session: Session
) -> None:
    for hours in (2, 5):
        mails(commit_session, 1, due_at=factories.NOW + timedelta(hours=hours))

    trips = travel.advance(
        commit_session,
        timedelta(days=1),
        redis_url=working.redis_url,
        real=clock.real,
    )

    assert [len(trip.arrivals) for trip in trips] == [1, 1]
    assert len(relay.kept) == 2
    ahead = travel.now(commit_session)() - factories.NOW
    assert timedelta(days=1) <= ahead < timedelta(days=1, minutes=5)


def test_without_a_worker_time_stands_still_and_says_so(
    celery: Worker,
    relay: sink.Sink,
    commit_session: Session,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    celery.stop()
    relay.kept.clear()
    now_is(commit_session)
    mails(commit_session, 1, due_at=factories.NOW + timedelta(days=1))
    monkeypatch.setattr("funnel.flow.travel.watch.SIGN_OF_LIFE", timedelta(seconds=1))

    with pytest.raises(travel.NoWorker):
        travel.go_on(commit_session, redis_url=celery.redis_url, real=clock.real)

    assert relay.kept == []
    assert travel.now(commit_session)() - factories.NOW < timedelta(minutes=1)


def test_who_did_not_confirm_and_who_is_long_gone_is_forgotten(
    working: Worker, commit_session: Session, database_url: str
) -> None:
    on = visitors.stage(commit_session)
    signup.submit(
        commit_session,
        visitors.form(on),
        now=factories.NOW - timedelta(days=8),
        real=clock.real(),
        limits=cluster.settings(database_url),
    )
    gone = factories.occurrence(
        commit_session, starts_at=factories.NOW - timedelta(days=200)
    )
    old = factories.subscriber(commit_session)
    factories.registration(commit_session, subscriber=old, occurrence=gone)
    commit_session.commit()

    def are_forgotten() -> bool:
        for name in (queue.TaskName.UPKEEP, queue.TaskName.RETENTION):
            queue.wake(working.redis_url, name)
        commit_session.commit()
        kept = select(func.count()).where(Subscriber.address.is_not(None))
        return commit_session.scalar(kept) == 0

    wait_until(are_forgotten, "the upkeep")


def test_beat_wakes_every_task_there_is(database_url: str) -> None:
    app = create_celery(cluster.settings(database_url))

    asked = {entry["task"] for entry in app.conf.beat_schedule.values()}

    called_by_a_scan = {queue.TaskName.SHARE}
    assert asked == set(queue.TaskName) - called_by_a_scan
