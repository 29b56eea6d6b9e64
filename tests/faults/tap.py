"""A tap on the wires of a worker: every piece that passes is a place to die at."""

import asyncio
import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

STATEMENT = b"PBQ"
"""How a statement begins in PostgreSQL's protocol: Parse, Bind or Query."""


@dataclass
class Tap:
    """Stands between a worker and its relay and database, in a thread of its own.

    At the piece number `fatal`, counted from `arm`, the victim is killed, and the
    piece is lost: a command that was never heard, or an answer that never came. What
    opens a connection to the database is not counted: nothing is at stake there.
    """

    database_url: str
    relay_port: int
    smtp_port: int = 0
    pg_port: int = 0
    seen: int = 0
    fatal: int = 0
    victim: int = 0

    @property
    def smtp(self) -> str:
        return f"smtp://127.0.0.1:{self.smtp_port}"

    @property
    def database(self) -> str:
        parts = urlsplit(self.database_url)
        login, path = parts.netloc.rpartition("@")[0], parts.path
        there = f"{parts.scheme}://{login}@127.0.0.1:{self.pg_port}{path}"
        return f"{there}?sslmode=disable&gssencmode=disable"

    def arm(self, victim: int, fatal: int) -> None:
        self.seen, self.fatal, self.victim = 0, fatal, victim

    def passes(self) -> bool:
        """Count a piece; False when it was the last of its victim."""
        self.seen += 1
        if not self.victim or self.seen != self.fatal:
            return True
        os.kill(self.victim, signal.SIGKILL)
        self.victim = 0
        return False

    async def serve_smtp(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        other = await asyncio.open_connection("127.0.0.1", self.relay_port)
        await self._both_ways((reader, writer), other, b"")

    async def serve_pg(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        folder = parse_qs(urlsplit(self.database_url).query)["host"][0]
        other = await asyncio.open_unix_connection(f"{folder}/.s.PGSQL.5432")
        await self._both_ways((reader, writer), other, STATEMENT)

    async def _both_ways(
        self,
        near: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        far: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        first: bytes,
    ) -> None:
        counts = asyncio.Event()
        if not first:
            counts.set()

        async def pump(
            reader: asyncio.StreamReader, writer: asyncio.StreamWriter
        ) -> None:
            with contextlib.suppress(OSError):
                while piece := await reader.read(1 << 20):
                    if reader is near[0] and piece[:1] in first:
                        counts.set()
                    if counts.is_set() and not self.passes():
                        break
                    writer.write(piece)
                    await writer.drain()
            near[1].close()
            far[1].close()

        await asyncio.gather(pump(near[0], far[1]), pump(far[0], near[1]))


@contextlib.contextmanager
def on(database_url: str, relay_port: int) -> Iterator[Tap]:
    """Listen on two free ports until the block ends."""
    tap, is_up = Tap(database_url, relay_port), threading.Event()
    loop, over = asyncio.new_event_loop(), asyncio.Event()

    async def serve() -> None:
        smtp = await asyncio.start_server(tap.serve_smtp, "127.0.0.1", 0)
        pg = await asyncio.start_server(tap.serve_pg, "127.0.0.1", 0)
        tap.smtp_port, tap.pg_port = (
            server.sockets[0].getsockname()[1] for server in (smtp, pg)
        )
        is_up.set()
        await over.wait()
        smtp.close()
        pg.close()
        talks = asyncio.all_tasks() - {asyncio.current_task()}
        for talk in talks:
            talk.cancel()
        await asyncio.gather(*talks, return_exceptions=True)

    def run() -> None:
        with contextlib.closing(loop):
            loop.run_until_complete(serve())

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    is_up.wait(5)
    yield tap
    loop.call_soon_threadsafe(over.set)
    thread.join(5)


def wait_until(is_true: Callable[[], bool], what: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < deadline, f"waited {seconds} s for {what}"
        time.sleep(0.05)
