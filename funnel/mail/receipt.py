"""What became of handing a message over: the outcome, and how far it got."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple


class Outcome(StrEnum):
    """What is certain about the message."""

    ACCEPTED = "accepted"
    REFUSED = "refused"  # 5xx: it will not be taken
    DEFERRED = "deferred"  # 4xx: not now
    UNREACHED = "unreached"  # failed before the final dot: provably not delivered
    FENCED = "fenced"  # the fence said no, and the last octets never go out
    UNKNOWN = "unknown"  # the dot went out and no answer came: perhaps delivered


class Phase(StrEnum):
    """The last thing that was tried."""

    CONNECT = "connect"
    GREETING = "greeting"
    EHLO = "ehlo"
    STARTTLS = "starttls"
    AUTH = "auth"
    RESET = "rset"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    BODY = "body"
    FENCE = "fence"
    DOT = "dot"


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer of a server; `enhanced` is a code of RFC 3463 or empty."""

    code: int
    enhanced: str
    text: str
    lines: tuple[str, ...] = field(default=(), repr=False)

    @property
    def is_positive(self) -> bool:
        return 200 <= self.code < 300  # noqa: PLR2004 - RFC 5321, 4.2.1

    @property
    def is_refusal(self) -> bool:
        return self.code >= 500  # noqa: PLR2004 - RFC 5321, 4.2.1

    @property
    def is_negative(self) -> bool:
        """Say whether it is a no: for now (4xx), or for good."""
        return self.code >= 400  # noqa: PLR2004 - RFC 5321, 4.2.1


class Receipt(NamedTuple):
    """The outcome of one hand-over; code 0 when no server said anything."""

    outcome: Outcome
    code: int
    enhanced: str
    text: str
    phase: Phase

    @property
    def reply(self) -> str:
        """Return it as one line, "250 2.0.0 queued as 4F2"."""
        code = str(self.code) if self.code else ""
        return " ".join(part for part in (code, self.enhanced, self.text) if part)


def of(outcome: Outcome, phase: Phase, reply: Reply) -> Receipt:
    """Return the receipt for what a server answered."""
    return Receipt(outcome, reply.code, reply.enhanced, reply.text, phase)
