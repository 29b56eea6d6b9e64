"""Take what is due: mark the rows as mine, and freeze what they will say."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Executable,
    any_,
    bindparam,
    case,
    column,
    func,
    null,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from funnel.domain import address as addresses
from funnel.domain.status import DeliveryState, Reason
from funnel.flow import render
from funnel.flow.delivery import failpoint, policy, rows, settle, verdict
from funnel.flow.delivery.failpoint import Point
from funnel.flow.delivery.policy import Attempt, Settlement
from funnel.flow.delivery.rows import word
from funnel.flow.render import Office
from funnel.flow.render.facts import AnyRow
from funnel.models import Delivery
from funnel.models.base import Utc, Word

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that is mine while the lease lasts and the attempt is mine.

    `digest` is the hash under which a suppression would keep the address.
    """

    attempt: Attempt
    priority: int
    digest: str
    letter: render.Frozen


@dataclass(frozen=True, slots=True)
class Terms:
    """How much is claimed, by whom, for how long (real time), at which moment."""

    now: datetime
    worker: str
    lease: timedelta
    limit: int
    is_suspect: bool = False


class Batch(NamedTuple):
    """How many rows were taken; those that may go, and those that cannot be written."""

    taken: int
    mine: list[Claimed]
    unwritten: list[tuple[Attempt, Settlement]]


SUSPECT_AFTER = policy.POISON_DEATHS - 1
"""So many deaths make a row a suspect: it is claimed alone, so that the next death
is its own doing and not that of a row beside it."""


async def take(engine: AsyncEngine, office: Office, terms: Terms) -> Batch:
    """Claim due deliveries, service mail first, in one transaction.

    What must not go any more is skipped here already, so that no connection is
    lost over it at the fence. The first attempt decides what a mail will say.
    """
    async with engine.begin() as connection:
        picked = await _pick(connection, terms)
        if not picked:
            return Batch(0, [], [])
        failpoint.reach(Point.CLAIMING)
        digests = {row.id: addresses.digest(row.address) for row in picked}
        barred = await _barred(connection, digests, terms.now)
        going = [id_ for id_ in digests if id_ not in barred]
        batch = Batch(len(picked), [], [])
        for row, content, business in await _needed(connection, office, going):
            _write(batch, (row, content, business), digests[row.id], terms.now)
        await connection.execute(_TAKE, _facts(picked, barred, batch, terms))
    failpoint.reach(Point.CLAIMED)
    return batch


async def give_back(engine: AsyncEngine, worker: str, unused: list[Claimed]) -> None:
    """Return rows on which nothing was begun, as if they had not been claimed.

    Never repeated when it fails: by then somebody else may have claimed them under
    the same number, and the lease sees to them anyway.
    """
    ids = [mine.attempt.id for mine in unused]
    async with engine.begin() as connection:
        await connection.execute(_GIVE_BACK, {"ids": ids, "by": worker})


async def _pick(connection: AsyncConnection, terms: Terms) -> Sequence[AnyRow]:
    facts = {"now": terms.now, "limit": terms.limit, "is_suspect": terms.is_suspect}
    return (await connection.execute(_PICK, facts)).all()


async def _barred(
    connection: AsyncConnection, digests: dict[int, str], now: datetime
) -> dict[int, Reason]:
    """Return what its reader or its time forbids, and why."""
    asked = [verdict.asked(id_, 0, digest) for id_, digest in digests.items()]
    facts = {"mine": asked, "now": now}
    return {row.id: row.bar for row in await connection.execute(verdict.BARRED, facts)}


async def _needed(
    connection: AsyncConnection, office: Office, ids: list[int]
) -> list[tuple[AnyRow, render.Content | None, AnyRow | None]]:
    """Read what the mails say, and the texts that this process has not seen yet."""
    if not ids:
        return []
    rows = (await connection.execute(render.NEEDED, {"ids": ids})).all()
    unknown = office.unknown({row.revision_id for row in rows if row.revision_id})
    if unknown:
        for text in await connection.execute(render.CONTENT, {"ids": unknown}):
            office.keep(text)
    business = (await connection.execute(render.BUSINESS)).one_or_none()
    found = {row.id: row for row in rows}
    in_order = (found[id_] for id_ in ids)
    return [(row, office.texts.get(row.revision_id), business) for row in in_order]


def _write(
    batch: Batch,
    source: tuple[AnyRow, render.Content | None, AnyRow | None],
    digest: str,
    now: datetime,
) -> None:
    """Decide what a mail says; a poison row must not stop the others."""
    row, content, business = source
    attempt = Attempt(row.id, row.attempt + 1, row.dated_at or now)
    try:
        letter = render.freeze(row, business, render.draft(row) or content, now)
    except Exception as error:
        log.exception("delivery %s cannot be written", row.id)
        batch.unwritten.append((attempt, policy.stumble(attempt, error, now)))
    else:
        batch.mine.append(Claimed(attempt, row.priority, digest, letter))


def _facts(
    picked: Sequence[AnyRow], barred: dict[int, Reason], batch: Batch, terms: Terms
) -> dict[str, Any]:
    """Return what is written of a claim."""
    letters = {mine.attempt.id: mine.letter for mine in batch.mine}
    return {
        "now": terms.now,
        "by": terms.worker,
        "lease": terms.lease,
        "taken": [
            {"id": row.id, "reason": barred.get(row.id), **_kept(letters.get(row.id))}
            for row in picked
        ],
    }


def _kept(letter: render.Frozen | None) -> dict[str, Any]:
    """Return what the row keeps of a letter."""
    if letter is None:
        return {}
    return {
        "revision_id": letter.revision_id,
        "dated_at": rows.moment(letter.dated_at),
        "kept": letter.values,
    }


_PICK = (
    select(Delivery.id, Delivery.address)
    .where(
        Delivery.state == word(DeliveryState.SCHEDULED),
        Delivery.due_at <= verdict.NOW,
        (Delivery.deaths >= SUSPECT_AFTER) == bindparam("is_suspect", type_=Boolean),
        ~verdict.standing_still(),
    )
    .order_by(Delivery.priority, Delivery.due_at, Delivery.id)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True, of=Delivery)
)


def _take() -> Executable:
    row = rows.given(
        "taken",
        column("id", BigInteger),
        column("reason", Word(Reason)),
        column("revision_id", BigInteger),
        column("dated_at", Utc()),
        column("kept", JSONB),
    ).c
    goes = row.reason.is_(None)
    change = (
        update(Delivery)
        .where(Delivery.id == row.id)
        .values(
            state=case(
                (goes, word(DeliveryState.CLAIMED)),
                else_=word(DeliveryState.SKIPPED),
            ),
            reason=row.reason,
            attempt=Delivery.attempt + 1,
            worker=bindparam("by"),
            handed_at=None,
            settled_at=case((goes, null()), else_=func.now()),
            lease_until=case((goes, func.now() + verdict.LEASE)),
            revision_id=func.coalesce(row.revision_id, Delivery.revision_id),
            dated_at=func.coalesce(row.dated_at, Delivery.dated_at),
            values=func.coalesce(row.kept, Delivery.values),
        )
        .returning(Delivery.reason)
    )
    return settle.tell(change, verdict.skipped, verdict.because)


_TAKE = _take()
_GIVE_BACK = (
    update(Delivery)
    .where(
        Delivery.id == any_(bindparam("ids", type_=ARRAY(BigInteger))),
        Delivery.state == word(DeliveryState.CLAIMED),
        Delivery.worker == bindparam("by"),
    )
    .values(
        state=DeliveryState.SCHEDULED, attempt=Delivery.attempt - 1, lease_until=None
    )
)
