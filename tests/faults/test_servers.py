"""The relay and the database fail: nothing is lost, nothing goes twice."""

import contextlib
import os
import signal
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import cluster
import pytest
import sink
from crowd import crowd
from factories import NOW
from ledger import Ledger
from oracle import CONNECTIONS, account, outlast_the_leases
from sending import at, desk, fresh, later, mails
from sqlalchemy import Engine, create_engine, select, text
from sqlalchemy.orm import Session
from tap import wait_until

from funnel.domain.status import DeliveryState, Kind, SubscriberState
from funnel.embedded import places
from funnel.flow.delivery.line import UNWELL
from funnel.mail.smtp import Outcome, Patience, Pool, SmtpUrl, Terms
from funnel.models import Delivery, Subscriber


def states(session: Session) -> list[DeliveryState]:
    found = list(session.scalars(select(Delivery.state)))
    session.commit()
    return found


@pytest.mark.fault("S1", "the database hangs up: at the fence, and at the answer")
@pytest.mark.parametrize("phase", ["data", "accepted"])
def test_a_database_that_hangs_up_costs_no_mail_and_makes_no_double(
    commit_session: Session,
    engine: Engine,
    database_url: str,
    phase: str,
    ledger: Ledger,
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
        with contextlib.suppress(*UNWELL):  # a claim may meet it, too: the next tick
            mine.drain(at())
        mine.drain(later(minutes=1))

    engine.dispose()
    commit_session.invalidate()
    ledger(account(commit_session, relay))
    assert set(states(commit_session)) == {DeliveryState.SENT}


@pytest.mark.fault("S2", "the relay refuses every connection")
def test_a_relay_that_is_down_costs_nothing_but_time(
    commit_session: Session, database_url: str, ledger: Ledger
) -> None:
    waiting = mails(commit_session, 30)

    with desk(database_url, "smtp://127.0.0.1:1") as mine:
        done = mine.drain(at())
    tried = Counter(fresh(commit_session, mail).attempt for mail in waiting)
    with sink.running() as relay, desk(database_url, relay.url) as mine:
        mine.drain(later(minutes=6))

    assert done.ends[Outcome.UNREACHED] <= CONNECTIONS + mine.pool.terms.width
    assert tried[0] + tried[1] == 30, "nobody spends attempts on a relay that is down"
    assert len(relay.kept) == 30
    ledger(account(commit_session, relay, crashes=0))


@pytest.mark.fault("S3", "the relay hangs at RCPT")
def test_a_relay_that_hangs_is_left_and_the_mail_goes_later(
    commit_session: Session, database_url: str, ledger: Ledger
) -> None:
    mails(commit_session, 3)
    hung = [True]

    def script(turn: sink.Turn) -> str | None:
        return sink.HANG if turn.phase == "rcpt" and hung[0] else None

    with sink.running(script) as relay, desk(database_url, relay.url) as mine:
        mine.pool = Pool(
            SmtpUrl.parse(relay.url),
            Terms(connections=2, patience=Patience(command=0.2)),
        )
        mine.drain(at())
        hung[0] = False
        mine.drain(later(minutes=6))

        ledger(account(commit_session, relay, crashes=0))


@pytest.mark.fault("S4", "the relay takes the mail and never answers")
def test_a_relay_that_takes_the_mail_and_hangs_leaves_a_doubt_each(
    commit_session: Session, database_url: str, ledger: Ledger
) -> None:
    mails(commit_session, 2, Kind.MARKETING)

    def script(turn: sink.Turn) -> str | None:
        return sink.HANG if turn.phase == "accepted" else None

    with sink.running(script) as relay, desk(database_url, relay.url) as mine:
        mine.pool = Pool(
            SmtpUrl.parse(relay.url),
            Terms(connections=2, patience=Patience(dot=0.2)),
        )
        mine.drain(at())
        mine.drain(later(days=4))

        ledger(account(commit_session, relay))
    assert set(states(commit_session)) == {DeliveryState.UNCERTAIN}


@pytest.mark.fault("S5", "she leaves between claim and fence")
def test_who_leaves_at_the_last_moment_is_spared(
    commit_session: Session, database_url: str, ledger: Ledger
) -> None:
    ids = mails(commit_session, 4)
    gone: list[str] = []

    def script(turn: sink.Turn) -> str | None:
        if turn.phase == "data" and not gone:
            gone.append(turn.to)
            row = commit_session.scalars(select(Delivery).filter_by(address=turn.to))
            person = commit_session.get_one(Subscriber, row.one().subscriber_id)
            person.state = SubscriberState.UNSUBSCRIBED
            commit_session.commit()
        return None

    with sink.running(script) as relay, desk(database_url, relay.url) as mine:
        mine.drain(at())

        ledger(account(commit_session, relay, crashes=0))
    assert set(relay.recipients) == {
        address
        for mail in ids
        if (address := fresh(commit_session, mail).address) not in gone
    }


@pytest.mark.fault("S6", "the clock goes back a day in the middle")
def test_a_clock_that_goes_back_makes_nothing_go_twice(
    commit_session: Session, database_url: str, ledger: Ledger
) -> None:
    mails(commit_session, 6)
    days = [0]

    def script(turn: sink.Turn) -> str | None:
        if turn.phase == "accepted":
            days[0] = -1
        return None

    with sink.running(script) as relay, desk(database_url, relay.url) as mine:
        mine.drain(lambda: NOW + timedelta(days=days[0]))
        mine.drain(at())

        ledger(account(commit_session, relay, crashes=0))
    assert len(relay.kept) == 6


@pytest.mark.fault("S7", "two drains at once, woken by two beats")
def test_two_drains_at_once_share_the_mail(
    commit_session: Session, database_url: str, ledger: Ledger
) -> None:
    mails(commit_session, 40)

    with (
        sink.running() as relay,
        desk(database_url, relay.url) as one,
        desk(database_url, relay.url) as other,
        ThreadPoolExecutor() as both,
    ):
        done = list(both.map(lambda mine: mine.drain(at()), (one, other)))

        ledger(account(commit_session, relay, crashes=0))
    assert sum(one.sent for one in done) == 40


@pytest.mark.timeout(1800)  # its long form
@pytest.mark.fault("S9", "everything is due at once after an outage of five hours")
def test_what_has_piled_up_goes_once_and_service_mail_with_it(
    commit_session: Session,
    database_url: str,
    ledger: Ledger,
    pytestconfig: pytest.Config,
) -> None:
    count, after = pytestconfig.getoption("--due"), later(hours=5)
    crowd(commit_session, count)

    def script(turn: sink.Turn) -> None:
        if turn.phase == "accepted" and len(relay.kept) == count // 3:
            mails(commit_session, 1, Kind.SERVICE)

    with (
        sink.running(script) as relay,
        desk(database_url, relay.url, smtp_connections=10) as one,
        desk(database_url, relay.url, smtp_connections=10) as other,
        ThreadPoolExecutor() as both,
    ):
        while len(relay.kept) <= count:  # each drain ends, and the next one goes on
            before = len(relay.kept)
            list(both.map(lambda mine: mine.drain(after), (one, other)))
            assert len(relay.kept) > before

        ledger(account(commit_session, relay, crashes=0))
    assert relay.doubles == []


@pytest.mark.fault("S8", "PostgreSQL is killed and restarted in the middle")
def test_a_database_that_is_killed_costs_no_mail_and_makes_no_double(
    ledger: Ledger,
) -> None:
    folder = Path(os.environ[cluster.HOME]) / f"restart-{os.getpid()}"
    places.make_folder(folder, 0o711)
    server = cluster.server(folder)
    server.start()
    server.make_database("restart")
    cluster.migrate(server.url("restart"))
    engine = create_engine(
        server.url("restart").replace("postgresql://", "postgresql+psycopg://")
    )
    killed: list[int] = []

    def script(turn: sink.Turn) -> str | None:
        if turn.phase == "accepted" and len(relay.kept) == 10 and not killed:
            pid = folder / "postgres" / "data" / "postmaster.pid"
            killed.append(int(pid.read_text().split()[0]))
            os.kill(killed[0], signal.SIGQUIT)  # pg_ctl stop -m immediate
            wait_until(lambda: not server.is_alive(), "the end of PostgreSQL")
            server.start()
        return None

    try:
        with (
            Session(engine) as session,
            sink.running(script) as relay,
            desk(server.url("restart"), relay.url) as mine,
        ):
            mails(session, 30)
            session.close()
            for minute in range(3):
                with suppress(*UNWELL):  # the next drain goes on
                    mine.drain(later(minutes=minute))
            engine.dispose()
            outlast_the_leases(session)
            mine.drain(later(minutes=5))

            ledger(account(session, relay))
    finally:
        engine.dispose()
        server.stop()
    assert killed
