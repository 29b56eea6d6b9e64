"""A relay that does as it is told; what it kept is the truth about what was sent."""

import asyncio
import contextlib
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from typing import NamedTuple

DROP, HANG = "drop", "hang"


class Turn(NamedTuple):
    """The relay is about to answer: to what, and about whose mail.

    Phases: connect, ehlo, mail, rcpt, data, dot (the message is complete), accepted
    (it is kept; only the answer is missing).
    """

    phase: str
    to: str


Script = Callable[[Turn], str | None]
"""Gives the answer, DROP, HANG, or None for the usual one."""

USUAL = {
    "connect": "220 sink ESMTP",
    "ehlo": "250-sink\r\n250 ENHANCEDSTATUSCODES",
    "mail": "250 2.1.0 ok",
    "rcpt": "250 2.1.5 ok",
    "data": "354 go on",
    "accepted": "250 2.0.0 queued as 1",
}


class Ended(Exception):  # noqa: N818 - it says what happened
    """The conversation is over."""


def usual(turn: Turn) -> None:
    """Answer as relays do."""
    del turn


@dataclass
class Sink:
    """Runs in a thread of its own; `kept` is filled in the order of arrival."""

    script: Script = usual
    kept: list[tuple[str, bytes]] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def recipients(self) -> list[str]:
        return [to for to, _ in self.kept]

    @property
    def messages(self) -> list[Message]:
        return [message_from_bytes(data) for _, data in self.kept]

    @property
    def doubles(self) -> list[str]:
        """Return the Message-IDs that came more than once."""
        seen = Counter(str(message["Message-ID"]) for message in self.messages)
        return [name for name, count in seen.items() if count > 1]

    async def serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        with contextlib.suppress(Ended, OSError, asyncio.IncompleteReadError):
            try:
                await self._talk(reader, writer)
            finally:
                writer.close()

    async def _talk(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        to = ""
        await self._say(writer, "connect", to)
        while line := (await reader.readline()).decode().strip():
            verb = line.split(":")[0].split()[0].upper()
            if verb in {"EHLO", "HELO"}:
                await self._say(writer, "ehlo", to)
            elif verb == "MAIL":
                await self._say(writer, "mail", to)
            elif verb == "RCPT":
                to = line.partition("<")[2].partition(">")[0]
                await self._say(writer, "rcpt", to)
            elif verb == "DATA":
                if (await self._say(writer, "data", to)).startswith("354"):
                    await self._take(reader, writer, to)
            else:
                writer.write(b"250 2.0.0 ok\r\n")

    async def _take(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, to: str
    ) -> None:
        data = await reader.readuntil(b"\r\n.\r\n")
        refusal = self.script(Turn("dot", to))
        if refusal is None:
            self.kept.append((to, data[:-3].replace(b"\r\n..", b"\r\n.")))
            await self._say(writer, "accepted", to)
        else:
            await self._answer(writer, refusal)

    async def _say(self, writer: asyncio.StreamWriter, phase: str, to: str) -> str:
        answer = self.script(Turn(phase, to)) or USUAL[phase]
        await self._answer(writer, answer)
        return answer

    async def _answer(self, writer: asyncio.StreamWriter, answer: str) -> None:
        if answer == DROP:
            raise Ended
        if answer == HANG:
            await asyncio.sleep(3600)
        writer.write(answer.encode() + b"\r\n")
        await writer.drain()


@contextlib.contextmanager
def running(script: Script = usual) -> Iterator[Sink]:
    """Serve on a free port of this machine until the block ends."""
    sink, is_up = Sink(script), threading.Event()
    loop, over = asyncio.new_event_loop(), asyncio.Event()

    async def serve() -> None:
        server = await asyncio.start_server(sink.serve, "127.0.0.1", 0)
        sink.port = server.sockets[0].getsockname()[1]
        is_up.set()
        await over.wait()
        server.close()
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
    yield sink
    loop.call_soon_threadsafe(over.set)
    thread.join(5)
