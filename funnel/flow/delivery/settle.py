"""Write down what became of deliveries, with their events, in one statement."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    DateTime,
    Executable,
    Integer,
    Text,
    Update,
    and_,
    bindparam,
    case,
    cast,
    column,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

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


class End(NamedTuple):
    """What an attempt came to; `digest` is that of an address that does not exist."""

    attempt: Attempt
    settlement: Settlement
    digest: str | None = None


async def write(engine: AsyncEngine, ends: list[End], now: datetime) -> None:
    """Settle a batch of attempts, and tell of each, in one statement.

    Nothing happens to a row whose attempt is not its latest any more. An answer also
    settles a row that was taken for lost meanwhile: what the relay said is evidence.
    A mere return to the queue does not.
    """
    dead = [end for end in ends if end.digest is not None]
    if not dead:  # one round trip, one commit
        at_once = engine.execution_options(isolation_level="AUTOCOMMIT")
        async with at_once.connect() as connection:
            await connection.execute(_SETTLE, _facts(ends, now))
        return
    async with engine.begin() as connection:
        done = (await connection.execute(_SETTLE, _facts(ends, now))).all()
        ours = {row.id for row in done}
        for end in dead:
            if end.digest is not None and end.attempt.id in ours:
                await suppress(connection, end.attempt, end.digest, now)


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


Told: TypeAlias = Callable[[Any], ColumnElement[Any]]
"""From the changed rows to a column of the events about them."""


def tell(change: Update, kind: Told, data: Told) -> Executable:
    """Return `change` (of deliveries) as one statement with the events about it.

    A row whose kind of event is null is not told of. Answers id and state.
    """
    changed = change.returning(*TOLD, Delivery.state, Delivery.handed_at).cte("changed")
    row, what = changed.c, kind(changed)
    source = select(
        row.id,
        row.subscriber_id,
        row.enrollment_id,
        row.step_id,
        what,
        NOW,
        data(changed),
    ).where(what.is_not(None))
    told = insert(Event).from_select([*TOLD_AS, "kind", "at", "data"], source)
    return select(row.id, row.state).add_cte(told.cte("told"))


def _facts(ends: list[End], now: datetime) -> dict[str, Any]:
    """Return the batch as columns."""
    settled = [end.settlement for end in ends]
    return {
        "now": now,
        "ids": [end.attempt.id for end in ends],
        "attempts": [end.attempt.number for end in ends],
        "states": [one.state for one in settled],
        "kinds": [one.told for one in settled],
        "due_ats": [one.due_at for one in settled],
        "replies": [one.reply for one in settled],
        "data": [json.dumps(one.data) for one in settled],
    }


_SAID = (
    func.unnest(
        bindparam("ids", type_=ARRAY(BigInteger)),
        bindparam("attempts", type_=ARRAY(Integer)),
        bindparam("states", type_=ARRAY(Text)),
        bindparam("kinds", type_=ARRAY(Text)),
        bindparam("due_ats", type_=ARRAY(DateTime(timezone=True))),
        bindparam("replies", type_=ARRAY(Text)),
        bindparam("data", type_=ARRAY(Text)),
    )
    .table_valued(
        column("id", BigInteger),
        column("attempt", Integer),
        column("state", STATE),
        column("kind", Word(EventKind)),
        column("due_at", Utc()),
        column("reply", Text),
        column("data", Text),
    )
    .render_derived(name="said")
)
"""The ends of a batch; one without a state is in doubt."""


def _settle() -> Executable:
    said = _SAID.c
    is_answer = said.state.in_((DeliveryState.SENT, DeliveryState.FAILED))
    is_open = said.state == DeliveryState.SCHEDULED
    change = (
        update(Delivery)
        .where(
            Delivery.id == said.id,
            Delivery.attempt == said.attempt,
            or_(
                Delivery.state.in_(IN_FLIGHT),
                and_(is_answer, Delivery.state.in_(OPEN_TO_EVIDENCE)),
            ),
        )
        .values(
            state=case((said.state.is_(None), after_doubt()), else_=said.state),
            settled_at=case((is_open.is_not(True), func.now())),
            lease_until=None,
            due_at=func.coalesce(said.due_at, Delivery.due_at),
            # A relay repeats the address in its answer: not of who was erased.
            reply=case((Delivery.address == "", ""), else_=said.reply),
        )
        .returning(said.kind, said.data)
    )
    return tell(
        change,
        lambda changed: changed.c.kind,
        lambda changed: cast(changed.c.data, JSONB),
    )


_SETTLE = _settle()
