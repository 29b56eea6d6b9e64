"""Write down what became of deliveries, with their events, in one statement."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Executable,
    Integer,
    Text,
    Update,
    and_,
    bindparam,
    case,
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
from funnel.flow import rows
from funnel.flow.delivery.policy import Attempt, Settlement
from funnel.flow.rows import word
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


def facts(ends: list[End], now: datetime) -> dict[str, Any]:
    """Return what SETTLE is told of a batch of attempts."""
    return {"said": _rows(ends), "now": now}


async def with_bounces(engine: AsyncEngine, ends: list[End], now: datetime) -> None:
    """Settle a batch of which some have no mailbox, and close those addresses."""
    async with engine.begin() as connection:
        done = (await connection.execute(SETTLE, facts(ends, now))).all()
        ours = {row.id for row in done}
        for end in ends:
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
        (once_more, word(DeliveryState.SCHEDULED)),
        else_=word(DeliveryState.UNCERTAIN),
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


def _rows(ends: list[End]) -> list[dict[str, Any]]:
    return [
        {
            "id": attempt.id,
            "attempt": attempt.number,
            "state": settled.state,
            "kind": settled.told,
            "due_at": settled.due_at,
            "reply": settled.reply,
            "data": settled.data,
        }
        for attempt, settled, _ in ends
    ]


_SAID = rows.given(
    "said",
    column("id", BigInteger),
    column("attempt", Integer),
    column("state", STATE),
    column("kind", Word(EventKind)),
    column("due_at", Utc()),
    column("reply", Text),
    column("data", JSONB),
)
"""The ends of a batch; one without a state is in doubt."""


def _settle() -> Executable:
    said = _SAID.c
    is_answer = said.state.in_([word(DeliveryState.SENT), word(DeliveryState.FAILED)])
    is_open = said.state == word(DeliveryState.SCHEDULED)
    change = (
        update(Delivery)
        .where(
            Delivery.id == said.id,
            Delivery.attempt == said.attempt,
            or_(
                Delivery.state.in_(map(word, IN_FLIGHT)),
                and_(is_answer, Delivery.state.in_(map(word, OPEN_TO_EVIDENCE))),
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
        lambda changed: changed.c.data,
    )


SETTLE = _settle()
"""The one statement that settles a batch of attempts, and tells of each.

Nothing happens to a row whose attempt is not its latest any more. An answer also
settles a row that was taken for lost meanwhile: what the relay said is evidence.
A mere return to the queue does not.
"""
