"""Take what is due: mark the rows as mine, and freeze what they will say."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ARRAY, BigInteger, Boolean, any_, bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from funnel.domain import address as addresses
from funnel.domain.status import DeliveryState
from funnel.flow import render
from funnel.flow.delivery import policy, settle, verdict
from funnel.flow.delivery.policy import Attempt
from funnel.flow.render import Office
from funnel.flow.render.facts import AnyRow
from funnel.models import Delivery

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that is mine while the lease lasts and the attempt is mine."""

    attempt: Attempt
    letter: render.Frozen

    @property
    def digest(self) -> str:
        """Return the hash under which a suppression would keep the address."""
        return addresses.digest(self.letter.address)


@dataclass(frozen=True, slots=True)
class Terms:
    """How much is claimed, by whom, for how long (real time), at which moment."""

    now: datetime
    worker: str
    lease: timedelta
    limit: int
    is_suspect: bool = False


class Batch(NamedTuple):
    """How many rows were taken, and those of them that may go."""

    taken: int
    mine: list[Claimed]


SUSPECT_AFTER = policy.POISON_DEATHS - 1
"""So many deaths make a row a suspect: it is claimed alone, so that the next death
is its own doing and not that of a row beside it."""

_picked = (
    select(Delivery.id)
    .where(
        Delivery.state == DeliveryState.SCHEDULED,
        Delivery.due_at <= verdict.NOW,
        (Delivery.deaths >= SUSPECT_AFTER) == bindparam("is_suspect", type_=Boolean),
        ~verdict.standing_still(),
    )
    .order_by(Delivery.priority, Delivery.due_at, Delivery.id)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True, of=Delivery)
    .cte("picked")
)
_TAKE = (
    update(Delivery)
    .where(Delivery.id.in_(select(_picked.c.id)))
    .values(
        state=DeliveryState.CLAIMED,
        attempt=Delivery.attempt + 1,
        worker=bindparam("by"),
        handed_at=None,
        lease_until=func.now() + verdict.LEASE,
    )
    .returning(Delivery.id, Delivery.attempt, Delivery.address)
)
_STILL_MINE = verdict.pass_or_stop(DeliveryState.CLAIMED)
_FREEZE = (
    update(Delivery.__table__)  # type: ignore[arg-type]  # a Table, as Core takes it
    .where(Delivery.__table__.c.id == bindparam("of"))
    .values(
        revision_id=bindparam("revision_id"),
        dated_at=bindparam("dated_at"),
        values=bindparam("values"),
    )
)


_GIVE_BACK = (
    update(Delivery)
    .where(
        Delivery.id == any_(bindparam("ids", type_=ARRAY(BigInteger))),
        Delivery.state == DeliveryState.CLAIMED,
        Delivery.worker == bindparam("by"),
    )
    .values(
        state=DeliveryState.SCHEDULED, attempt=Delivery.attempt - 1, lease_until=None
    )
)


async def take(engine: AsyncEngine, office: Office, terms: Terms) -> Batch:
    """Claim due deliveries, service mail first, in one transaction.

    What must not go any more is skipped here already, so that no connection is
    lost over it at the fence. The first attempt decides what a mail will say.
    """
    async with engine.begin() as connection:
        rows = await _mark(connection, terms)
        going = await _judge(connection, rows, terms) if rows else set()
        if not going:
            return Batch(len(rows), [])
        numbers = {row.id: row.attempt for row in rows if row.id in going}
        mine = await _freeze(connection, office, numbers, terms.now)
        return Batch(len(rows), mine)


async def give_back(engine: AsyncEngine, worker: str, unused: list[Claimed]) -> None:
    """Return rows on which nothing was begun, as if they had not been claimed.

    Never repeated when it fails: by then somebody else may have claimed them under
    the same number, and the lease sees to them anyway.
    """
    ids = [mine.attempt.id for mine in unused]
    async with engine.begin() as connection:
        await connection.execute(_GIVE_BACK, {"ids": ids, "by": worker})


async def _mark(connection: AsyncConnection, terms: Terms) -> Sequence[AnyRow]:
    facts = {
        "now": terms.now,
        "by": terms.worker,
        "lease": terms.lease,
        "limit": terms.limit,
        "is_suspect": terms.is_suspect,
    }
    return (await connection.execute(_TAKE, facts)).all()


async def _judge(
    connection: AsyncConnection, rows: Sequence[AnyRow], terms: Terms
) -> set[int]:
    """Skip what its reader or its time forbids; return the ids that go on."""
    facts = {
        "ids": [row.id for row in rows],
        "attempts": [row.attempt for row in rows],
        "digests": [addresses.digest(row.address) for row in rows],
        "now": terms.now,
        "lease": terms.lease,
    }
    answer = await connection.execute(_STILL_MINE, facts)
    return {row.id for row in answer if row.state is DeliveryState.CLAIMED}


async def _freeze(
    connection: AsyncConnection,
    office: Office,
    numbers: Mapping[int, int],
    now: datetime,
) -> list[Claimed]:
    rows = await _needed(connection, office, list(numbers))
    business = (await connection.execute(render.BUSINESS)).one_or_none()
    claimed, fresh = [], []
    for row in rows:
        attempt = Attempt(row.id, numbers[row.id], row.dated_at or now)
        try:
            content = render.draft(row) or office.texts.get(row.revision_id)
            letter = render.freeze(row, business, content, now)
        except Exception as error:  # a poison row must not stop the others
            log.exception("delivery %s cannot be written", row.id)
            end = policy.stumble(attempt, error, now)
            await settle.write(connection, attempt, end, now)
            continue
        claimed.append(Claimed(attempt, letter))
        if row.values is None:
            fresh.append({"of": row.id, **letter.kept()})
    if fresh:
        await connection.execute(_FREEZE, fresh)
    return claimed


async def _needed(
    connection: AsyncConnection, office: Office, ids: list[int]
) -> list[AnyRow]:
    """Read what the mails say, and the texts that this process has not seen yet."""
    rows = (await connection.execute(render.NEEDED, {"ids": ids})).all()
    wanted = {row.revision_id for row in rows if row.revision_id}
    unknown = office.unknown(wanted)
    if unknown:
        for text in await connection.execute(render.CONTENT, {"ids": unknown}):
            office.keep(text)
    return sorted(rows, key=lambda row: (row.priority, row.due_at, row.id))
