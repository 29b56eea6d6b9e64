"""Write down what became of a delivery, with its event, in one statement."""

from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Executable,
    Update,
    and_,
    bindparam,
    case,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from funnel.domain.status import DeliveryState, Kind, Scope, SubscriberState
from funnel.flow.delivery.policy import Attempt, Settlement
from funnel.models import Delivery, Event, EventKind, Subscriber, Suppression
from funnel.models.base import Utc, Word

NOW = bindparam("now", type_=Utc())
STATE = Word(DeliveryState)

IN_FLIGHT = (DeliveryState.CLAIMED, DeliveryState.HANDED)
OPEN_TO_EVIDENCE = (
    *IN_FLIGHT,
    DeliveryState.UNCERTAIN,
    # A service mail that was put back to go once more, and not claimed yet.
    DeliveryState.SCHEDULED,
)

TOLD = (Delivery.id, Delivery.subscriber_id, Delivery.enrollment_id, Delivery.step_id)
TOLD_AS = ["delivery_id", "subscriber_id", "enrollment_id", "step_id"]


async def write(
    connection: AsyncConnection,
    attempt: Attempt,
    settlement: Settlement,
    now: datetime,
) -> bool:
    """Settle an attempt; False when it is not the row's latest any more.

    An answer also settles a row that was taken for lost meanwhile: what the relay
    said is evidence. A mere return to the queue does not.
    """
    statement = _statement(settlement.state, settlement.told, bool(settlement.due_at))
    facts = {
        "of": attempt.id,
        "as": attempt.number,
        "now": now,
        "said": settlement.reply,
        "heard": settlement.data,
        "again_at": settlement.due_at or now,
    }
    return (await connection.execute(statement, facts)).first() is not None


async def suppress(
    connection: AsyncConnection, attempt: Attempt, digest: str, now: datetime
) -> None:
    """Never write to a mailbox again that does not exist; told as a bounce."""
    dead = upsert(Suppression).values(
        address_hash=digest, scope=Scope.ALL, reason="bounced", at=now, lifted_at=None
    )
    again = {"reason": dead.excluded.reason, "at": now, "lifted_at": None}
    one_each = "uq_suppression_address_hash_scope"
    await connection.execute(dead.on_conflict_do_update(one_each, set_=again))
    hers = (
        select(Delivery.subscriber_id)
        .where(Delivery.id == attempt.id)
        .scalar_subquery()
    )
    await connection.execute(
        update(Subscriber)
        .where(Subscriber.id == hers, Subscriber.state != SubscriberState.ERASED)
        .values(state=SubscriberState.BOUNCED)
    )
    bounced = select(
        *TOLD, literal(EventKind.BOUNCED, Word(EventKind)), literal(now, Utc())
    ).where(Delivery.id == attempt.id)
    columns = [*TOLD_AS, "kind", "at", "data"]
    await connection.execute(
        insert(Event).from_select(columns, bounced.add_columns(literal({}, JSONB)))
    )


def after_doubt() -> ColumnElement[Any]:
    """Return the state after a hand-over that nobody answered.

    Marketing mail is left to a person: nearly all such mails did arrive. Service
    mail goes once more, under the same Message-ID, unless it has already, or its
    time is over.
    """
    before = (
        select(Event.id)
        .where(Event.kind == EventKind.UNCERTAIN, Event.delivery_id == Delivery.id)
        .exists()
    )
    in_time = or_(Delivery.not_after.is_(None), Delivery.not_after >= NOW)
    once_more = and_(Delivery.kind == Kind.SERVICE, ~before, in_time)
    return case(
        (once_more, literal(DeliveryState.SCHEDULED, STATE)),
        else_=literal(DeliveryState.UNCERTAIN, STATE),
    )


def tell(change: Update, kind: Any, data: ColumnElement[Any]) -> Executable:
    """Return `change` (of deliveries) as one statement with an event for each.

    `kind` is an EventKind, or None for nothing to tell, or a function from the
    changed rows to a column. Answers id and state.
    """
    changed = change.returning(*TOLD, Delivery.state, Delivery.handed_at).cte("changed")
    answer = select(changed.c.id, changed.c.state)
    if kind is None:
        return answer
    is_fixed = isinstance(kind, EventKind)
    what = literal(kind, Word(EventKind)) if is_fixed else kind(changed)
    source = select(
        changed.c.id,
        changed.c.subscriber_id,
        changed.c.enrollment_id,
        changed.c.step_id,
        what,
        NOW,
        data,
    ).where(what.is_not(None))
    told = insert(Event).from_select([*TOLD_AS, "kind", "at", "data"], source)
    return answer.add_cte(told.cte("told"))


@lru_cache
def _statement(
    state: DeliveryState | None, told: EventKind | None, has_due_at: bool
) -> Executable:
    """Return the statement for one kind of end; there are a handful of them."""
    is_answer = state in {DeliveryState.SENT, DeliveryState.FAILED}
    is_open = state is DeliveryState.SCHEDULED
    values: dict[str, Any] = {
        "state": after_doubt() if state is None else state,
        "settled_at": None if is_open else func.now(),
        "lease_until": None,
        # A relay repeats the address in its answer: not of who was erased meanwhile.
        "reply": case((Delivery.address == "", ""), else_=bindparam("said")),
    }
    if has_due_at:
        values["due_at"] = bindparam("again_at", type_=Utc())
    change = (
        update(Delivery)
        .where(
            Delivery.id == bindparam("of"),
            Delivery.attempt == bindparam("as"),
            Delivery.state.in_(OPEN_TO_EVIDENCE if is_answer else IN_FLIGHT),
        )
        .values(values)
    )
    return tell(change, told, bindparam("heard", type_=JSONB))
