"""What a relay allows is kept by all workers together."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any, TypeVar

import pytest
import sending
import sink
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.orm import Session

from funnel.domain.status import DeliveryState
from funnel.flow import allowance
from funnel.mail.relay import Terms
from funnel.models import Allowance, Delivery

T = TypeVar("T")
Story = Callable[[AsyncEngine], Coroutine[Any, Any, T]]

pytestmark = pytest.mark.usefixtures("clean_database")


def told(database_url: str, story: Story[T]) -> T:
    async def tell() -> T:
        url = database_url.replace("postgresql://", "postgresql+psycopg://")
        engine = create_async_engine(url, pool_size=8)
        try:
            return await story(engine)
        finally:
            await engine.dispose()

    return asyncio.run(tell())


def row(session: Session) -> Allowance:
    session.expire_all()
    return session.execute(select(Allowance)).scalar_one()


def test_without_a_limit_nobody_asks(
    database_url: str, commit_session: Session
) -> None:
    granted = told(database_url, lambda engine: allowance.take(engine, Terms(), 500))

    assert granted == 500
    assert commit_session.execute(select(Allowance)).all() == []


def test_the_workers_together_are_granted_what_time_pays_for(
    database_url: str, commit_session: Session
) -> None:
    terms, most = Terms(per_second=200), 150

    async def story(engine: AsyncEngine) -> list[int]:
        granted = list[int]()

        async def worker() -> None:
            while sum(granted) < most:
                granted.append(await allowance.take(engine, terms, 500))

        await asyncio.gather(*(worker() for _ in range(4)))
        return granted

    granted = told(database_url, story)

    last = row(commit_session)
    assert set(granted) == {50}
    assert last.used == sum(granted)
    assert last.paid_until - last.starts_at == timedelta(seconds=50 / 200)


def test_nobody_waits_for_a_slice_that_is_far_away(
    database_url: str, commit_session: Session
) -> None:
    async def story(engine: AsyncEngine) -> list[int]:
        slices = (allowance.take(engine, Terms(per_second=1), 9) for _ in range(8))
        return await asyncio.gather(*slices)

    granted = told(database_url, story)

    assert set(granted) == {0, 1}
    assert row(commit_session).used == sum(granted)


def test_a_day_ends_with_its_allowance_and_another_day_begins_with_all_of_it(
    database_url: str, commit_session: Session
) -> None:
    terms = Terms(per_day=10)

    async def twice(engine: AsyncEngine) -> list[int]:
        return [await allowance.take(engine, terms, 7) for _ in range(3)]

    today = told(database_url, twice)
    row(commit_session).day -= timedelta(days=1)
    commit_session.commit()
    tomorrow = told(database_url, twice)

    assert today == [7, 3, 0]
    assert tomorrow == [7, 3, 0]


def test_what_was_not_needed_is_given_back(
    database_url: str, commit_session: Session
) -> None:
    terms = Terms(per_second=100, per_day=1000)

    async def story(engine: AsyncEngine) -> None:
        await allowance.take(engine, terms, 20)
        await allowance.put_back(engine, terms, 15)

    told(database_url, story)

    last = row(commit_session)
    assert last.used == 5
    assert last.paid_until - last.starts_at == timedelta(seconds=0.05)


def test_a_drain_sends_what_the_day_allows_and_leaves_the_rest_due(
    database_url: str, commit_session: Session
) -> None:
    ids = sending.mails(commit_session, 5)

    with (
        sink.running() as relay,
        sending.desk(database_url, relay.url, smtp_per_day=3) as mine,
    ):
        first = mine.drain(sending.at())
        second = mine.drain(sending.at())

    states = [commit_session.get_one(Delivery, one).state for one in ids]
    assert (first.sent, second.sent) == (3, 0)
    assert states.count(DeliveryState.SENT) == 3
    assert states.count(DeliveryState.SCHEDULED) == 2
    assert len(relay.kept) == 3
