"""The way out: a pool of kept SMTP connections that hands over exactly once."""

import asyncio
import ssl

from funnel.mail.dialogue import Dialogue, Fence
from funnel.mail.envelope import Envelope
from funnel.mail.headers import BadHeader
from funnel.mail.receipt import Outcome, Phase, Receipt
from funnel.mail.relay import Patience, SmtpUrl

__all__ = ["Outcome", "Patience", "Phase", "Pool", "Receipt", "SmtpUrl"]

CLOSING = 421
GOODBYE = 2.0  # seconds
PATIENCE = Patience()


class Pool:
    """At most `connections` at once to one relay, kept open between messages.

    It belongs to one event loop.
    """

    def __init__(
        self,
        url: SmtpUrl,
        *,
        connections: int = 4,
        messages_per_connection: int = 100,
        patience: Patience = PATIENCE,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._url = url
        self._patience = patience
        self._most = messages_per_connection
        self._tls = tls or ssl.create_default_context()
        self._places = asyncio.Semaphore(connections)
        self._kept: list[Dialogue] = []
        self._open: list[Dialogue] = []  # also those that are still saying goodbye

    async def send(self, mail_from: str, to: str, data: bytes, fence: Fence) -> Receipt:
        """Hand one message over; the fence is asked just before the final dot.

        Whatever the network or the server does becomes a receipt. What the fence
        raises is raised, after the connection was closed without the dot.

        Raises:
            ValueError: The message has a bare CR or LF, or a NUL.
        """
        try:
            envelope = Envelope.seal(mail_from, to, data)
        except BadHeader:
            return Receipt(
                Outcome.REFUSED, 553, "5.1.3", "not an e-mail address", Phase.MAIL
            )
        async with self._places:
            return await self._send(envelope, fence)

    async def close(self) -> None:
        """Say goodbye on every kept connection."""
        while self._kept:
            self._retire(self._kept.pop())
        await asyncio.gather(*(one.gone(GOODBYE) for one in self._open))
        self._open.clear()

    async def _send(self, envelope: Envelope, fence: Fence) -> Receipt:
        kept = self._take()
        if kept is not None:
            receipt = await self._use(kept, envelope, fence)
            if not _was_stale(receipt):
                return receipt
        fresh = Dialogue(self._url, self._patience, self._tls)
        self._open.append(fresh)
        failed = await fresh.open()
        return failed or await self._use(fresh, envelope, fence)

    async def _use(self, one: Dialogue, envelope: Envelope, fence: Fence) -> Receipt:
        receipt = await one.hand_over(envelope, fence)
        if one.is_usable and one.sent < self._most:
            one.used_at = asyncio.get_running_loop().time()
            self._kept.append(one)
        else:
            self._retire(one)
        return receipt

    def _take(self) -> Dialogue | None:
        """Return the connection used last that still stands."""
        now = asyncio.get_running_loop().time()
        while self._kept:
            one = self._kept.pop()
            if one.is_usable and now - one.used_at < self._patience.kept:
                return one
            self._retire(one)
        return None

    def _retire(self, one: Dialogue) -> None:
        one.close()
        self._open = [other for other in self._open if not other.is_gone]


def _was_stale(receipt: Receipt) -> bool:
    """Say whether a kept connection had ended before the message: then try anew."""
    ended = receipt.outcome is Outcome.UNREACHED or receipt.code == CLOSING
    return ended and receipt.phase is Phase.MAIL
