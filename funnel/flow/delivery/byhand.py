"""What a person can do about a delivery that no machine touches any more."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func
from sqlalchemy.orm import Session

from funnel.domain.status import DeliveryState, Reason
from funnel.flow import events
from funnel.models import Delivery, EventKind

RETRIABLE = frozenset(
    {DeliveryState.PARKED, DeliveryState.UNCERTAIN, DeliveryState.FAILED}
)
UNDECIDED = frozenset({DeliveryState.PARKED, DeliveryState.UNCERTAIN})


class NotByHand(Exception):  # noqa: N818 - it says what is the matter
    """The delivery is in a state in which there is nothing to decide by hand."""

    def __init__(self, state: DeliveryState) -> None:
        """Keep the state for the sentence."""
        super().__init__(f"a delivery that is {state} is left as it is")
        self.state = state


def retry(
    session: Session, delivery_id: int, *, now: datetime, author: str = ""
) -> Delivery:
    """Send a parked, failed or uncertain delivery again; raises NotByHand.

    Whatever forbids it (she left, it is too late) still does: the claim asks.
    """
    delivery = _held(session, delivery_id, RETRIABLE)
    _tell(session, delivery, EventKind.POSTPONED, now, author)
    delivery.state, delivery.reason = DeliveryState.SCHEDULED, None
    delivery.due_at, delivery.settled_at, delivery.deaths = now, None, 0
    session.commit()
    return delivery


def give_up(
    session: Session, delivery_id: int, *, now: datetime, author: str = ""
) -> Delivery:
    """Leave a parked or uncertain delivery for what it is; raises NotByHand."""
    delivery = _held(session, delivery_id, UNDECIDED)
    _tell(session, delivery, EventKind.FAILED, now, author)
    delivery.state, delivery.reason = DeliveryState.FAILED, Reason.BY_HAND
    delivery.settled_at = func.now()
    session.commit()
    return delivery


def arrived(
    session: Session, delivery_id: int, *, now: datetime, author: str = ""
) -> Delivery:
    """Take an uncertain delivery for delivered: somebody knows; raises NotByHand."""
    delivery = _held(session, delivery_id, {DeliveryState.UNCERTAIN})
    _tell(session, delivery, EventKind.DELIVERED, now, author)
    delivery.state, delivery.reason = DeliveryState.SENT, Reason.BY_HAND
    session.commit()
    return delivery


def _held(
    session: Session, delivery_id: int, states: Collection[DeliveryState]
) -> Delivery:
    """Return the delivery under a lock, in one of these states."""
    delivery = Delivery.held(session, delivery_id)
    if delivery.state not in states:
        raise NotByHand(delivery.state)
    return delivery


def _tell(
    session: Session, delivery: Delivery, kind: EventKind, now: datetime, author: str
) -> None:
    """Write down that a person decided it, and which one."""
    events.record(
        session,
        kind,
        at=now,
        subscriber_id=delivery.subscriber_id,
        enrollment_id=delivery.enrollment_id,
        delivery_id=delivery.id,
        step_id=delivery.step_id,
        by="hand",
        was=delivery.state,
        **({"author": author} if author else {}),
    )
