"""Workers die, sleep and lose their servers: nothing is lost, nothing goes twice."""

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable

import pytest
import sink
from sending import at, desk, fresh, later, mails
from sqlalchemy import Engine, event, select, text
from sqlalchemy.orm import Session

from funnel.domain.status import DeliveryState, Kind
from funnel.flow.delivery.desk import Desk
from funnel.flow.delivery.shift import LANES
from funnel.mail.smtp import Outcome, Patience, Pool, SmtpUrl
from funnel.models import Delivery

CONNECTIONS = 2
DONE = {DeliveryState.SENT, DeliveryState.UNCERTAIN}


def forked(work: Callable[[], None]) -> int:
    """Run it in a process of its own, which can be killed; return its pid."""
    pid = os.fork()
    if pid == 0:
        try:
            work()
        finally:
            os._exit(0)
    return pid


def drained(
    database_url: str, relay: sink.Sink, prepare: Callable[[Desk], None] | None = None
) -> Callable[[], None]:
    """Return the work of a process that drains once."""

    def work() -> None:
        with desk(database_url, relay.url, smtp_connections=CONNECTIONS) as mine:
            if prepare:
                prepare(mine)
            mine.drain(at())

    return work


def outlast_the_leases(session: Session) -> None:
    session.execute(
        text(
            "UPDATE delivery SET lease_until = now() - interval '1 second'"
            " WHERE lease_until IS NOT NULL"
        )
    )
    session.commit()


def states(session: Session) -> dict[str, DeliveryState]:
    """Return the state of each mail by its address."""
    session.expire_all()
    rows = session.execute(select(Delivery.address, Delivery.state))
    found = {row.address: row.state for row in rows}
    session.commit()
    return found


def account(session: Session, relay: sink.Sink, crashes: int = 1) -> None:
    """Check what must always be true when everything has come to rest."""
    ends, kept = states(session), Counter(relay.recipients)
    uncertain = [to for to, state in ends.items() if state is DeliveryState.UNCERTAIN]
    assert set(ends.values()) <= DONE, "nothing may be left lying"
    assert relay.doubles == [], "no marketing mail twice"
    assert max(kept.values(), default=0) <= 1
    assert all(kept[to] for to, state in ends.items() if state is DeliveryState.SENT)
    assert len(uncertain) <= CONNECTIONS * crashes, "the bound of the design"
    lost = [to for to in ends if not kept[to] and to not in uncertain]
    assert lost == []


@pytest.mark.parametrize(
    "phase", ["connect", "ehlo", "mail", "rcpt", "data", "dot", "accepted"]
)
def test_a_worker_killed_in_the_middle_of_a_conversation_loses_and_doubles_nothing(
    commit_session: Session, database_url: str, phase: str
) -> None:
    mails(commit_session, 6)
    victims: list[int] = []
    before = 0 if phase in {"connect", "ehlo"} else 2

    def script(turn: sink.Turn) -> str | None:
        if turn.phase == phase and len(relay.kept) >= before:
            while victims:
                os.kill(victims.pop(), signal.SIGKILL)
        return None

    with sink.running(script) as relay:
        pid = forked(drained(database_url, relay))
        victims.append(pid)
        os.waitpid(pid, 0)
        assert victims == [], "the worker was to be killed"
        outlast_the_leases(commit_session)
        drained(database_url, relay)()

        account(commit_session, relay)


def test_wherever_in_the_database_a_drain_dies_nothing_is_lost_or_doubled(
    commit_session: Session, database_url: str
) -> None:
    """Kill it before and after each statement and before each commit, in turn."""
    point = 0
    with sink.running() as relay, desk(database_url, relay.url) as rescuer:
        while True:
            point += 1
            commit_session.execute(text("TRUNCATE delivery, event, suppression"))
            mails(commit_session, 2)
            relay.kept.clear()
            pid = forked(drained(database_url, relay, dying_at(point)))
            status = os.waitpid(pid, 0)[1]
            outlast_the_leases(commit_session)
            rescuer.drain(at())

            account(commit_session, relay)
            if not os.WIFSIGNALED(status):
                break
    assert point > 15, "there are more statements than that in a drain"


def dying_at(point: int) -> Callable[[Desk], None]:
    """Have a process kill itself at the n-th statement or commit of its drain."""

    def prepare(mine: Desk) -> None:
        seen = 0

        def count(*arguments: object, **more: object) -> None:
            nonlocal seen
            del arguments, more
            seen += 1
            if seen == point:
                os.kill(os.getpid(), signal.SIGKILL)

        event.listen(mine.engine.sync_engine, "before_cursor_execute", count)
        event.listen(mine.engine.sync_engine, "after_cursor_execute", count)
        event.listen(mine.engine.sync_engine, "commit", count)

    return prepare


def test_workers_killed_at_random_lose_and_double_nothing(
    commit_session: Session, database_url: str
) -> None:
    mails(commit_session, 120)
    chance, kills = random.Random(20261123), 0

    def slowly(turn: sink.Turn) -> str | None:
        time.sleep(0.004 if turn.phase == "mail" else 0)
        return None

    with sink.running(slowly) as relay:
        pids = [forked(drained(database_url, relay)) for _ in range(2)]
        while kills < 6 and len(relay.kept) < 90:
            time.sleep(chance.uniform(0.05, 0.15))
            victim = pids.pop(chance.randrange(len(pids)))
            os.kill(victim, signal.SIGKILL)
            os.waitpid(victim, 0)
            kills += 1
            pids.append(forked(drained(database_url, relay)))
        for pid in pids:
            os.waitpid(pid, 0)
        outlast_the_leases(commit_session)
        drained(database_url, relay)()

        account(commit_session, relay, crashes=kills)
    assert kills >= 2


def test_a_worker_that_sleeps_past_its_lease_is_fenced_off(
    commit_session: Session, database_url: str
) -> None:
    mails(commit_session, 1)
    sleepers: list[int] = []

    def script(turn: sink.Turn) -> str | None:
        if turn.phase == "data" and sleepers:
            os.kill(sleepers[0], signal.SIGSTOP)
        return None

    with sink.running(script) as relay:
        pid = forked(drained(database_url, relay))
        sleepers.append(pid)
        os.waitpid(pid, os.WUNTRACED)
        sleepers.clear()
        outlast_the_leases(commit_session)
        drained(database_url, relay)()
        assert len(relay.kept) == 1
        os.kill(pid, signal.SIGCONT)
        os.waitpid(pid, 0)

        account(commit_session, relay)
    assert set(states(commit_session).values()) == {DeliveryState.SENT}


@pytest.mark.parametrize("phase", ["data", "accepted"])
def test_a_database_that_hangs_up_costs_no_mail_and_makes_no_double(
    commit_session: Session, engine: Engine, database_url: str, phase: str
) -> None:
    """At "data" the fence fails, at "accepted" the answer cannot be written."""
    mails(commit_session, 2)
    left = [1]

    def script(turn: sink.Turn) -> str | None:
        if turn.phase == phase and left:
            left.pop()
            with engine.begin() as connection:
                connection.execute(
                    text(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                        " WHERE pid <> pg_backend_pid() AND state = 'idle'"
                        " AND datname = current_database()"
                    )
                )
        return None

    with (
        sink.running(script) as relay,
        desk(database_url, relay.url, smtp_connections=1) as mine,
    ):
        mine.drain(at())
        mine.drain(later(minutes=1))

    engine.dispose()
    commit_session.invalidate()
    account(commit_session, relay)
    assert set(states(commit_session).values()) == {DeliveryState.SENT}


def test_a_relay_that_is_down_costs_nothing_but_time(
    commit_session: Session, database_url: str
) -> None:
    waiting = mails(commit_session, 30)

    with desk(database_url, "smtp://127.0.0.1:1") as mine:
        done = mine.drain(at())
    tried = Counter(fresh(commit_session, mail).attempt for mail in waiting)
    with sink.running() as relay, desk(database_url, relay.url) as mine:
        mine.drain(later(minutes=6))

    assert done.ends[Outcome.UNREACHED] <= (1 + LANES) * CONNECTIONS
    assert tried[0] + tried[1] == 30, "nobody spends attempts on a relay that is down"
    assert len(relay.kept) == 30


def test_a_relay_that_hangs_is_left_and_the_mail_goes_later(
    commit_session: Session, database_url: str
) -> None:
    mails(commit_session, 3)
    hung = [True]

    def script(turn: sink.Turn) -> str | None:
        return sink.HANG if turn.phase == "rcpt" and hung[0] else None

    with sink.running(script) as relay, desk(database_url, relay.url) as mine:
        mine.pool = Pool(
            SmtpUrl.parse(relay.url), connections=2, patience=Patience(command=0.2)
        )
        mine.drain(at())
        hung[0] = False
        mine.drain(later(minutes=6))

        account(commit_session, relay, crashes=0)


def test_a_relay_that_takes_the_mail_and_hangs_leaves_a_doubt_each(
    commit_session: Session, database_url: str
) -> None:
    mails(commit_session, 2, Kind.MARKETING)

    def script(turn: sink.Turn) -> str | None:
        return sink.HANG if turn.phase == "accepted" else None

    with sink.running(script) as relay, desk(database_url, relay.url) as mine:
        mine.pool = Pool(
            SmtpUrl.parse(relay.url), connections=2, patience=Patience(dot=0.2)
        )
        mine.drain(at())
        mine.drain(later(days=4))

        account(commit_session, relay)
    assert set(states(commit_session).values()) == {DeliveryState.UNCERTAIN}
