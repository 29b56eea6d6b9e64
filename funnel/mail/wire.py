"""The bytes of one SMTP connection: replies in, commands out, both bounded."""

import asyncio
import re
import ssl
from typing import cast

from funnel.mail.receipt import Reply

MOST_LINE, MOST_REPLY, MOST_TEXT = 4_096, 16_384, 500  # octets, octets, characters
NOTHING_HELD_BACK = (1, 0)
"""What counts as written has left this process; asyncio's TLS never resumes at 0."""

_LINE = re.compile(rb"([2-5]\d\d)([ -]|$)(.*)", re.DOTALL)
_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?: +|$)")


class Broken(Exception):  # noqa: N818 - it says what the connection is
    """The connection is lost, silent or speaks no SMTP."""


class Wire(asyncio.Protocol):
    """One connection. Every wait ends: by bytes, by loss, or by its timeout."""

    def __init__(self) -> None:
        self._inbox = bytearray()
        self._transport: asyncio.Transport | None = None
        self._news = asyncio.Event()
        self._may_write = asyncio.Event()
        self._may_write.set()
        self._gone = asyncio.Event()
        self.lost = ""
        self.host = ""

    # What asyncio calls ---------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(*NOTHING_HELD_BACK)
        self.host = str((transport.get_extra_info("sockname") or ("",))[0])

    def data_received(self, data: bytes) -> None:
        self._inbox += data
        if len(self._inbox) > MOST_REPLY:
            self._give_up("the server's answer does not end")
        self._news.set()

    def connection_lost(self, exc: Exception | None) -> None:
        reason = f"connection lost: {exc}" if exc else "the server hung up"
        self.lost = self.lost or reason
        self._news.set()
        self._may_write.set()
        self._gone.set()

    def pause_writing(self) -> None:
        self._may_write.clear()

    def resume_writing(self) -> None:
        self._may_write.set()

    # What a dialogue calls ------------------------------------------------------

    @property
    def is_quiet(self) -> bool:
        """Say whether the connection stands and nothing was said unasked."""
        return not self.lost and not self._inbox

    @property
    def has_news(self) -> bool:
        """Say whether the server said something that nobody read yet."""
        return bool(self._inbox)

    def write(self, data: bytes) -> None:
        """Write, or raise Broken: then not one octet of it has left."""
        if self.lost or self._transport is None or self._transport.is_closing():
            raise Broken(self.lost or "the connection is closed")
        self._transport.write(data)

    async def flush(self, timeout: float) -> None:  # noqa: ASYNC109 - each phase has its own
        """Wait until everything written has left this process."""
        await self._wait(self._may_write, timeout)
        if self.lost:
            raise Broken(self.lost)

    async def reply(self, timeout: float) -> Reply:  # noqa: ASYNC109 - each phase has its own
        """Read one answer of the server.

        Raises:
            Broken: None came in time, or what came is not SMTP.
        """
        deadline = asyncio.get_running_loop().time() + timeout
        while (end := self._end_of_reply()) == 0:
            if self.lost:
                raise Broken(self.lost)
            self._news.clear()
            left = deadline - asyncio.get_running_loop().time()
            await self._wait(self._news, left)
        raw = bytes(self._inbox[:end])
        del self._inbox[:end]
        return _parse(raw)

    async def start_tls(self, context: ssl.SSLContext, host: str) -> None:
        """Go on encrypted.

        Raises:
            Broken: Something was sent in the clear after the go-ahead (an attack).
        """
        if not self.is_quiet or self._transport is None:
            raise Broken("the server spoke before the encryption began")
        loop = asyncio.get_running_loop()
        plain, self._transport = self._transport, None
        upgraded = await loop.start_tls(plain, self, context, server_hostname=host)
        if upgraded is None:
            raise Broken("the server hung up")
        self._transport = upgraded
        self._transport.set_write_buffer_limits(*NOTHING_HELD_BACK)

    def close(self) -> None:
        """Say QUIT if the connection stands, and close it without waiting."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(b"QUIT\r\n")
            self._transport.close()

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

    @property
    def is_gone(self) -> bool:
        return self._transport is None or self._gone.is_set()

    def abort(self) -> None:
        """Close at once: what was not written never goes out."""
        if self._transport is not None:
            self._transport.abort()

    def _give_up(self, reason: str) -> None:
        self.lost = self.lost or reason
        self.abort()

    async def _wait(self, event: asyncio.Event, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await event.wait()
        except TimeoutError:
            raise Broken("the server does not answer") from None

    def _end_of_reply(self) -> int:
        """Return where the first whole answer ends; 0 when it is not whole yet."""
        start = 0
        while (newline := self._inbox.find(b"\n", start)) >= 0:
            line = bytes(self._inbox[start:newline]).rstrip(b"\r")
            found = _LINE.fullmatch(line)
            if len(line) > MOST_LINE or found is None:
                raise Broken("the server does not speak SMTP")
            start = newline + 1
            if found[2] != b"-":
                return start
        if len(self._inbox) - start > MOST_LINE:
            raise Broken("the server does not speak SMTP")
        return 0


def _parse(raw: bytes) -> Reply:
    found = [_LINE.fullmatch(line.rstrip(b"\r")) for line in raw.split(b"\n")[:-1]]
    parts = [(int(match[1]), _readable(match[3])) for match in found if match]
    if len({code for code, _ in parts}) != 1:
        raise Broken("the server answers with two codes at once")
    enhanced = _ENHANCED.match(parts[-1][1])
    lines = tuple(_ENHANCED.sub("", text, count=1) for _, text in parts)
    text = " ".join(line for line in lines if line)[:MOST_TEXT]
    return Reply(parts[0][0], enhanced[1] if enhanced else "", text, lines)


def _readable(octets: bytes) -> str:
    text = octets.decode("utf-8", "replace")
    return "".join(one if one.isprintable() else "�" for one in text).strip()
