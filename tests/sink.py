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

DROP, RESET, HANG = "drop", "reset", "hang"


class Drip(str):
    """An answer that comes octet by octet."""

    __slots__ = ()


class Turn(NamedTuple):
    """The relay is about to answer: to what, and about whose mail.

    Phases: connect, ehlo, mail, rcpt, data (or the first chunk), dot (the message is
    complete), accepted (it is kept; only the answer is missing).
    """

    phase: str
    to: str


Answer = str | Callable[[str], str] | None
Script = Callable[[Turn], Answer]
"""Gives the answer, DROP, RESET, HANG, what to make of the usual answer, or None."""

USUAL = {
    "connect": "220 sink ESMTP",
    "mail": "250 2.1.0 ok",
    "rcpt": "250 2.1.5 ok",
    "data": "354 go on",
    "chunk": "250 2.0.0 continue",
    "dot": "",
    "accepted": "250 2.0.0 queued as 1",
}
OUT_OF_ORDER = "503 5.5.1 not now"


class Ended(Exception):  # noqa: N818 - it says what happened
    """The conversation is over."""


def usual(turn: Turn) -> None:
    """Answer as relays do."""
    del turn


@dataclass
class Sink:
    """Runs in a thread of its own; `kept` is filled in the order of arrival."""

    script: Script = usual
    offers: tuple[str, ...] = ()
    kept: list[tuple[str, bytes]] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
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
        talk = Talk(self, reader, writer)
        with contextlib.suppress(Ended, OSError, asyncio.IncompleteReadError):
            try:
                await talk.go_on()
            finally:
                writer.close()


@dataclass
class Talk:
    """One connection; strict about the order of commands (RFC 5321 and 3030)."""

    sink: Sink
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    has_mail: bool = False
    to: str = ""
    chunks: list[bytes] | None = None

    async def go_on(self) -> None:
        await self.say("connect")
        while line := (await self.reader.readline()).decode().strip():
            verb = line.partition(" ")[0].upper()
            self.sink.commands.append(line)
            await self.obey(verb, line)

    async def obey(self, verb: str, line: str) -> None:
        if verb in {"EHLO", "HELO"}:
            offers = ["sink", "ENHANCEDSTATUSCODES", *self.sink.offers]
            lines = [f"250-{offer}" for offer in offers[:-1]]
            await self.say("ehlo", "\r\n".join([*lines, f"250 {offers[-1]}"]))
        elif verb == "MAIL":
            await self.mail(line)
        elif verb == "RCPT":
            self.to = line.partition("<")[2].partition(">")[0]
            good = self.has_mail and await self.say("rcpt")
            if not self.has_mail:
                await self.answer(OUT_OF_ORDER)
            self.chunks = [] if good else None
        elif verb == "DATA":
            await self.data()
        elif verb == "BDAT":
            await self.bdat(line.split()[1:])
        else:
            if verb == "RSET":
                self.forget()
            await self.answer("250 2.0.0 ok")

    async def mail(self, line: str) -> None:
        self.to = line.partition("<")[2].partition(">")[0]
        if self.has_mail:
            await self.answer(OUT_OF_ORDER)
        else:
            self.has_mail = await self.say("mail")

    async def data(self) -> None:
        if self.chunks is None:
            await self.answer(OUT_OF_ORDER)
        elif await self.say("data"):
            data = await self.reader.readuntil(b"\r\n.\r\n")
            await self.take(data[:-3].replace(b"\r\n..", b"\r\n."))

    async def bdat(self, words: list[str]) -> None:
        chunk = await self.reader.readexactly(int(words[0]))
        if self.chunks is None:
            await self.answer(OUT_OF_ORDER)
            return
        self.chunks.append(chunk)
        if words[1:] == ["LAST"]:
            await self.take(b"".join(self.chunks))
        elif not await self.say("data", USUAL["chunk"]):
            self.chunks = None

    async def take(self, data: bytes) -> None:
        to = self.to
        self.forget()
        refusal = self.sink.script(Turn("dot", to))
        if refusal is None:
            self.sink.kept.append((to, data))
            self.to = to
            await self.say("accepted")
        else:
            await self.answer(refusal if isinstance(refusal, str) else refusal(""))

    def forget(self) -> None:
        self.has_mail, self.to, self.chunks = False, "", None

    async def say(self, phase: str, usual: str = "") -> bool:
        """Answer; say whether it was a yes."""
        usual = usual or USUAL[phase]
        answer = self.sink.script(Turn(phase, self.to)) or usual
        if callable(answer):
            answer = answer(usual)
        await self.answer(answer)
        return answer[:1] in {"2", "3"}

    async def answer(self, answer: str) -> None:
        if answer == DROP:
            raise Ended
        if answer == RESET:
            self.writer.transport.abort()
            raise Ended
        if answer == HANG:
            await asyncio.sleep(3600)
        octets = answer.encode() + b"\r\n"
        pieces = (
            [bytes([one]) for one in octets] if isinstance(answer, Drip) else [octets]
        )
        for piece in pieces:
            self.writer.write(piece)
            await self.writer.drain()
            await asyncio.sleep(0)


@contextlib.contextmanager
def running(script: Script = usual, offers: tuple[str, ...] = ()) -> Iterator[Sink]:
    """Serve on a free port of this machine until the block ends."""
    sink, is_up = Sink(script, offers), threading.Event()
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
