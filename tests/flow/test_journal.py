"""The journal: what a relay answered survives the worker that heard it."""

import asyncio
import json
import os
import signal
from pathlib import Path

import cluster
import factories
import pytest
import sink
from sending import at, desk, fresh, later, mails
from sqlalchemy import text
from sqlalchemy.orm import Session

from funnel.domain.status import DeliveryState, Kind
from funnel.flow.delivery import failpoint
from funnel.flow.delivery.desk import Desk
from funnel.flow.delivery.group import Group
from funnel.flow.delivery.journal import Journal, NoJournal
from funnel.flow.delivery.policy import Attempt, Settlement
from funnel.flow.delivery.record import Books


def dead_worker(database_url: str, relay: sink.Sink, point: str) -> None:
    """Let a process drain until it dies at a point."""
    pid = os.fork()
    if pid == 0:
        try:
            failpoint.arm(point)
            with desk(database_url, relay.url) as mine:
                mine.drain(at())
        finally:
            os._exit(0)
    assert os.WTERMSIG(os.waitpid(pid, 0)[1]) == signal.SIGKILL


def outlast_the_leases(session: Session) -> None:
    session.execute(text("UPDATE delivery SET lease_until = now()"))
    session.commit()


def files() -> list[Path]:
    return sorted((cluster.data_dir() / "journal").glob("*"))


@pytest.mark.parametrize("kind", list(Kind))
def test_an_answer_that_only_the_journal_knows_is_no_doubt(
    commit_session: Session, database_url: str, kind: Kind
) -> None:
    [mail] = mails(commit_session, 1, kind)

    with sink.running() as relay:
        dead_worker(database_url, relay, "journaled")
        left = fresh(commit_session, mail).state
        outlast_the_leases(commit_session)
        with desk(database_url, relay.url) as mine:
            mine.drain(at())

    assert left is DeliveryState.HANDED
    row = fresh(commit_session, mail)
    assert (row.state, row.reply) == (DeliveryState.SENT, "250 2.0.0 queued as 1")
    assert len(relay.kept) == 1
    assert files() == [], "nothing is left of it"


def test_a_host_that_comes_back_late_still_turns_a_doubt_into_an_answer(
    commit_session: Session, database_url: str, tmp_path: Path
) -> None:
    [mail] = mails(commit_session, 1)

    with sink.running() as relay:
        dead_worker(database_url, relay, "journaled")
        outlast_the_leases(commit_session)
        with desk(database_url, relay.url, data_dir=tmp_path) as other_host:
            other_host.drain(at())
        doubtful = fresh(commit_session, mail).state
        with desk(database_url, relay.url) as same_host:
            same_host.drain(later(hours=1))

    assert doubtful is DeliveryState.UNCERTAIN
    assert fresh(commit_session, mail).state is DeliveryState.SENT
    assert len(relay.kept) == 1


def test_a_journal_of_a_living_worker_is_left_alone(
    commit_session: Session, database_url: str
) -> None:
    mails(commit_session, 1)
    alive = Journal(cluster.data_dir(), "alive")
    before = alive.path.stat().st_ino

    with sink.running() as relay, desk(database_url, relay.url) as mine:
        mine.drain(at())

    assert alive.path.stat().st_ino == before
    alive.close()
    assert files() == []


@pytest.mark.parametrize("torn", [b'[1,1,"2026-', b"nonsense\n", b"[1,2]\n", b"\n\n"])
def test_a_torn_line_costs_only_itself(
    commit_session: Session, database_url: str, torn: bytes
) -> None:
    [mail] = mails(commit_session, 1)

    with sink.running() as relay:
        dead_worker(database_url, relay, "journaled")
        [file] = files()
        file.write_bytes(file.read_bytes() + torn)
        outlast_the_leases(commit_session)
        with desk(database_url, relay.url) as mine:
            mine.drain(at())

    assert fresh(commit_session, mail).state is DeliveryState.SENT


def test_the_journal_names_nobody(commit_session: Session, database_url: str) -> None:
    [mail] = mails(commit_session, 1)

    with sink.running() as relay:
        dead_worker(database_url, relay, "journaled")

    [file] = files()
    assert json.loads(file.read_bytes())[0] == mail
    assert fresh(commit_session, mail).address.encode() not in file.read_bytes()
    assert file.stat().st_mode & 0o077 == 0


def test_a_folder_that_cannot_be_written_is_said_with_what_to_do(
    database_url: str, tmp_path: Path
) -> None:
    (tmp_path / "journal").write_text("a file where a folder belongs")

    with (
        pytest.raises(NoJournal, match="FUNNEL_DATA_DIR"),
        desk(database_url, "smtp://127.0.0.1:1", data_dir=tmp_path),
    ):
        pass


def test_one_end_that_cannot_be_written_does_not_keep_the_others(
    commit_session: Session, database_url: str
) -> None:
    ids = mails(commit_session, 2)
    commit_session.execute(text("UPDATE delivery SET state = 'claimed', attempt = 1"))
    commit_session.commit()
    ends = zip(ids, ("\0 no text has this", "fine"), strict=True)

    async def write(mine: Desk) -> None:
        books = Books(mine.engine, mine.journal, at())
        for mail, reply in ends:
            end = Settlement(DeliveryState.FAILED, reply=reply)
            books.settle(Attempt(mail, 1, factories.NOW), end)
        await books.close()

    with desk(database_url, "smtp://127.0.0.1:1") as mine:
        mine._runner.run(write(mine))

    states = [fresh(commit_session, mail).state for mail in ids]
    assert states == [DeliveryState.CLAIMED, DeliveryState.FAILED]


def test_who_comes_while_a_commit_runs_goes_with_the_next_one() -> None:
    batches: list[list[int]] = []

    async def commit(items: list[int]) -> list[int]:
        batches.append(items)
        await asyncio.sleep(0)
        return [item * 2 for item in items]

    async def ask() -> list[int]:
        group = Group(commit)
        first = group.ask(1)
        await asyncio.sleep(0)
        others = [group.ask(item) for item in (2, 3, 4)]
        return [await first, *[await other for other in others]]

    assert asyncio.run(ask()) == [2, 4, 6, 8]
    assert batches == [[1], [2, 3, 4]]


def test_a_batch_that_fails_tells_each_who_asked_and_the_next_goes_on() -> None:
    async def commit(items: list[int]) -> list[int]:
        if 1 in items:
            raise OSError("away")
        return items

    async def ask() -> tuple[list[bool], int]:
        group = Group(commit)
        failed = await asyncio.gather(
            group.ask(1), group.ask(1), return_exceptions=True
        )
        return [isinstance(one, OSError) for one in failed], await group.ask(2)

    assert asyncio.run(ask()) == ([True, True], 2)
