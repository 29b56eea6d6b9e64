"""One drain at work: claims ahead, keeps every connection busy, closes the books."""

import asyncio
import logging
from dataclasses import dataclass, field

from sqlalchemy import delete, func, text
from sqlalchemy.ext.asyncio import AsyncEngine

from funnel.clock import Clock
from funnel.domain.status import DeliveryState, Kind
from funnel.flow import allowance, render
from funnel.flow.delivery import claim, guard, policy, recover
from funnel.flow.delivery.claim import Claimed
from funnel.flow.delivery.fence import Gate
from funnel.flow.delivery.journal import Answer, Journal
from funnel.flow.delivery.record import Books
from funnel.flow.delivery.shelf import Shelf
from funnel.flow.render import Office
from funnel.mail.smtp import Outcome, Pool, Receipt, State
from funnel.models import Heartbeat, Sender

log = logging.getLogger(__name__)

BEAT = "drain"


@dataclass(slots=True)
class Drained:
    """What a drain did: how many rows came to which end, and how many it recovered."""

    recovered: int = 0
    ends: dict[Outcome, int] = field(default_factory=dict)

    @property
    def sent(self) -> int:
        return self.ends.get(Outcome.ACCEPTED, 0)

    def count(self, outcome: Outcome) -> None:
        self.ends[outcome] = self.ends.get(outcome, 0) + 1


@dataclass(frozen=True, slots=True)
class Post:
    """What a shift works with: the connections, the texts, and the notebook."""

    engine: AsyncEngine
    pool: Pool
    office: Office
    journal: Journal
    worker: str


class Shift:
    """Works until nothing is due, or the relay is gone, or the time is up."""

    def __init__(self, post: Post, now: Clock, seconds: float) -> None:
        self.post, self.office, self.now = post, post.office, now
        self.books = Books(post.engine, post.journal, now)
        self.gate = Gate(post.engine, now, post.office.lease)
        self.shelf = Shelf(self._claim, post.office.connections)
        self.done = Drained()
        self._time = asyncio.get_running_loop().time
        # What lies on the shelf when the time is up must go back before its lease ends.
        self._until = self._time() + min(seconds, post.office.lease.total_seconds() / 3)
        self._unreached = 0

    async def work(self) -> Drained:
        """Judge what was left behind, send what is due, and write everything down."""
        try:
            await self._look_back()
            await self._beat()
            await self.books.replay()
            now = self.now()
            self.done.recovered = await recover.expired(self.post.engine, now=now)
            while await self._send_a_suspect():
                await self._beat()
            lanes = self.post.pool.terms.width
            await asyncio.gather(*(self._lane() for _ in range(lanes)))
            await self._give_back()
        finally:
            await self.gate.close()
            await self.books.close()
        await self._tell()
        if self.shelf.failure is not None:
            raise self.shelf.failure
        await self._beat()
        return self.done

    async def _look_back(self) -> None:
        """Pause everything when nobody has worked for too long."""
        async with self.post.engine.begin() as connection:
            await connection.execute(guard.trip(self.office.gap), {"now": self.now()})

    async def _send_a_suspect(self) -> bool:
        """Try a row by itself in whose hands workers died; False without one."""
        if self._is_over:
            return False
        taken, found = await self._take(1, is_suspect=True)
        for mine in found:
            await self._try(mine)
        return taken > 0

    async def _lane(self) -> None:
        while not self._is_over:
            mine = await self.shelf.next()
            if mine is None:
                return
            await self._try(mine)

    @property
    def _is_over(self) -> bool:
        """Say whether the time is up, or the relay is out of reach."""
        is_left_alone = self.post.pool.state is State.OPEN
        terms = self.post.pool.terms  # an end of each connection is a train's end
        is_cut_off = self._unreached >= terms.connections * terms.depth
        return is_left_alone or is_cut_off or self._time() >= self._until

    async def _claim(self, limit: int) -> tuple[int, list[Claimed]]:
        """Claim more, for as long as there is time to send it."""
        if self._is_over:
            return 0, []
        await self._beat()
        return await self._take(limit, is_suspect=False)

    async def _take(self, limit: int, *, is_suspect: bool) -> tuple[int, list[Claimed]]:
        engine, relay = self.post.engine, self.post.pool.terms
        granted = await allowance.take(engine, relay, limit)
        if granted == 0:
            return 0, []
        lease, worker = self.office.lease, self.post.worker
        terms = claim.Terms(self.now(), worker, lease, granted, is_suspect)
        batch = await claim.take(engine, self.office, terms)
        await allowance.put_back(engine, relay, granted - batch.taken)
        for attempt, end in batch.unwritten:
            self.books.settle(attempt, end)
        return batch.taken, batch.mine

    async def _give_back(self) -> None:
        unused = await self.shelf.clear()
        if unused:
            await claim.give_back(self.post.engine, self.post.worker, unused)

    async def _try(self, mine: Claimed) -> None:
        try:
            await self._send(mine)
        except Exception:  # whatever it was, the others go on
            log.exception("delivery %s: its lease will decide", mine.attempt.id)

    async def _send(self, mine: Claimed) -> None:
        await asyncio.sleep(0)  # who stands before the gate goes first
        try:
            mail_from, to, data = render.message(self.office, mine.letter)
        except Exception as error:  # a poison row must not stop the others
            log.exception("delivery %s cannot be written", mine.attempt.id)
            end = policy.stumble(mine.attempt, error, self.now())
            self.books.settle(mine.attempt, end)
            return
        fence = self.gate.fence(mine)
        is_urgent = mine.letter.kind is Kind.SERVICE
        receipt = await self.post.pool.send(
            mail_from, to, data, fence, is_urgent=is_urgent
        )
        self._note(receipt)
        if receipt.outcome is not Outcome.FENCED:
            self.books.heard(Answer(mine.attempt, mine.digest, receipt))
        elif fence.is_unsure:  # certainly not sent: it may be claimed again at once
            back = policy.Settlement(DeliveryState.SCHEDULED, due_at=self.now())
            self.books.settle(mine.attempt, back)

    def _note(self, receipt: Receipt) -> None:
        self.done.count(receipt.outcome)
        is_gone = receipt.outcome is Outcome.UNREACHED
        self._unreached = self._unreached + 1 if is_gone else 0

    async def _beat(self) -> None:
        """Say that this worker lives; real time."""
        async with self.post.engine.begin() as connection:
            await connection.execute(Heartbeat.beat(BEAT, self.post.worker))

    async def _tell(self) -> None:
        """Say how it stands with the relay, and forget who said nothing for a day."""
        post = self.post
        said = Sender.tell(post.worker, post.pool.state, post.journal.octets)
        async with post.engine.begin() as connection:
            await connection.execute(said)
            await connection.execute(_LONG_GONE)


_LONG_GONE = delete(Sender).where(Sender.at < func.now() - text("interval '1 day'"))
