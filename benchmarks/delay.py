"""Distance on one machine: a relay for TCP that gives every octet a later arrival.

    python benchmarks/delay.py 2525 127.0.0.1:25 0.050

listens on 2525 and passes everything on to port 25, half of 50 ms later each way.
It delays and does not limit: any number of octets may be under way.
"""

import asyncio
import contextlib
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from typing import cast

Address = tuple[str, int]


class _Side(asyncio.Protocol):
    """One end of a connection; what it hears, its other end says later."""

    def __init__(self, delay: float) -> None:
        self.delay = delay
        self.transport: asyncio.Transport | None = None
        self.other: _Side | None = None
        self.early: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        for data in self.early:
            self.transport.write(data)

    def data_received(self, data: bytes) -> None:
        loop = asyncio.get_running_loop()
        loop.call_later(self.delay, self._pass_on, data)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        loop = asyncio.get_running_loop()
        loop.call_later(self.delay, self._hang_up)

    def _pass_on(self, data: bytes) -> None:
        if self.other is None or self.other.transport is None:
            (self.other.early if self.other else self.early).append(data)
        else:
            self.other.transport.write(data)

    def _hang_up(self) -> None:
        if self.other is not None and self.other.transport is not None:
            self.other.transport.close()


@contextlib.asynccontextmanager
async def delayed(
    to: Address, round_trip: float, *, port: int = 0
) -> AsyncIterator[int]:
    """Listen on a port (any by default) that is `round_trip` seconds away from `to`."""
    loop = asyncio.get_running_loop()
    opening = set[asyncio.Task[object]]()

    def accept() -> _Side:
        near, far = _Side(round_trip / 2), _Side(round_trip / 2)
        near.other, far.other = far, near
        task = loop.create_task(loop.create_connection(lambda: far, *to))
        opening.add(cast("asyncio.Task[object]", task))
        task.add_done_callback(opening.discard)
        return near

    server = await loop.create_server(accept, "127.0.0.1", port)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


@contextlib.contextmanager
def road(port: int, to: Address, round_trip: float) -> Iterator[None]:
    """Listen in a thread of this process until the block ends."""
    is_up = threading.Event()

    async def run() -> None:
        async with delayed(to, round_trip, port=port):
            is_up.set()
            await over

    loop = asyncio.new_event_loop()
    over = loop.create_future()
    thread = threading.Thread(target=loop.run_until_complete, args=[run()])
    thread.start()
    is_up.wait()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(over.set_result, None)
        thread.join()
        loop.close()


async def main(port: str, to: str, round_trip: str) -> None:
    host, _, number = to.rpartition(":")
    async with delayed((host, int(number)), float(round_trip), port=int(port)) as at:
        print(
            f"127.0.0.1:{at} is {float(round_trip) * 1000:.0f} ms from {to}", flush=True
        )
        await asyncio.Event().wait()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main(*sys.argv[1:4]))
