"""What a person can do about a delivery that no machine touches any more."""

from datetime import datetime

from sqlalchemy.orm import Session

from funnel.domain.status import DeliveryState
from funnel.flow import events
from funnel.models import Delivery, EventKind

RETRIABLE = frozenset(
    {DeliveryState.PARKED, DeliveryState.UNCERTAIN, DeliveryState.FAILED}
)


class NotByHand(Exception):  # noqa: N818 - it says what is the matter
    """The delivery is in a state in which there is nothing to retry."""

    def __init__(self, state: DeliveryState) -> None:
        """Keep the state for the sentence."""
        super().__init__(f"a delivery that is {state} is not sent again")
        self.state = state


def retry(session: Session, delivery_id: int, *, now: datetime) -> Delivery:
    """Send a parked, failed or uncertain delivery again; raises NotByHand.

    Whatever forbids it (she left, it is too late) still does: the claim asks.
    """
    delivery = session.get_one(Delivery, delivery_id, with_for_update=True)
    if delivery.state not in RETRIABLE:
        raise NotByHand(delivery.state)
    events.record(
        session,
        EventKind.POSTPONED,
        at=now,
        subscriber_id=delivery.subscriber_id,
        enrollment_id=delivery.enrollment_id,
        delivery_id=delivery.id,
        step_id=delivery.step_id,
        by="hand",
        was=delivery.state,
    )
    delivery.state, delivery.reason = DeliveryState.SCHEDULED, None
    delivery.due_at, delivery.settled_at, delivery.deaths = now, None, 0
    session.commit()
    return delivery
