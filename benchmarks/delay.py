"""A long way to the relay: `python benchmarks/delay.py 2525 127.0.0.1:25 20`.

Listens on a port and passes on what it gets, each way later by half of the round
trip (in milliseconds). It delays and does not throttle: what comes while something is
on its way is on its way, too.
"""

import asyncio
import contextlib
import sys
import threading
from collections.abc import Iterator


class Road:
    """One direction of one connection."""

    def __init__(self, writer: asyncio.StreamWriter, seconds: float) -> None:
        self._writer, self._seconds = writer, seconds
        self._loop = asyncio.get_running_loop()

    async def carry(self, reader: asyncio.StreamReader) -> None:
        with contextlib.suppress(OSError):
            while piece := await reader.read(1 << 18):
                self._loop.call_later(self._seconds, self._arrive, piece)
        self._loop.call_later(self._seconds, self._writer.close)

    def _arrive(self, piece: bytes) -> None:
        if not self._writer.is_closing():
            self._writer.write(piece)


async def serve(port: int, relay: tuple[str, int], round_trip: float) -> asyncio.Server:
    """Listen, and take everything to the relay and back in so many seconds."""

    async def travel(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        there, back = await asyncio.open_connection(*relay)
        out, home = Road(back, round_trip / 2), Road(writer, round_trip / 2)
        await asyncio.gather(out.carry(reader), home.carry(there))

    return await asyncio.start_server(travel, "127.0.0.1", port, backlog=512)


@contextlib.contextmanager
def road(port: int, relay: tuple[str, int], round_trip: float) -> Iterator[None]:
    """Serve in a thread of this process until the block ends."""
    loop, over, is_up = asyncio.new_event_loop(), asyncio.Event(), threading.Event()

    async def run() -> None:
        server = await serve(port, relay, round_trip)
        is_up.set()
        await over.wait()
        server.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()

    thread = threading.Thread(target=loop.run_until_complete, args=(run(),))
    thread.start()
    is_up.wait()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()


async def main() -> None:
    """Serve until somebody ends it."""
    port, (host, _, there) = int(sys.argv[1]), sys.argv[2].partition(":")
    server = await serve(port, (host, int(there)), float(sys.argv[3]) / 1000)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
