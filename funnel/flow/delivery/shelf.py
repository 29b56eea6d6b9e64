"""What is claimed and waits for a connection; it is filled again before it is empty."""

import asyncio
import heapq
from collections.abc import Awaitable, Callable
from itertools import count

from funnel.flow.delivery.claim import Claimed

WORK = 2.0
"""Seconds of work that lie here at most, so that service mail gets through."""

MOST = 1000
"""Rows that lie here at most, however fast the relay is."""

CLAIM = 250
"""Rows that are claimed at once: the connections do not notice that many."""

Claim = Callable[[int], Awaitable[tuple[int, list[Claimed]]]]
"""Claims up to so many rows; returns how many it took, and those that may go."""


class Shelf:
    """Hands out service mail first, and claims ahead while there is anything due.

    `failure` is what a claim ended with, if it could not be made.
    """

    def __init__(self, claim: Claim, connections: int) -> None:
        """Begin small; each claim learns from the speed since the last one."""
        self.failure: Exception | None = None
        self._claim, self._least = claim, connections
        self._waiting: list[tuple[int, int, Claimed]] = []
        self._numbers = count()
        self._filling: asyncio.Task[None] | None = None
        self._is_dry = False
        self._room = 4 * connections
        self._handed_out = 0
        self._looked_at = asyncio.get_running_loop().time()

    async def next(self) -> Claimed | None:
        """Return the most urgent one; None when nothing is due any more."""
        while True:
            if len(self._waiting) <= self._room // 2:
                self._fill()
            if self._waiting:
                self._handed_out += 1
                return heapq.heappop(self._waiting)[2]
            if self._filling is None:
                return None
            await asyncio.shield(self._filling)

    async def clear(self) -> list[Claimed]:
        """Claim no more, and return what nobody took."""
        self._is_dry = True
        if self._filling is not None:
            await self._filling
        unused = [mine for _, _, mine in self._waiting]
        self._waiting.clear()
        return unused

    def _fill(self) -> None:
        if self._filling is None and not self._is_dry:
            self._filling = asyncio.create_task(self._take())

    async def _take(self) -> None:
        self._learn()
        try:
            room = self._room - len(self._waiting)
            taken, mine = await self._claim(max(1, min(CLAIM, room)))
        except Exception as error:  # noqa: BLE001 - for the shift, at its end
            self.failure = error
            taken, mine = 0, []
        self._is_dry = taken == 0
        for one in mine:
            heapq.heappush(self._waiting, (one.priority, next(self._numbers), one))
        self._filling = None

    def _learn(self) -> None:
        """Make room for what takes about WORK seconds at today's speed."""
        now = asyncio.get_running_loop().time()
        speed = self._handed_out / max(now - self._looked_at, 0.001)
        if self._handed_out:
            self._room = max(self._least, min(MOST, int(speed * WORK)))
        self._handed_out, self._looked_at = 0, now
