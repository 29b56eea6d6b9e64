"""Group commit: who comes while a statement runs goes together with the next one."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")

MOST = 500
"""Items that one statement takes at most."""


class Group(Generic[Item, Answer]):
    """Turns single questions into batches, without making anybody wait for company.

    The first to come goes at once. Whoever comes while it is on its way waits for
    its return, and then all go together: the busier it is, the larger the batches.
    """

    def __init__(
        self,
        commit: Callable[[list[Item]], Awaitable[Sequence[Answer]]],
        leisure: float = 0,
    ) -> None:
        """Take the statement: it answers each item of a batch, in their order.

        Where nobody waits for the answers, a batch may: `leisure` seconds, for more.
        """
        self._commit, self._leisure = commit, leisure
        self._waiting: list[tuple[Item, asyncio.Future[Answer]]] = []
        self._running: asyncio.Task[None] | None = None

    def ask(self, item: Item) -> asyncio.Future[Answer]:
        """Return what will hold the item's answer, or what its batch failed with."""
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._running is None:
            self._running = asyncio.create_task(self._run())
        return future

    async def settled(self) -> None:
        """Wait until everybody has an answer."""
        while self._running is not None:
            await self._running

    async def _run(self) -> None:
        try:
            while self._waiting:
                if self._leisure:
                    await asyncio.sleep(self._leisure)
                batch, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
                await self._answer(batch)
        finally:
            self._running = None

    async def _answer(self, batch: list[tuple[Item, asyncio.Future[Answer]]]) -> None:
        try:
            answers = await self._commit([item for item, _ in batch])
        except Exception as error:  # noqa: BLE001 - handed on to each who asked
            for _, future in batch:
                if not future.done():
                    future.set_exception(error)
            return
        for (_, future), answer in zip(batch, answers, strict=True):
            if not future.done():
                future.set_result(answer)
