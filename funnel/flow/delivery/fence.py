"""The commit before the point of no return: the last moment to say no."""

import asyncio
import logging
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from funnel.clock import Clock
from funnel.domain.status import DeliveryState
from funnel.flow.delivery import failpoint, verdict
from funnel.flow.delivery.claim import Claimed
from funnel.flow.delivery.failpoint import Point
from funnel.flow.delivery.group import Group
from funnel.flow.delivery.line import UNWELL, Line

log = logging.getLogger(__name__)


class Gate:
    """Commits the hand-over of whoever stands before it, all in one statement."""

    def __init__(self, engine: AsyncEngine, now: Clock, lease: timedelta) -> None:
        self._line = Line(engine, verdict.HAND)
        self._now, self._lease = now, lease
        self._group = Group(self._hand)

    def fence(self, mine: Claimed) -> "Fence":
        """Return what the transport asks when only the final dot is missing."""
        return Fence(lambda: self._group.ask(mine), mine.attempt.id)

    async def close(self) -> None:
        """Give the connection back; nobody stands before the gate any more."""
        await self._group.settled()
        await self._line.close()

    async def _hand(self, batch: list[Claimed]) -> list[bool]:
        failpoint.reach(Point.FENCING)
        facts = {
            "mine": [
                verdict.asked(mine.attempt.id, mine.attempt.number, mine.digest)
                for mine in batch
            ],
            "now": self._now(),
            "lease": self._lease,
        }
        rows = await self._line.run(facts)
        failpoint.reach(Point.FENCED)
        handed = {id_ for id_, state in rows if state == DeliveryState.HANDED}
        return [mine.attempt.id in handed for mine in batch]


class Fence:
    """One message before the gate.

    `is_unsure`: the database did not answer, so the row may say "handed" although
    the dot was never sent.
    """

    __slots__ = ("_ask", "_id", "is_unsure")

    def __init__(self, ask: Callable[[], asyncio.Future[bool]], id_: int) -> None:
        self._ask, self._id = ask, id_
        self.is_unsure = False

    async def __call__(self) -> bool:
        """Commit the hand-over; False when the message must not go any more."""
        try:
            return await self._ask()
        except (*UNWELL, OSError) as error:
            cause = getattr(error, "orig", error)  # without the values of the row
            log.warning("delivery %s: no fence: %s", self._id, cause)
            self.is_unsure = True
            return False
