"""The commit before the point of no return: the last moment to say no."""

import logging
from datetime import timedelta

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from funnel import clock
from funnel.domain.status import DeliveryState
from funnel.flow.delivery import verdict
from funnel.flow.delivery.claim import Claimed

log = logging.getLogger(__name__)

_HAND = verdict.pass_or_stop(DeliveryState.HANDED)


class Fence:
    """Asked once by the transport, when only the final dot is missing.

    `is_unsure`: the database did not answer, so the row may say "handed" although
    the dot was never sent.
    """

    def __init__(
        self, engine: AsyncEngine, mine: Claimed, now: clock.Clock, lease: timedelta
    ) -> None:
        """Know the row and how to reach it; ask nothing yet.

        The engine commits each statement by itself.
        """
        self.engine, self.mine, self.now, self.lease = engine, mine, now, lease
        self.is_unsure = False

    async def __call__(self) -> bool:
        """Commit the hand-over; False when the message must not go any more."""
        try:
            return await self._hand()
        except (DBAPIError, OSError) as error:
            cause = getattr(error, "orig", error)  # without the values of the row
            log.warning("delivery %s: no fence: %s", self.mine.attempt.id, cause)
            self.is_unsure = True
            return False

    async def _hand(self) -> bool:
        facts = {
            "ids": [self.mine.attempt.id],
            "attempts": [self.mine.attempt.number],
            "digests": [self.mine.digest],
            "now": self.now(),
            "lease": self.lease,
        }
        async with self.engine.connect() as connection:
            row = (await connection.execute(_HAND, facts)).one_or_none()
        return row is not None and row.state is DeliveryState.HANDED
