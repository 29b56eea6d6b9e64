"""The commit before the point of no return: the last moment to say no."""

import asyncio
import logging
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from funnel.clock import Clock
from funnel.domain.status import DeliveryState
from funnel.flow.delivery import failpoint, verdict
from funnel.flow.delivery.claim import Claimed
from funnel.flow.delivery.failpoint import Point
from funnel.flow.delivery.group import Group

log = logging.getLogger(__name__)


class Gate:
    """Commits the hand-over of whoever stands before it, all in one statement."""

    def __init__(self, engine: AsyncEngine, now: Clock, lease: timedelta) -> None:
        # One statement each time: one round trip, one commit.
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._now, self._lease = now, lease
        self._group = Group(self._hand)

    def fence(self, mine: Claimed) -> "Fence":
        """Return what the transport asks when only the final dot is missing."""
        return Fence(lambda: self._group.ask(mine), mine.attempt.id)

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
        async with self._engine.connect() as connection:
            rows = (await connection.execute(verdict.HAND, facts)).all()
        failpoint.reach(Point.FENCED)
        handed = {row.id for row in rows if row.state is DeliveryState.HANDED}
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
        except (DBAPIError, OSError) as error:
            cause = getattr(error, "orig", error)  # without the values of the row
            log.warning("delivery %s: no fence: %s", self._id, cause)
            self.is_unsure = True
            return False
