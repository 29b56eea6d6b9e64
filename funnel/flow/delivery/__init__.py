"""4. Claimed deliveries are sent, each once: claim, fence, hand over, write down.

    scheduled ─claim→ claimed ─fence→ handed ─250→ sent
        ▲                │              ├─4xx→ scheduled (later; for 72 hours)
        └── any error ───┘              ├─5xx→ failed
           before the dot               └─no answer→ uncertain

Before the final dot nothing can have been delivered, so everything may be tried
again. After it only the relay's answer counts; where there is none, the row says
so, and no machine sends a marketing mail twice.
"""

import asyncio
import logging
from collections import deque
from dataclasses import dataclass, field

from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from funnel.clock import Clock
from funnel.domain.status import DeliveryState, Kind
from funnel.flow import allowance, render
from funnel.flow.delivery import claim, policy, recover, settle
from funnel.flow.delivery.byhand import NotByHand, retry
from funnel.flow.delivery.claim import Claimed
from funnel.flow.delivery.fence import Fence
from funnel.flow.render import Office
from funnel.mail.smtp import Outcome, Pool, Receipt, State
from funnel.models import Heartbeat

__all__ = ["Drained", "NotByHand", "drain", "retry"]

log = logging.getLogger(__name__)

WORK = 2.0
"""Seconds of work that a claim takes at most, so that service mail gets through."""

MOST = 500
"""Rows that a claim takes at most, however fast the relay is."""

PERSISTENCE = 6
"""How often an answer is written while the database is away: about 12 seconds."""

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


async def drain(
    engine: AsyncEngine,
    pool: Pool,
    office: Office,
    *,
    now: Clock,
    worker: str,
    seconds: float,
) -> Drained:
    """Send what is due until nothing is, or the relay is gone, or the time is up.

    `now` is the domain clock; `seconds` are real. Commits each claim, fence and
    answer by itself, and holds no transaction while it waits for the relay.
    """
    shift = _Shift(engine, pool, office, now, worker)
    await shift.beat()
    shift.done.recovered = await recover.expired(engine, now=now())
    until = asyncio.get_running_loop().time() + seconds
    for is_suspect in (True, False):
        while await shift.work_on(until, is_suspect=is_suspect):
            await shift.beat()
    await shift.beat()
    return shift.done


class _Shift:
    """One drain at work."""

    def __init__(
        self, engine: AsyncEngine, pool: Pool, office: Office, now: Clock, worker: str
    ) -> None:
        self.engine, self.pool, self.office = engine, pool, office
        # A fence and an answer are one statement each: one round trip, one commit.
        self.at_once = engine.execution_options(isolation_level="AUTOCOMMIT")
        self.now, self.worker = now, worker
        self.done = Drained()
        self.limit = office.connections * 4
        self.unreached = 0

    async def work_on(self, until: float, *, is_suspect: bool) -> bool:
        """Claim a batch and send it; False when there is no reason to go on."""
        clock = asyncio.get_running_loop().time
        if clock() >= until or self._is_cut_off:
            return False
        wanted = 1 if is_suspect else self.limit
        granted = await allowance.take(self.engine, self.pool.terms, wanted)
        if granted == 0:
            return False
        started = clock()
        batch = await self._claim(is_suspect, granted)
        await allowance.put_back(self.engine, self.pool.terms, granted - batch.taken)
        await self._send_all(
            batch.mine, started + self.office.lease.total_seconds() / 3
        )
        if not is_suspect:
            self._learn(batch.taken, clock() - started)
        return batch.taken > 0

    async def beat(self) -> None:
        """Say that this worker lives; real time."""
        row = insert(Heartbeat).values(name=BEAT, at=func.now(), worker=self.worker)
        latest = {"at": row.excluded.at, "worker": row.excluded.worker}
        async with self.engine.begin() as connection:
            await connection.execute(
                row.on_conflict_do_update(index_elements=["name"], set_=latest)
            )

    @property
    def _is_cut_off(self) -> bool:
        """Say whether the relay is left alone, or every connection failed in a row."""
        is_alone = self.pool.state is State.OPEN
        return is_alone or self.unreached >= self.office.connections

    def _learn(self, count: int, took: float) -> None:
        """Claim next time what takes about WORK seconds at today's speed."""
        speed = count / max(took, 0.001)
        self.limit = max(self.office.connections, min(MOST, int(speed * WORK)))

    async def _claim(self, is_suspect: bool, limit: int) -> claim.Batch:
        lease = self.office.lease
        terms = claim.Terms(self.now(), self.worker, lease, limit, is_suspect)
        return await claim.take(self.engine, self.office, terms)

    async def _send_all(self, batch: list[Claimed], until: float) -> None:
        waiting = deque(batch)
        lanes = (self._lane(waiting, until) for _ in range(self.pool.terms.width))
        await asyncio.gather(*lanes)
        if waiting:
            await claim.give_back(self.engine, self.worker, list(waiting))

    async def _lane(self, waiting: deque[Claimed], until: float) -> None:
        clock = asyncio.get_running_loop().time
        while waiting and clock() < until and not self._is_cut_off:
            await self._try(waiting.popleft())

    async def _try(self, mine: Claimed) -> None:
        try:
            await self._send(mine)
        except Exception:  # whatever it was, the others go on
            log.exception("delivery %s: its lease will decide", mine.attempt.id)

    async def _send(self, mine: Claimed) -> None:
        try:
            mail_from, to, data = render.message(self.office, mine.letter)
        except Exception as error:  # a poison row must not stop the others
            log.exception("delivery %s cannot be written", mine.attempt.id)
            end = policy.stumble(mine.attempt, error, self.now())
            await self._settle(mine, end)
            return
        fence = Fence(self.at_once, mine, self.now, self.office.lease)
        is_urgent = mine.letter.kind is Kind.SERVICE
        receipt = await self.pool.send(mail_from, to, data, fence, is_urgent=is_urgent)
        self._note(receipt)
        if receipt.outcome is not Outcome.FENCED:
            end = policy.settlement(receipt, mine.attempt, self.now())
            await self._settle(mine, end, receipt)
        elif fence.is_unsure:
            await self._put_back(mine)

    def _note(self, receipt: Receipt) -> None:
        self.done.count(receipt.outcome)
        is_gone = receipt.outcome is Outcome.UNREACHED
        self.unreached = self.unreached + 1 if is_gone else 0

    async def _put_back(self, mine: Claimed) -> None:
        """Return a row that was certainly not sent, to be claimed again at once."""
        back = policy.Settlement(DeliveryState.SCHEDULED, due_at=self.now())
        await self._settle(mine, back)

    async def _settle(
        self, mine: Claimed, end: policy.Settlement, receipt: Receipt | None = None
    ) -> None:
        """Write it down, and insist: an answer that nobody records is a doubt."""
        for patience in range(PERSISTENCE):
            try:
                await self._write(mine, end, receipt)
            except (DBAPIError, OSError) as error:
                cause = getattr(error, "orig", error)  # without the values of the row
                log.warning("delivery %s: not yet: %s", mine.attempt.id, cause)
                await asyncio.sleep(0.2 * 2**patience)
            else:
                return
        log.error("delivery %s: its end could not be written", mine.attempt.id)

    async def _write(
        self, mine: Claimed, end: policy.Settlement, receipt: Receipt | None
    ) -> None:
        now = self.now()
        is_dead = receipt is not None and policy.is_dead_address(receipt)
        async with (self.engine.begin if is_dead else self.at_once.connect)() as open_:
            ours = await settle.write(open_, mine.attempt, end, now)
            if ours and is_dead:
                await settle.suppress(open_, mine.attempt, mine.digest, now)
