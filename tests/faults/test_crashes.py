"""Workers die and sleep, everywhere and at any time: nothing is lost or doubled."""

import itertools
import os
import random
import signal
import time
from collections.abc import Callable, Iterator

import pytest
import sink
import tap
from crowd import crowd
from ledger import Ledger
from oracle import CONNECTIONS, account, outlast_the_leases
from sending import at, desk, later, mails
from sqlalchemy.orm import Session

from funnel.domain.status import Kind
from funnel.flow.delivery import failpoint
from funnel.flow.delivery.failpoint import Point

ANSWERS = {
    "250": None,
    "451": "451 4.3.0 not now",
    "550": "550 5.7.1 no",
    "none": sink.DROP,
}
WITH_ANSWER = (Point.ANSWERED, Point.JOURNALED, Point.RECORDING, Point.RECORDED)
PHASES = ("connect", "ehlo", "mail", "rcpt", "data", "dot", "accepted")
AFTER_A_DEATH = (Point.REPLAYING, Point.REPLAYED, Point.JUDGING)


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
    database_url: str, smtp_url: str, point: str = "", **settings: int
) -> Callable[[], None]:
    """Return the work of a process that drains once, or dies at a point."""
    settings = {"smtp_connections": CONNECTIONS, **settings}

    def work() -> None:
        if point:
            failpoint.arm(point)
        with desk(database_url, smtp_url, **settings) as mine:
            mine.drain(at())

    return work


def was_killed(pid: int) -> bool:
    return os.WIFSIGNALED(os.waitpid(pid, 0)[1])


@pytest.fixture
def pieces(request: pytest.FixtureRequest) -> Iterator[int]:
    """Tell at which pieces to die: at each for the table, else at every third.

    Then the first is chosen by chance, so that three runs see them all.
    """
    stride = 1 if request.config.getoption("--table") else 3
    return itertools.count(random.randint(1, stride), stride)


@pytest.mark.timeout(400)  # a hundred processes
@pytest.mark.fault("C1", "kill -9 at every statement and every write to a socket")
def test_wherever_on_the_wire_a_worker_dies_nothing_is_lost_or_doubled(
    commit_session: Session, database_url: str, ledger: Ledger, pieces: Iterator[int]
) -> None:
    fatal, crashes, died = 0, 0, True

    with sink.running() as relay, tap.on(database_url, relay.port) as wire:
        with desk(database_url, relay.url) as rescuer:
            while died:
                fatal = next(pieces)
                mails(commit_session, 1, Kind.MARKETING)
                mails(commit_session, 1, Kind.SERVICE)
                died = killed_at(wire, fatal, drained(wire.database, wire.smtp))
                crashes += died
                outlast_the_leases(commit_session)
                rescuer.drain(at())
        ledger(account(commit_session, relay, crashes=crashes))

    assert fatal > 40, "so many pieces there are at least in a drain of two mails"


@pytest.mark.timeout(400)  # a hundred processes
@pytest.mark.fault("C8", "kill -9 at every piece of a train, three deep")
def test_wherever_a_train_is_cut_no_more_than_its_depth_is_in_doubt(
    commit_session: Session, database_url: str, ledger: Ledger, pieces: Iterator[int]
) -> None:
    fatal, crashes, died = 0, 0, True

    with (
        sink.running(offers=("PIPELINING", "CHUNKING")) as relay,
        tap.on(database_url, relay.port) as wire,
        desk(database_url, relay.url) as rescuer,
    ):
        while died:
            fatal = next(pieces)
            mails(commit_session, 4, Kind.MARKETING)
            work = drained(wire.database, wire.smtp, smtp_connections=1, smtp_depth=3)
            died = killed_at(wire, fatal, work)
            crashes += died
            outlast_the_leases(commit_session)
            rescuer.drain(at())
        ledger(account(commit_session, relay, crashes=crashes, connections=3))

    assert fatal > 20, "so many pieces there are at least in a drain of four mails"


def killed_at(wire: tap.Tap, fatal: int, work: Callable[[], None]) -> bool:
    """Have it done by a process that dies when so many pieces have passed."""
    wire.arm(os.getpid(), 0)  # nobody dies before the fork is known
    gate, go = os.pipe()
    pid = forked(waiting_for(gate, work))
    wire.arm(pid, fatal)
    os.write(go, b"!")
    died = was_killed(pid)
    os.close(gate)
    os.close(go)
    return died


def waiting_for(gate: int, work: Callable[[], None]) -> Callable[[], None]:
    def wait() -> None:
        os.read(gate, 1)
        work()

    return wait


@pytest.mark.fault("C2", "kill -9 at every named failpoint of the engine")
@pytest.mark.parametrize("kind", list(Kind))
def test_at_whatever_point_of_the_engine_a_worker_dies(
    commit_session: Session, database_url: str, ledger: Ledger, kind: Kind
) -> None:
    points = [point for point in Point if point not in AFTER_A_DEATH]

    with sink.running() as relay, desk(database_url, relay.url) as rescuer:
        for point in points:
            for time_of_it in (1, 2):
                mails(commit_session, 2, kind)
                end = drained(database_url, relay.url, f"{point}:{time_of_it}")
                is_twice = was_killed(forked(end))
                assert is_twice or time_of_it > 1, f"{point} is never reached"
                outlast_the_leases(commit_session)
                rescuer.drain(at())
        ledger(account(commit_session, relay, crashes=2 * len(points)))


@pytest.mark.fault("C3", "the same after each answer of a relay: 250, 451, 550, none")
def test_an_answer_that_was_heard_is_kept_wherever_the_worker_dies(
    commit_session: Session, database_url: str, ledger: Ledger
) -> None:
    answers: list[str | None] = []

    def script(turn: sink.Turn) -> str | None:
        answer = answers[0] if answers else None
        phase = "accepted" if answer == sink.DROP else "dot"
        return answer if turn.phase == phase else None

    with sink.running(script) as relay, desk(database_url, relay.url) as rescuer:
        for answer in ANSWERS.values():
            for point in WITH_ANSWER:
                mails(commit_session, 1)
                answers[:] = [answer]
                assert was_killed(forked(drained(database_url, relay.url, str(point))))
                answers.clear()
                outlast_the_leases(commit_session)
                rescuer.drain(at())
        rescuer.drain(later(hours=1))
        ledger(account(commit_session, relay, crashes=len(ANSWERS) * len(WITH_ANSWER)))


@pytest.mark.fault("C4", "kill -9 while the journal of a dead worker is replayed")
@pytest.mark.parametrize("point", AFTER_A_DEATH)
def test_who_dies_over_a_dead_workers_journal_leaves_it_to_the_next(
    commit_session: Session, database_url: str, ledger: Ledger, point: Point
) -> None:
    mails(commit_session, 2)

    with sink.running() as relay:
        for one in (Point.JOURNALED, point):
            assert was_killed(forked(drained(database_url, relay.url, str(one))))
            outlast_the_leases(commit_session)
        drained(database_url, relay.url)()

        found = account(commit_session, relay, crashes=2)
    assert found.uncertain <= CONNECTIONS - 1, "the journal knew of one"
    ledger(found)


@pytest.mark.fault("C5", "kill -9 at every phase of the conversation")
@pytest.mark.parametrize("phase", PHASES)
def test_a_worker_killed_in_the_middle_of_a_conversation_loses_and_doubles_nothing(
    commit_session: Session, database_url: str, ledger: Ledger, phase: str
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
        pid = forked(drained(database_url, relay.url))
        victims.append(pid)
        os.waitpid(pid, 0)
        assert victims == [], "the worker was to be killed"
        outlast_the_leases(commit_session)
        drained(database_url, relay.url)()

        ledger(account(commit_session, relay))


@pytest.mark.timeout(1800)  # its long form
@pytest.mark.fault("C6", "kill -9 of workers at random, two at work all the time")
def test_workers_killed_at_random_lose_and_double_nothing(
    commit_session: Session,
    database_url: str,
    ledger: Ledger,
    pytestconfig: pytest.Config,
) -> None:
    count, most = pytestconfig.getoption("--mails"), pytestconfig.getoption("--kills")
    crowd(commit_session, count)
    chance, kills = random.Random(20261123), 0

    def slowly(turn: sink.Turn) -> str | None:
        time.sleep(0.002 if turn.phase == "mail" and most < 20 else 0)
        return None

    def one() -> int:
        return forked(drained(database_url, relay.url))

    with sink.running(slowly) as relay:
        pids = [one(), one()]
        while kills < most and len(relay.kept) < 0.95 * count:
            time.sleep(chance.uniform(0.05, 0.4))
            victim = pids.pop(chance.randrange(len(pids)))
            os.kill(victim, signal.SIGKILL)
            kills += was_killed(victim)
            pids.append(one())
        for pid in pids:
            os.waitpid(pid, 0)
        outlast_the_leases(commit_session)
        while len(relay.kept) < count - CONNECTIONS * kills:
            os.waitpid(one(), 0)
        drained(database_url, relay.url)()

        ledger(account(commit_session, relay, crashes=kills))
    assert kills >= 2


@pytest.mark.fault("C7", "SIGSTOP past the lease")
def test_a_worker_that_sleeps_past_its_lease_is_fenced_off(
    commit_session: Session, database_url: str, ledger: Ledger
) -> None:
    mails(commit_session, 1)
    sleepers: list[int] = []

    def script(turn: sink.Turn) -> str | None:
        if turn.phase == "data" and sleepers:
            os.kill(sleepers[0], signal.SIGSTOP)
        return None

    with sink.running(script) as relay:
        pid = forked(drained(database_url, relay.url))
        sleepers.append(pid)
        os.waitpid(pid, os.WUNTRACED)
        sleepers.clear()
        outlast_the_leases(commit_session)
        drained(database_url, relay.url)()
        assert len(relay.kept) == 1
        os.kill(pid, signal.SIGCONT)
        os.waitpid(pid, 0)

        found = account(commit_session, relay)
    assert found.uncertain == 0
    ledger(found)
