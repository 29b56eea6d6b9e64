"""One message on its way: who waits for it, how far it is, what became of it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

from funnel.mail import receipt
from funnel.mail.envelope import Envelope
from funnel.mail.receipt import Outcome, Phase, Receipt, Reply

Fence = Callable[[], Awaitable[bool]]
Line = TypeVar("Line", contravariant=True)  # noqa: PLC0105 - a word, no grammar


class Carrier(Protocol):
    """What a parcel travels on: it waits there for its fence."""

    def decide(self, parcel: "Parcel", *, passed: bool) -> None:
        """Let the last octets of a parcel go, or never."""


class Supply(Protocol[Line]):
    """Where a connection's messages come from, and who hears how it went."""

    def now(self) -> float:
        """Return the loop's time, in seconds."""

    def next(self, line: Line, /) -> "Parcel | None":
        """Return a message for this connection; None when none waits for it."""

    def idle(self, line: Line, /) -> None:
        """Know that it could take a message, and there is none for it."""

    def answered(self) -> None:
        """Know that the relay said yes or no about a message."""

    def ended(self, line: Line, untouched: "Parcel | None", /) -> None:
        """Know that it is over; `untouched` was not begun, and may go elsewhere."""


class Parcel:
    """A message between the one who sends it and the connection that carries it.

    The sender waits on `news`; the connection gives it twice at most: when only the
    last octets are missing, and when there is a receipt.
    """

    __slots__ = (
        "carrier",
        "envelope",
        "is_passed",
        "is_urgent",
        "is_written",
        "news",
        "phase",
        "receipt",
        "said",
    )

    def __init__(self, envelope: Envelope, *, is_urgent: bool = False) -> None:
        self.envelope, self.is_urgent = envelope, is_urgent
        self.news: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.carrier: Carrier | None = None
        self.receipt: Receipt | None = None
        self.phase = Phase.CONNECT  # what is tried now
        self.said: tuple[Phase, Reply] | None = None  # the first no, and to what
        self.is_written = False  # all but the last octets
        self.is_passed = False  # the fence said yes before it was begun

    async def travel(self, fence: Fence) -> Receipt:
        """Wait for the fence's turn, ask it, and wait for the receipt."""
        await self.news
        if self.receipt is None:
            passed = await fence()
            if self.receipt is None and self.carrier is not None:
                self.news = self.news.get_loop().create_future()
                self.carrier.decide(self, passed=passed)
                await self.news
        return self._certain()

    @property
    def is_before_the_fence(self) -> bool:
        return self.receipt is None and self.phase is not Phase.DOT

    def start_anew(self) -> None:
        """Forget the connection that ended before it began with this message."""
        self.carrier, self.said = None, None
        self.is_written = False

    def ask(self) -> None:
        """Say that only the last octets are missing."""
        self.phase = Phase.FENCE
        self._tell()

    def end(self, receipt: Receipt) -> None:
        """Say what became of it; what is said first counts."""
        if self.receipt is None:
            self.receipt = receipt
            self._tell()

    def refuse(self) -> None:
        """End with the first no that the server gave."""
        assert self.said is not None  # noqa: S101 - the caller has looked
        phase, reply = self.said
        outcome = Outcome.REFUSED if reply.is_refusal else Outcome.DEFERRED
        self.end(receipt.of(outcome, phase, reply))

    def fail(self, reason: str) -> None:
        """End without an answer: what did not have its last octets is not sent."""
        if self.said is not None:
            self.refuse()
            return
        is_handed = self.phase is Phase.DOT
        outcome = Outcome.UNKNOWN if is_handed else Outcome.UNREACHED
        self.end(Receipt(outcome, 0, "", reason[:500], self.phase))

    def _tell(self) -> None:
        if not self.news.done():
            self.news.set_result(None)

    def _certain(self) -> Receipt:
        assert self.receipt is not None  # noqa: S101 - `end` brought the news
        return self.receipt
