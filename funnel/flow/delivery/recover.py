"""Workers die: what they had claimed goes back, what they had handed is in doubt."""

from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, case, func, literal, null, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncEngine

from funnel.domain.status import DeliveryState
from funnel.flow.delivery import failpoint, policy, settle
from funnel.flow.delivery.failpoint import Point
from funnel.flow.rows import word
from funnel.models import Delivery, EventKind
from funnel.models.base import held

_lost = held(
    select(Delivery.id)
    .where(
        Delivery.state.in_(map(word, settle.IN_FLIGHT)),
        Delivery.lease_until < func.now(),
    )
    .limit(bindparam("limit")),
    skip_locked=True,
).cte("lost")
_is_poison = Delivery.deaths + 1 >= policy.POISON_DEATHS


_change = (
    update(Delivery)
    .where(Delivery.id.in_(select(_lost.c.id)))
    .values(
        state=case(
            (
                and_(Delivery.state == word(DeliveryState.CLAIMED), _is_poison),
                word(DeliveryState.PARKED),
            ),
            (
                Delivery.state == word(DeliveryState.CLAIMED),
                word(DeliveryState.SCHEDULED),
            ),
            else_=settle.after_doubt(),
        ),
        deaths=Delivery.deaths + 1,
        lease_until=None,
        settled_at=case((Delivery.state == word(DeliveryState.HANDED), func.now())),
        reply="the worker was lost",
    )
)


def _kind(changed: Any) -> Any:
    """Tell of a doubt, and of a parked row; a mere return is not worth telling."""
    return case(
        (changed.c.state == DeliveryState.PARKED, word(EventKind.FAILED)),
        (changed.c.handed_at.is_not(None), word(EventKind.UNCERTAIN)),
        else_=null(),
    )


def _data(changed: Any) -> Any:
    del changed  # the same of each
    return literal({"lost": "worker"}, JSONB)


_RECOVER = settle.tell(_change, _kind, _data)


async def expired(engine: AsyncEngine, *, now: datetime, limit: int = 1000) -> int:
    """Judge every lease that is over; return how many there were.

    Claimed: certainly not sent, back to the queue. Handed: perhaps sent.
    """
    failpoint.reach(Point.JUDGING)
    async with engine.begin() as connection:
        answer = await connection.execute(_RECOVER, {"now": now, "limit": limit})
        return len(answer.all())
