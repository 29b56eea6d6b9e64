"""What an answer of the relay, or none, means for a delivery; pure."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from funnel.domain.status import DeliveryState
from funnel.mail.smtp import Outcome, Phase, Receipt
from funnel.models import EventKind

GIVE_UP_AFTER = timedelta(hours=72)
"""From the first claim; RFC 5321, 4.5.4.1 has four to five days in mind."""

POISON_ATTEMPTS = 8
"""A row that we ourselves fail to write so often is parked for a person."""

POISON_DEATHS = 3
"""A row in whose hands so many workers died is parked for a person."""

NO_SUCH_MAILBOX = frozenset({"5.1.0", "5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10"})
"""RFC 3463: these speak of the reader's address; 5.7.x (policy) never does."""

ABOUT_A_READER = frozenset({Phase.RCPT, Phase.DATA, Phase.BODY, Phase.DOT})
"""Before these the relay refuses us, whoever the reader is: a wrong password or
an unknown sender must not fail everybody's mail, so it is tried again."""

REPLY_LENGTH = 500


class Attempt(NamedTuple):
    """One try at a delivery; its number is what fences off a worker that slept.

    `dated_at` is the moment of the first try.
    """

    id: int
    number: int
    dated_at: datetime


@dataclass(frozen=True, slots=True)
class Settlement:
    """What a delivery becomes, and what is told of it.

    Without a state it is in doubt, and the database knows whether it was before.
    """

    state: DeliveryState | None
    told: EventKind | None = None
    due_at: datetime | None = None
    reply: str = ""
    data: dict[str, Any] = field(default_factory=dict)


def settlement(receipt: Receipt, attempt: Attempt, now: datetime) -> Settlement:
    """Decide by the receipt; `now` is domain time."""
    said = receipt.reply[:REPLY_LENGTH]
    if receipt.outcome is Outcome.ACCEPTED:
        return Settlement(DeliveryState.SENT, EventKind.SENT, reply=said)
    if receipt.outcome is Outcome.UNKNOWN:
        return Settlement(None, EventKind.UNCERTAIN, due_at=now, reply=said)
    heard = {"code": receipt.code, "enhanced": receipt.enhanced}
    is_refused = receipt.outcome is Outcome.REFUSED and receipt.phase in ABOUT_A_READER
    if is_refused or now - attempt.dated_at >= GIVE_UP_AFTER:
        return Settlement(
            DeliveryState.FAILED, EventKind.FAILED, reply=said, data=heard
        )
    return _again(receipt, attempt, now, said, heard)


def stumble(attempt: Attempt, error: Exception, now: datetime) -> Settlement:
    """Put back a row that we could not write ourselves; park it in the end."""
    is_poison = attempt.number >= POISON_ATTEMPTS
    return Settlement(
        DeliveryState.PARKED if is_poison else DeliveryState.SCHEDULED,
        EventKind.FAILED if is_poison else EventKind.POSTPONED,
        due_at=now + slowly(attempt),
        reply=f"{type(error).__name__}: {error}"[:REPLY_LENGTH],
        data={"error": type(error).__name__},
    )


def is_dead_address(receipt: Receipt) -> bool:
    """Say whether the answer is that the reader's mailbox does not exist."""
    is_refused = receipt.outcome is Outcome.REFUSED and receipt.phase in ABOUT_A_READER
    return is_refused and receipt.enhanced in NO_SUCH_MAILBOX


def slowly(attempt: Attempt) -> timedelta:
    """Wait 1, 4, 16, 64 minutes, then 4 hours: somebody out there must act."""
    return _spread(min(60.0 * 4 ** min(attempt.number - 1, 4), 4 * 3600), attempt)


def soon(attempt: Attempt) -> timedelta:
    """Wait 10, 20, 40 … seconds, 5 minutes at most: the line may be back."""
    return _spread(min(10.0 * 2 ** min(attempt.number - 1, 5), 300), attempt)


def _again(
    receipt: Receipt, attempt: Attempt, now: datetime, said: str, heard: dict[str, Any]
) -> Settlement:
    is_unreached = receipt.outcome is Outcome.UNREACHED
    wait = soon if is_unreached else slowly
    return Settlement(
        DeliveryState.SCHEDULED,
        None if is_unreached else EventKind.POSTPONED,
        due_at=now + wait(attempt),
        reply=said,
        data=heard,
    )


def _spread(seconds: float, attempt: Attempt) -> timedelta:
    """Add up to a fifth, so that a thousand rows do not come back as one.

    From the row's own numbers (Knuth's multiplicative hash), not from chance:
    a second look at the same row gives the same moment.
    """
    part = (attempt.id * 2654435761 + attempt.number * 40503) % 1000 / 1000
    return timedelta(seconds=seconds * (1 + part / 5))
