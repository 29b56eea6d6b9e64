"""One SMTP connection at work: which octet may go out, and what an answer means.

It holds no task and waits for nothing: each event (an answer, a fence that was
decided, a buffer that ran empty) is taken in, then `_go_on` does what has become
possible, in one write. On the wire, with PIPELINING:

    client   MAIL RCPT DATA            body   fence: dot MAIL RCPT DATA    body …
    server                 250 250 354                      250 250 250 354

and with CHUNKING, where the body waits for nothing:

    client   MAIL RCPT BDAT body   fence: BDAT LAST MAIL RCPT BDAT body   fence …
    server                     250 250 250                     250 250 250 250

At most `depth` messages are behind the fence: asked about, or gone with their last
octets, so that only the server's answer tells what became of them. Behind the first
of a train the fences of the others are asked ahead, together; what was let through
goes out whole when its turn comes.
"""

from collections import deque
from collections.abc import Iterable
from math import inf
from typing import NamedTuple

from funnel.mail import receipt
from funnel.mail.offers import LAST, Command, Mode, Offers
from funnel.mail.parcel import Parcel, Supply
from funnel.mail.receipt import Outcome, Phase, Receipt, Reply
from funnel.mail.relay import Terms
from funnel.mail.wire import Wire

READY, CLOSING = 354, 421  # RFC 5321
RESET: Command = (Phase.RESET, b"RSET\r\n")
NOT_BEGUN = {Phase.RESET, Phase.MAIL}


class Expected(NamedTuple):
    """An answer that the server owes us."""

    phase: Phase
    parcel: Parcel


class Dialogue:
    """A connection that hands over one message after another."""

    def __init__(
        self, wire: Wire, offers: Offers, terms: Terms, supply: Supply["Dialogue"]
    ) -> None:
        self._wire, self._offers, self._supply = wire, offers, supply
        self._terms, self._mode = terms, offers.mode
        self._depth = terms.depth if self._mode is Mode.CHUNKS else 1
        self._current: Parcel | None = None  # the one before its fence
        self._train = deque[Parcel]()  # behind it: asked about, and not begun
        self._is_warm = False  # deep, and no rest since it handed over
        self._expected = deque[Expected]()
        self._unsaid = deque[Command]()  # where each command waits for an answer
        self._unwritten = list[bytes]()
        self._needs_reset = False
        self._begun = 0
        self._awaited: Expected | Parcel | None = None
        self.handed = 0  # messages behind the fence
        self.is_over = False
        self.has_brought = False  # an answer about a message
        self.deadline = inf
        self.used_at = 0.0
        wire.listener = self

    @property
    def is_idle(self) -> bool:
        """Say whether nothing is under way."""
        return self._current is None and not self._expected and not self._train

    @property
    def came_to_nothing(self) -> bool:
        """Say whether it took messages, and no answer about one ever came."""
        return self._begun > 0 and not self.has_brought

    def go_on(self) -> None:
        """Do what has become possible, in one write."""
        while self._current is None and self._begin_next():
            if self.is_over:
                return
        if self._unwritten:
            octets = b"".join(self._unwritten)
            self._unwritten.clear()  # first: writing may lead straight back here
            self._wire.write(octets)
        if self._current is not None and self._may_ask(self._current):
            self._current.ask()
        if self._depth > 1:
            self._ask_ahead()
        self._set_deadline()

    def decide(self, parcel: Parcel, *, passed: bool) -> None:
        """Let the last octets of a message go out, or see to it that they never do."""
        if not passed:
            self._leave_out(parcel)
        elif parcel is self._current:
            self._hand_over(parcel)
        else:
            parcel.is_passed = True  # its turn comes
        if not self.is_over:
            self.go_on()

    def expire(self) -> None:
        """Give up: the server had its time."""
        self._break("the server does not answer")

    def retire(self) -> None:
        """Say goodbye; what is under way fails."""
        self._wire.close()
        self._end("the connection is closed")

    @property
    def is_gone(self) -> bool:
        return self._wire.is_gone

    async def gone(self, seconds: float) -> None:
        await self._wire.gone(seconds)

    # What the wire calls --------------------------------------------------------

    def heard(self, replies: Iterable[Reply]) -> None:
        for reply in replies:
            if self._expected:
                self._take_answer(self._expected.popleft(), reply)
            else:
                self._take_interruption(reply)
            if self.is_over:
                return
        self.go_on()

    def written(self) -> None:
        self.go_on()

    def lost(self, reason: str) -> None:
        self._break(reason)

    # A message begins -----------------------------------------------------------

    def _begin_next(self) -> bool:
        """Begin with the next message, whole if its fence is open; False without."""
        parcel = self._train.popleft() if self._train else self._fetch()
        if parcel is None:
            return False
        self._begin(parcel)
        if parcel.is_passed:
            self._hand_over(parcel)
        return True

    def _fetch(self) -> Parcel | None:
        """Take a message that the server can take, if there is one for us."""
        is_worn = self._begun + len(self._train) >= self._terms.messages_per_connection
        if is_worn and self.is_idle:
            self.retire()
        if is_worn or (self._mode is Mode.STEPS and self._expected):
            return None
        while (parcel := self._supply.next(self)) is not None:
            impossible = self._offers.impossible(parcel.envelope)
            if impossible is None:
                parcel.carrier = self
                return parcel
            parcel.end(receipt.of(Outcome.REFUSED, Phase.MAIL, impossible))
        self._supply.idle(self)
        self._is_warm = self._is_warm and not self.is_idle
        return None

    def _begin(self, parcel: Parcel) -> None:
        self._begun += 1
        self._current = parcel
        commands = self._offers.commands(parcel.envelope)
        if self._needs_reset or (self._begun > 1 and self._depth > 1):
            # Behind messages that were refused or may be, it begins on clean ground.
            commands.insert(0, RESET)
            self._needs_reset = False
        if parcel.phase is not Phase.FENCE:
            parcel.phase = commands[0][0]
        parcel.is_written = self._mode is Mode.CHUNKS
        if self._mode is Mode.STEPS:
            self._unsaid.extend(commands)
            self._say(self._unsaid.popleft())
        else:
            for command in commands:
                self._say(command)

    def _say(self, command: Command) -> None:
        assert self._current is not None  # noqa: S101 - it is what we speak about
        phase, octets = command
        self._unwritten.append(octets)
        self._expected.append(Expected(phase, self._current))

    # The server answers ---------------------------------------------------------

    def _take_answer(self, expected: Expected, reply: Reply) -> None:
        phase, parcel = expected
        if phase is Phase.DOT:
            self._take_outcome(parcel, reply)
        elif _is_yes(phase, reply):
            self._take_yes(phase, parcel)
        elif phase is Phase.RESET or not reply.is_negative:
            self._break(f"the server answers {reply.code} to {phase.upper()}")
        else:
            self._take_no(phase, parcel, reply)

    def _take_yes(self, phase: Phase, parcel: Parcel) -> None:
        if phase is Phase.DATA:
            self._write_body(parcel)
        elif phase is Phase.BODY:
            self._end_envelope(parcel)
        else:
            self._next_step(parcel)

    def _take_no(self, phase: Phase, parcel: Parcel, reply: Reply) -> None:
        parcel.said = parcel.said or (phase, reply)
        self._bring_news()
        if reply.code == CLOSING:
            self._break(reply.text)
        elif phase in {Phase.DATA, Phase.BODY}:
            self._end_envelope(parcel)
        else:
            self._next_step(parcel)

    def _next_step(self, parcel: Parcel) -> None:
        if parcel is not self._current:
            return
        if parcel.phase is not Phase.FENCE:
            parcel.phase = self._expected[0].phase if self._expected else Phase.MAIL
        if self._mode is Mode.STEPS:
            if parcel.said or parcel.receipt:
                self._unsaid.clear()
                self._end_envelope(parcel)
            else:
                self._say(self._unsaid.popleft())
                parcel.phase = self._expected[0].phase

    def _write_body(self, parcel: Parcel) -> None:
        """Send what the server now waits for, unless nobody wants it there."""
        if parcel.said or parcel.receipt:
            self._break("the server wants a body that it shall not have")
            return
        parcel.phase = Phase.BODY
        parcel.is_written = True
        self._unwritten.append(parcel.envelope.stuffed())

    def _end_envelope(self, parcel: Parcel) -> None:
        """Know everything that the server says before the last octets."""
        if parcel is not self._current:
            return
        if parcel.said or parcel.receipt:
            if parcel.said:
                parcel.refuse()
            self._forget(parcel)
        elif parcel.phase is not Phase.FENCE:
            parcel.phase = Phase.BODY

    def _forget(self, parcel: Parcel) -> None:
        """Leave a message that the server has begun with, by RSET before the next."""
        if parcel is self._current:
            self._current = None
            self._needs_reset = True

    def _take_outcome(self, parcel: Parcel, reply: Reply) -> None:
        """Read the one answer that decides."""
        self.handed -= 1
        self._bring_news()
        if reply.is_negative:
            parcel.said = parcel.said or (Phase.DOT, reply)
            parcel.refuse()
        elif reply.is_positive and parcel.said is None:
            parcel.end(receipt.of(Outcome.ACCEPTED, Phase.DOT, reply))
        else:  # no answer that SMTP knows, or a yes after a no
            parcel.end(receipt.of(Outcome.UNKNOWN, Phase.DOT, reply))
            self._break("the server contradicts itself")
        if reply.code == CLOSING:
            self._break(reply.text)

    def _bring_news(self) -> None:
        """Know that the relay is alive: it said yes or no about a message."""
        self.has_brought = True
        self._supply.answered()

    def _take_interruption(self, reply: Reply) -> None:
        """Hear what nobody asked for; before the last octets it can only be a no."""
        if self._current is not None and reply.is_negative:
            self._current.said = (self._current.phase, reply)
        self._break(f"the server answers {reply.code} before the end")

    # The fence ------------------------------------------------------------------

    def _may_ask(self, parcel: Parcel) -> bool:
        """Say whether all but the last octets has left, and there is room behind.

        The first of a train waits for the answers to its envelope; those behind it
        could only wait a round trip for theirs.
        """
        return (
            parcel.is_written
            and parcel.phase is not Phase.FENCE
            and parcel.said is None
            and self._wire.is_flushed
            and self.handed < self._depth
            and (self._is_warm or not self._expected)
        )

    def _ask_ahead(self) -> None:
        """Ask for as many as may be behind the fence, once the first of them is there.

        One commit for a train then, and none of them waits for the one before it.
        """
        leads = self._current is not None and self._current.phase is Phase.FENCE
        ahead = self.handed + 1 + len(self._train)
        while leads and ahead < self._depth and self._wire.is_flushed:
            parcel = self._fetch()
            if parcel is None:
                return
            self._train.append(parcel)
            parcel.ask()
            ahead += 1

    def _hand_over(self, parcel: Parcel) -> None:
        if not self._wire.stands or not (self._expected or self._wire.is_quiet):
            self._break("the server ended it before the end of the message")
            return
        parcel.phase = Phase.DOT
        self._current, self._is_warm = None, self._depth > 1
        self.handed += 1
        self._unwritten.append(LAST[self._mode])
        self._expected.append(Expected(Phase.DOT, parcel))

    def _leave_out(self, parcel: Parcel) -> None:
        """Drop a message: by RSET where that is no content, else with the line."""
        parcel.end(Receipt(Outcome.FENCED, 0, "", "", Phase.FENCE))
        if parcel in self._train:
            self._train.remove(parcel)  # nobody has heard of it
        elif self._mode is Mode.CHUNKS:
            self._forget(parcel)
        elif parcel.is_written:
            self._break("the fence said no")
        # Else its envelope is not answered yet, and ends when it is.

    # The end --------------------------------------------------------------------

    def _break(self, reason: str) -> None:
        self._wire.abort()
        self._end(reason)

    def _end(self, reason: str) -> None:
        if self.is_over:
            return
        self.is_over, self.deadline = True, inf
        untouched = self._untouched()
        begun = (parcel for _, parcel in self._expected)
        left = [self._current, *begun, *self._train]
        for parcel in left:
            if parcel is not None and parcel is not untouched:
                parcel.fail(reason)
        self._current = None
        self._train.clear()
        self._supply.ended(self, untouched)

    def _untouched(self) -> Parcel | None:
        """Return the message that this connection ended before.

        Only a connection's first message takes the blame for its end: to the later
        ones it was kept too long.
        """
        parcel = self._current
        if parcel is None or self._begun == 1 or parcel.receipt is not None:
            return None
        is_first_word = parcel.said is None or (
            parcel.said[0] is Phase.MAIL and parcel.said[1].code == CLOSING
        )
        return parcel if parcel.phase in NOT_BEGUN and is_first_word else None

    def _set_deadline(self) -> None:
        """Give the server its time for the first thing that it owes us."""
        awaited: Expected | Parcel | None = None
        if self._expected:
            awaited = self._expected[0]
        elif not self._wire.is_flushed:
            awaited = self._current
        if awaited is self._awaited:
            return
        self._awaited = awaited
        if awaited is None:
            self.deadline = inf
        else:
            seconds = self._terms.patience.after(awaited.phase)
            self.deadline = self._supply.now() + seconds


def _is_yes(phase: Phase, reply: Reply) -> bool:
    return reply.code == READY if phase is Phase.DATA else reply.is_positive
