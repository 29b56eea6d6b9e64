"""Redis forgets, hangs or takes no more in the middle of a drain: it only wakes."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import factories
import pytest
import sink
import worker
from ledger import Ledger
from oracle import AT_REST, account, outlast_the_leases
from redis import Redis
from sending import mails
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from worker import Worker, wait_until

from funnel import clock, queue
from funnel.flow import travel
from funnel.models import Delivery

pytestmark = pytest.mark.system
MAILS, BEFORE = 12, 4
Fault = Callable[[Redis], AbstractContextManager[None]]


@contextmanager
def emptied(redis: Redis) -> Iterator[None]:
    redis.flushall()
    yield


@contextmanager
def hung(redis: Redis) -> Iterator[None]:
    pid = redis.info("server")["process_id"]
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


@contextmanager
def full(redis: Redis) -> Iterator[None]:
    redis.config_set("maxmemory", 1)
    try:
        yield
    finally:
        redis.config_set("maxmemory", 0)


FAULTS = {
    "R5": (emptied, "Redis is emptied in the middle of a drain"),
    "R6": (hung, "Redis hangs in the middle of a drain"),
    "R7": (full, "Redis is full in the middle of a drain, and refuses every write"),
}


@pytest.fixture(scope="module")
def relay() -> Iterator[sink.Sink]:
    with sink.running() as relay:
        yield relay


@pytest.fixture(scope="module")
def celery(database_url: str, relay: sink.Sink) -> Iterator[Worker]:
    """One worker for every fault: it has to go on after each of them."""
    with worker.redis() as redis_url:
        one = Worker(redis_url, worker.environment(database_url, redis_url, relay.url))
        one.start()
        yield one
        one.stop()


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(fault, marks=pytest.mark.fault(name, what), id=name)
        for name, (fault, what) in FAULTS.items()
    ],
)
def test_a_drain_does_not_need_redis_and_the_next_one_comes(
    commit_session: Session,
    relay: sink.Sink,
    celery: Worker,
    ledger: Ledger,
    fault: Fault,
) -> None:
    is_in_the_middle, go_on = threading.Event(), threading.Event()
    died = list[Worker]()

    def script(turn: sink.Turn) -> None:
        if turn.phase == "accepted" and len(relay.kept) == BEFORE:
            is_in_the_middle.set()
            go_on.wait(60)

    def woken(is_so: Callable[[], bool]) -> bool:
        if celery.has_ended:  # somebody starts it again, as Compose does
            died.append(celery)
            outlast_the_leases(commit_session)
            celery.start()
        queue.wake(celery.redis_url, queue.TaskName.DRAIN)
        return is_so()

    relay.kept.clear()
    relay.script = script
    travel.shift(commit_session, factories.NOW, real=clock.real())
    mails(commit_session, MAILS)
    try:
        wait_until(lambda: woken(is_in_the_middle.is_set), "a drain")
        with fault(Redis.from_url(celery.redis_url)):
            go_on.set()
            wait_until(
                lambda: is_at_rest(commit_session) or celery.has_ended,
                "what was under way",
            )
        mails(commit_session, 1)
        wait_until(lambda: woken(lambda: is_at_rest(commit_session)), "the next")
    finally:
        go_on.set()
        relay.script = sink.usual
    ledger(account(commit_session, relay, len(died)))


def is_at_rest(session: Session) -> bool:
    """Say whether no mail is on its way any more."""
    session.commit()
    open_ = Delivery.state.not_in(AT_REST)
    return session.scalar(select(func.count()).where(open_)) == 0
