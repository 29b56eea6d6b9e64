"""The bytes of one SMTP connection: answers in, commands out."""

import asyncio
import ssl
from collections.abc import Iterable
from typing import Protocol, cast

from funnel.mail.receipt import Reply
from funnel.mail.replies import Broken, Replies

NOTHING_HELD_BACK = (1, 0)
"""What counts as written has left this process; asyncio's TLS never resumes at 0."""


class Listener(Protocol):
    """Whom a connection tells what happens; it may call back into the wire."""

    def heard(self, replies: Iterable[Reply]) -> None:
        """Take answers; reading them raises Broken where the server makes no sense."""

    def written(self) -> None:
        """Know that everything written has now left this process."""

    def lost(self, reason: str) -> None:
        """Know that nothing more comes, and nothing more goes; told once."""


class Wire(asyncio.Protocol):
    """One connection, which tells its listener what happens."""

    def __init__(self, listener: Listener) -> None:
        self.listener = listener
        self._replies = Replies()
        self._transport: asyncio.Transport | None = None
        self._gone = asyncio.Event()
        self._is_lost = False
        self.is_flushed = True
        self.host = ""

    # What asyncio calls ---------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._carry(cast(asyncio.Transport, transport))
        self.host = str((transport.get_extra_info("sockname") or ("",))[0])

    def data_received(self, data: bytes) -> None:
        if self._is_lost:
            return
        try:
            self.listener.heard(self._replies.feed(data))
        except Broken as broken:
            self._lose(str(broken))

    def connection_lost(self, exc: Exception | None) -> None:
        self._gone.set()
        self._lose(f"connection lost: {exc}" if exc else "the server hung up")

    def pause_writing(self) -> None:
        self.is_flushed = False

    def resume_writing(self) -> None:
        self.is_flushed = True
        if not self._is_lost:
            self.listener.written()

    # What the listener calls ----------------------------------------------------

    @property
    def stands(self) -> bool:
        return (
            not self._is_lost
            and self._transport is not None
            and not self._transport.is_closing()
        )

    @property
    def is_quiet(self) -> bool:
        """Say whether the server has not begun to say something more."""
        return self._replies.is_between

    def write(self, octets: bytes) -> None:
        """Write; on a connection that has ended nothing leaves, and `lost` follows."""
        if self._transport is not None:
            self._transport.write(octets)

    async def start_tls(self, context: ssl.SSLContext, host: str) -> None:
        """Go on encrypted.

        Raises:
            Broken: Something was sent in the clear after the go-ahead (an attack).
        """
        if not self._replies.is_between or self._transport is None:
            raise Broken("the server spoke before the encryption began")
        loop = asyncio.get_running_loop()
        plain, self._transport = self._transport, None
        upgraded = await loop.start_tls(plain, self, context, server_hostname=host)
        if upgraded is None:
            raise Broken("the server hung up")
        self._carry(upgraded)

    def close(self) -> None:
        """Say QUIT if the connection stands, and close it without waiting."""
        if self.stands:
            self.write(b"QUIT\r\n")
        self._is_lost = True
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """Close at once: what was not written never goes out."""
        self._is_lost = True
        if self._transport is not None:
            self._transport.abort()

    @property
    def is_gone(self) -> bool:
        return self._transport is None or self._gone.is_set()

    async def gone(self, seconds: float) -> None:
        """Wait until nothing of the connection is left; then stop being polite."""
        if self._transport is None:
            return
        try:
            async with asyncio.timeout(seconds):
                await self._gone.wait()
        except TimeoutError:
            self._transport.abort()
            await self._gone.wait()

    def _carry(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        transport.set_write_buffer_limits(*NOTHING_HELD_BACK)

    def _lose(self, reason: str) -> None:
        if not self._is_lost:
            self.abort()
            self.listener.lost(reason)
