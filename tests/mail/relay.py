"""A small SMTP server that does on purpose what real ones do in bad moments."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Self

OFFERS = ("PIPELINING", "SIZE 1000000", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES")


@dataclass(frozen=True)
class Drop:
    """Say something, and hang up."""

    said: bytes = b""


@dataclass(frozen=True)
class Drip:
    """Answer octet by octet."""

    said: bytes


@dataclass(frozen=True)
class Hang:
    """Say something, and then nothing more."""

    said: bytes = b""


Act = bytes | Drop | Drip | Hang
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Script = Mapping[str, Act]


@dataclass
class Session:
    """What one client did."""

    script: Script
    commands: list[str] = field(default_factory=list)
    body: bytes = b""
    acted: set[str] = field(default_factory=set)
    ended: bool = False


class _Over(Exception):  # noqa: N818 - the end of a connection
    pass


@dataclass
class Relay:
    """Plays one script per connection, the last one for all that follow.

    A script names what happens instead of the usual answer, by command; besides
    these "greeting", "body" (in the middle of the body) and "dot".
    """

    scripts: Sequence[Script] = ({},)
    offers: Sequence[str] = OFFERS
    sessions: list[Session] = field(default_factory=list)
    messages: list[bytes] = field(default_factory=list)
    port: int = 0

    async def __aenter__(self) -> Self:
        self._stack = AsyncExitStack()
        self._tasks: set[asyncio.Task[None]] = set()
        server = await asyncio.start_server(self._client, "127.0.0.1", 0)
        self._stack.callback(server.close)
        self.port = server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._stack.aclose()

    async def _client(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        number = min(len(self.sessions), len(self.scripts) - 1)
        session = Session(self.scripts[number])
        self.sessions.append(session)
        try:
            await self._talk(session, (reader, writer))
        except (_Over, ConnectionError, asyncio.IncompleteReadError):
            session.ended = True
        finally:
            session.ended = True
            writer.close()

    async def _talk(
        self,
        session: Session,
        streams: Streams,
    ) -> None:
        reader = streams[0]
        await self._act(session, streams, "greeting", b"220 relay ready\r\n")
        while line := await reader.readline():
            command = line.decode().rstrip("\r\n")
            session.commands.append(command)
            verb = command.partition(" ")[0].upper()
            await self._act(session, streams, verb, self._usual(verb))
            if verb == "QUIT":
                return
            if verb == "DATA" and session.script.get("DATA") is None:
                await self._take_body(session, streams)

    def _usual(self, verb: str) -> bytes:
        if verb == "EHLO":
            lines = ["relay greets you", *self.offers]
            last = len(lines) - 1
            return "".join(
                f"250{' ' if index == last else '-'}{line}\r\n"
                for index, line in enumerate(lines)
            ).encode()
        return {
            "DATA": b"354 go on\r\n",
            "QUIT": b"221 2.0.0 bye\r\n",
        }.get(verb, b"250 2.1.0 fine\r\n")

    async def _take_body(
        self,
        session: Session,
        streams: Streams,
    ) -> None:
        reader = streams[0]
        session.body = b""
        while (line := await reader.readline()) != b".\r\n":
            if not line:
                raise _Over
            if not session.body:
                try:
                    await self._act(session, streams, "body", b"")
                finally:
                    session.acted.add("body")
            session.body += line.removeprefix(b".")
        if not isinstance(session.script.get("dot"), bytes):
            self.messages.append(session.body)  # taken, whatever is said about it
        await self._act(session, streams, "dot", b"250 2.0.0 queued as 1\r\n")

    async def _act(
        self, session: Session, streams: Streams, when: str, usual: bytes
    ) -> None:
        reader, writer = streams
        act = session.script.get(when, usual)
        if isinstance(act, Drip):
            for octet in act.said:
                writer.write(bytes([octet]))
                await writer.drain()
                await asyncio.sleep(0)
            return
        writer.write(act if isinstance(act, bytes) else act.said)
        await writer.drain()
        if isinstance(act, Drop):
            raise _Over
        if isinstance(act, Hang):
            session.acted.add(when)
            while await reader.read(65_536):
                pass  # it listens, and does not answer
            raise _Over
