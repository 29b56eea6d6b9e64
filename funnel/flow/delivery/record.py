"""The books: every answer is in the journal at once, and soon in the database."""

import asyncio
import logging

from sqlalchemy.ext.asyncio import AsyncEngine

from funnel.clock import Clock
from funnel.flow.delivery import failpoint, journal, policy, settle
from funnel.flow.delivery.failpoint import Point
from funnel.flow.delivery.group import MOST, Group
from funnel.flow.delivery.journal import Answer, Journal
from funnel.flow.delivery.line import AWAY, UNWELL, Line
from funnel.flow.delivery.policy import Attempt, Settlement
from funnel.flow.delivery.settle import End

log = logging.getLogger(__name__)

PERSISTENCE = 6
"""How often a batch is written while the database is away: about 12 seconds."""

LEISURE = 0.02
"""Seconds that an answer waits for others: it is in the journal, and no mail waits."""


class Books:
    """Writes down what became of attempts, batch by batch; nobody waits for it."""

    def __init__(self, engine: AsyncEngine, notebook: Journal, now: Clock) -> None:
        self._engine, self._journal, self._now = engine, notebook, now
        self._line = Line(engine, settle.SETTLE)
        self._group = Group(self._write, leisure=LEISURE)
        self._is_complete = True

    async def replay(self) -> int:
        """Write down what a process of this host saw before it died; count it.

        Also what we ourselves could not write when the database was away.
        """
        with journal.of_the_dead(self._journal.folder) as found:
            answers = [*self._journal.kept(), *found]
            if answers:
                failpoint.reach(Point.REPLAYING)
                ends = [self._end(answer) for answer in answers]
                for start in range(0, len(ends), MOST):
                    await self._settle(ends[start : start + MOST])
                failpoint.reach(Point.REPLAYED)
                log.warning("%d answers came from a journal", len(answers))
            self._journal.clear()
        return len(answers)

    def heard(self, answer: Answer) -> None:
        """Take what the relay said about an attempt."""
        failpoint.reach(Point.ANSWERED)
        self._journal.append(answer)
        failpoint.reach(Point.JOURNALED)
        self._group.ask(self._end(answer))

    def settle(self, attempt: Attempt, settlement: Settlement) -> None:
        """Take what we know ourselves: this one certainly did not go."""
        self._group.ask(End(attempt, settlement))

    async def close(self) -> None:
        """Wait until all is written down; then the journal has nothing to add."""
        await self._group.settled()
        await self._line.close()
        if self._is_complete:
            self._journal.clear()

    def _end(self, answer: Answer) -> End:
        settlement = policy.settlement(answer.receipt, answer.attempt, self._now())
        is_dead = policy.is_dead_address(answer.receipt)
        return End(answer.attempt, settlement, answer.digest if is_dead else None)

    async def _write(self, ends: list[End]) -> list[None]:
        """Write a batch, and insist: an answer that nobody records is a doubt."""
        failpoint.reach(Point.RECORDING)
        for patience in range(PERSISTENCE):
            try:
                await self._settle(ends)
            except AWAY as error:
                cause = getattr(error, "orig", error)  # without the values of the rows
                log.warning("%d answers: not yet: %s", len(ends), cause)
                await asyncio.sleep(0.2 * 2**patience)
            else:
                failpoint.reach(Point.RECORDED)
                return [None] * len(ends)
        log.error("%d answers stay in the journal for now", len(ends))
        self._is_complete = False
        return [None] * len(ends)

    async def _settle(self, ends: list[End]) -> None:
        """Write ends at once; if one of them cannot be written, the others are."""
        try:
            await self._put_down(ends)
        except AWAY:
            raise
        except UNWELL:
            for end in ends:
                await self._settle_alone(end)

    async def _settle_alone(self, end: End) -> None:
        try:
            await self._put_down([end])
        except AWAY:
            raise
        except UNWELL as error:
            cause = getattr(error, "orig", error)  # without the values of the row
            log.error("delivery %s: its end is unwritable: %s", end.attempt.id, cause)  # noqa: TRY400

    async def _put_down(self, ends: list[End]) -> None:
        if any(end.digest is not None for end in ends):
            await settle.with_bounces(self._engine, ends, self._now())
        else:
            await self._line.run(settle.facts(ends, self._now()))
