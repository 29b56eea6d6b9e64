"""What must be true when everything has come to rest; the relay tells the truth."""

import re
from collections import Counter

import sink
from ledger import Account
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from funnel.domain.status import DeliveryState, Kind
from funnel.models import Delivery

CONNECTIONS = 2
AT_REST = {
    DeliveryState.SENT,
    DeliveryState.UNCERTAIN,
    DeliveryState.SKIPPED,
    DeliveryState.FAILED,
}
_MESSAGE_ID = re.compile(rb"^Message-ID: <(\d+)\.", re.MULTILINE)


def account(
    session: Session,
    relay: sink.Sink,
    crashes: int = 1,
    connections: int = CONNECTIONS,
) -> Account:
    """Compare the rows with what arrived, Message-ID by Message-ID.

    Lost: not arrived, and nothing says that it did not. Doubled: marketing mail that
    came twice. Unwanted: arrived, though the row says it was not sent.
    """
    session.expire_all()
    rows = session.execute(select(Delivery.id, Delivery.state, Delivery.kind)).all()
    session.commit()
    arrived = Counter(map(identity, relay.kept))
    states = {row.id: row.state for row in rows}
    unsent = {DeliveryState.SKIPPED, DeliveryState.FAILED}
    found = Account(
        crashes,
        len(rows),
        lost=sum(s is DeliveryState.SENT and not arrived[i] for i, s in states.items()),
        doubled=sum(arrived[row.id] > 1 for row in rows if row.kind is Kind.MARKETING),
        uncertain=sum(s is DeliveryState.UNCERTAIN for s in states.values()),
        unwanted=sum(s in unsent and arrived[i] > 0 for i, s in states.items()),
    )
    assert set(states.values()) <= AT_REST, "nothing may be left lying"
    assert found.lost == 0, "said to be sent, and never arrived"
    assert found.doubled == 0, "no marketing mail twice"
    assert found.unwanted == 0, "sent, and nobody knows"
    assert found.uncertain <= connections * crashes, "the bound of the design"
    return found


def identity(kept: tuple[str, bytes]) -> int:
    """Return which delivery a message says it is."""
    found = _MESSAGE_ID.search(kept[1])
    assert found is not None, "every mail has our Message-ID"
    return int(found[1])


def outlast_the_leases(session: Session) -> None:
    """Let the time pass that a dead worker's rows are kept for it."""
    session.execute(
        text(
            "UPDATE delivery SET lease_until = now() - interval '1 second'"
            " WHERE lease_until IS NOT NULL"
        )
    )
    session.commit()
