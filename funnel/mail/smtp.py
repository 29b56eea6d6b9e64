"""The way out: a pool of kept SMTP connections that hands over exactly once."""

import asyncio
import ssl
from collections import deque

from funnel.mail.breaker import Breaker, State
from funnel.mail.dialogue import Dialogue
from funnel.mail.envelope import Envelope
from funnel.mail.headers import BadHeader
from funnel.mail.offers import Offers
from funnel.mail.opening import Opening
from funnel.mail.parcel import Fence, Parcel
from funnel.mail.receipt import Outcome, Phase, Receipt
from funnel.mail.relay import Patience, SmtpUrl, Terms

__all__ = [
    "Fence",
    "Offers",
    "Outcome",
    "Patience",
    "Phase",
    "Pool",
    "Receipt",
    "SmtpUrl",
    "State",
    "Terms",
]

GOODBYE = 2.0  # seconds
PAUSE = 1.0  # seconds after a failed opening, while other connections serve
TERMS = Terms()
NOT_AN_ADDRESS = Receipt(
    Outcome.REFUSED, 553, "5.1.3", "not an e-mail address", Phase.MAIL
)


class Pool:
    """The connections to one relay, kept open between messages.

    Messages wait here; a connection fetches its next one itself, the moment its
    line is free. Belongs to one event loop.
    """

    def __init__(
        self,
        url: SmtpUrl,
        terms: Terms = TERMS,
        *,
        tls: ssl.SSLContext | None = None,
        breaker: Breaker | None = None,
    ) -> None:
        self.terms = terms
        self._url, self._tls = url, tls
        if url.tls and tls is None:
            self._tls = ssl.create_default_context()
        self._breaker = breaker or Breaker()
        self._urgent, self._ordinary = deque[Parcel](), deque[Parcel]()
        self._opening: dict[asyncio.Task[None], bool] = {}  # is it for urgent ones
        self._open: dict[Dialogue, bool] = {}  # the same
        self._free: dict[Dialogue, None] = {}  # of those: who could take a message
        self._leaving: list[Dialogue] = []  # still saying goodbye
        self._rest_until = 0.0
        self._watch: asyncio.TimerHandle | None = None

    async def send(
        self,
        mail_from: str,
        to: str,
        data: bytes,
        fence: Fence,
        *,
        is_urgent: bool = False,
    ) -> Receipt:
        """Hand one message over; the fence is asked just before its last octets.

        Whatever the network or the server does becomes a receipt. What the fence
        raises is raised, and the message is not sent.

        Raises:
            ValueError: The message has a bare CR or LF, or a NUL.
        """
        try:
            envelope = Envelope.seal(mail_from, to, data)
        except BadHeader:
            return NOT_AN_ADDRESS
        parcel = Parcel(envelope, is_urgent=is_urgent)
        try:
            self._queue(parcel).append(parcel)
            self._place()
            return await parcel.travel(fence)
        except BaseException:
            self._withdraw(parcel)
            raise

    async def look(self) -> Offers | Receipt:
        """Open a connection and close it: what the relay offers, or what failed."""
        opening = Opening(self._url, self.terms.patience, self._tls)
        failed = await opening.failed()
        if failed is None:
            opening.wire.close()
            await opening.wire.gone(GOODBYE)
        return failed or opening.offers

    async def close(self) -> None:
        """Say goodbye on every connection; what is under way fails."""
        for task in self._opening:
            task.cancel()
        await asyncio.gather(*self._opening, return_exceptions=True)
        for one in list(self._open):
            one.retire()
        self._turn_away("the pool is closed")
        await asyncio.gather(*(one.gone(GOODBYE) for one in self._leaving))
        self._leaving.clear()
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None

    @property
    def state(self) -> State:
        """Whether the relay answers, or is left alone for a while."""
        return self._breaker.state(self.now())

    # What a dialogue asks and tells ---------------------------------------------

    def now(self) -> float:
        return asyncio.get_running_loop().time()

    def next(self, dialogue: Dialogue) -> Parcel | None:
        parcel = None
        if self._urgent:
            parcel = self._urgent.popleft()
        elif self._ordinary and not self._open[dialogue]:
            parcel = self._ordinary.popleft()
        if parcel is not None:
            self._free.pop(dialogue, None)
        return parcel

    def idle(self, dialogue: Dialogue) -> None:
        dialogue.used_at = self.now()
        self._free[dialogue] = None

    def answered(self) -> None:
        self._breaker.succeeded()

    def ended(self, dialogue: Dialogue, untouched: Parcel | None) -> None:
        del self._open[dialogue]
        self._free.pop(dialogue, None)
        self._leaving = [one for one in self._leaving if not one.is_gone]
        self._leaving.append(dialogue)
        if dialogue.came_to_nothing:
            self._breaker.failed(self.now())
        if untouched is not None:
            untouched.start_anew()
            self._queue(untouched).appendleft(untouched)
        self._place()

    # Where a message goes -------------------------------------------------------

    def _queue(self, parcel: Parcel) -> deque[Parcel]:
        return self._urgent if parcel.is_urgent else self._ordinary

    def _place(self) -> None:
        """Give what waits to a connection that is free, or open another one."""
        if not (self._urgent or self._ordinary):
            return
        if self._watch is None:
            self._keep_watch()
        if not self._free and self._is_full:
            return  # it waits for the first connection that is done
        free = self._suited()
        if free is not None:
            free.go_on()
        elif not self._open_another() and not (self._open or self._opening):
            self._turn_away("the relay does not answer: it is left alone for a while")

    def _suited(self) -> Dialogue | None:
        """Return a connection that is free: at rest, or else behind other messages."""
        self._retire_the_stale()
        suited = [one for one in self._free if self._urgent or not self._open[one]]
        at_rest = [one for one in suited if one.is_idle]
        if at_rest:
            return at_rest[-1]
        return suited[0] if suited and self._vacancy() is None else None

    def _retire_the_stale(self) -> None:
        trusted = self.now() - self.terms.patience.kept
        stale = [one for one in self._free if one.is_idle and one.used_at <= trusted]
        for one in stale:
            one.retire()

    def _vacancy(self) -> bool | None:
        """Return the kind of connection that may be opened, "for urgent" or not."""
        is_pausing = self._open and self.now() < self._rest_until
        waiting = len(self._urgent) + len(self._ordinary)
        if is_pausing or len(self._opening) >= waiting:
            return None
        if self._is_full:
            return None
        kinds = [*self._open.values(), *self._opening.values()]
        ordinary = self.terms.connections - self.terms.for_urgent
        if kinds.count(False) < ordinary:
            return False
        has_place = kinds.count(True) < self.terms.for_urgent
        return True if self._urgent and has_place else None

    @property
    def _is_full(self) -> bool:
        return len(self._open) + len(self._opening) >= self.terms.connections

    def _open_another(self) -> bool:
        """Open a connection if there is room, and the relay is not left alone."""
        kind = self._vacancy()
        if kind is None or not self._breaker.allows(self.now()):
            return False
        task = asyncio.get_running_loop().create_task(self._begin(kind))
        self._opening[task] = kind
        task.add_done_callback(self._has_opened)
        return True

    async def _begin(self, kind: bool) -> None:
        opening = Opening(self._url, self.terms.patience, self._tls)
        failed = await opening.failed()
        if failed is not None:
            self._note(failed)
            return
        dialogue = Dialogue(opening.wire, opening.offers, self.terms, self)
        self._open[dialogue] = kind
        dialogue.go_on()

    def _has_opened(self, task: asyncio.Task[None]) -> None:
        del self._opening[task]
        if not task.cancelled():
            task.result()
            self._place()

    def _note(self, failed: Receipt) -> None:
        """Let one message pay for an opening that failed, if nobody else serves."""
        self._breaker.failed(self.now())
        self._rest_until = self.now() + PAUSE
        if not self._open and len(self._opening) == 1:  # it was the only one
            queue = self._urgent or self._ordinary
            if queue:
                queue.popleft().end(failed)

    def _turn_away(self, reason: str) -> None:
        for queue in (self._urgent, self._ordinary):
            while queue:
                queue.popleft().fail(reason)

    def _withdraw(self, parcel: Parcel) -> None:
        """Take back what nobody waits for any more, unless it is behind the fence."""
        queue = self._queue(parcel)
        if parcel in queue:
            queue.remove(parcel)
        elif parcel.carrier is not None and parcel.is_before_the_fence:
            parcel.carrier.decide(parcel, passed=False)

    def _keep_watch(self) -> None:
        """Look at every deadline now and then: one timer, however much is sent."""
        loop, self._watch = asyncio.get_running_loop(), None
        late = [one for one in self._open if one.deadline <= loop.time()]
        for one in late:
            one.expire()
        if self._is_busy:
            tick = self.terms.patience.tick
            self._watch = self._watch or loop.call_later(tick, self._look)

    def _look(self) -> None:
        self._keep_watch()
        self._place()  # a pause may be over

    @property
    def _is_busy(self) -> bool:
        waiting = self._urgent or self._ordinary
        return bool(waiting) or not all(one.is_idle for one in self._open)
