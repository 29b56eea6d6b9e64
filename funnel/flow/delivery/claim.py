"""Take what is due: mark the rows as mine, and freeze what they will say."""

import asyncio
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Executable,
    any_,
    bindparam,
    literal_column,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from funnel.domain import address as addresses
from funnel.domain.status import DeliveryState
from funnel.flow import render
from funnel.flow.delivery import failpoint, line, policy, verdict
from funnel.flow.delivery.failpoint import Point
from funnel.flow.delivery.policy import Attempt, Settlement
from funnel.flow.render import Office
from funnel.flow.rows import word
from funnel.models import Delivery
from funnel.models.base import held

log = logging.getLogger(__name__)


class Claimed(NamedTuple):
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

    def of(self, ids: set[int]) -> "Batch":
        """Return the same without those that may not go."""
        return Batch(
            self.taken,
            [mine for mine in self.mine if mine.attempt.id in ids],
            [one for one in self.unwritten if one[0].id in ids],
        )


SUSPECT_AFTER = policy.POISON_DEATHS - 1
"""So many deaths make a row a suspect: it is claimed alone, so that the next death
is its own doing and not that of a row beside it."""

BREATH = 50
"""Letters that are decided on before the connections are looked after again."""


async def take(engine: AsyncEngine, office: Office, terms: Terms) -> Batch:
    """Claim due deliveries, service mail first, in one transaction.

    What must not go any more is skipped here already, so that no connection is
    lost over it at the fence. The first attempt decides what a mail will say.
    """
    async with engine.begin() as connection:
        found = await _read(connection, terms)
        if not found:
            return Batch(0, [], [])
        failpoint.reach(Point.CLAIMING)
        business = await _prepare(connection, office, found)
        batch, asked = await _write(office, business, found, terms.now)
        facts = {
            "mine": asked,
            "now": terms.now,
            "by": terms.worker,
            "lease": terms.lease,
        }
        taken = await line.run(connection, verdict.TAKE, facts)
    failpoint.reach(Point.CLAIMED)
    return batch.of({row.id for row in taken if row.state == DeliveryState.CLAIMED})


async def give_back(engine: AsyncEngine, worker: str, unused: list[Claimed]) -> None:
    """Return rows on which nothing was begun, as if they had not been claimed.

    Never repeated when it fails: by then somebody else may have claimed them under
    the same number, and the lease sees to them anyway.
    """
    ids = [mine.attempt.id for mine in unused]
    async with engine.begin() as connection:
        await connection.execute(_GIVE_BACK, {"ids": ids, "by": worker})


async def _read(connection: AsyncConnection, terms: Terms) -> line.Rows:
    """Lock what is due, and read what its letters need to know."""
    statement = SUSPECT if terms.is_suspect else DUE
    facts = {"now": terms.now, "limit": terms.limit}
    return await line.run(connection, statement, facts)


async def _prepare(
    connection: AsyncConnection, office: Office, found: line.Rows
) -> Any | None:
    """Read the texts that this process has not seen yet; return who sends."""
    unknown = office.unknown({row.revision_id for row in found if row.revision_id})
    if unknown:
        for text in await line.run(connection, render.CONTENT, {"ids": unknown}):
            office.keep(text)
    business = await line.run(connection, render.BUSINESS, {})
    return business[0] if business else None


async def _write(
    office: Office, business: Any | None, found: line.Rows, now: datetime
) -> tuple[Batch, list[dict[str, Any]]]:
    """Decide what each mail says, and return what is asked about each row.

    A poison row must not stop the others, and many of them must not flood the log.
    """
    batch, asked, last = Batch(len(found), [], []), [], None
    for number, row in enumerate(found, 1):
        attempt = Attempt(row.id, row.attempt + 1, row.dated_at or now)
        digest = addresses.digest(row.address)
        kept = {}
        try:
            content = render.draft(row) or office.texts.get(row.revision_id)
            letter = render.freeze(row, business, content, now)
        except Exception as error:  # noqa: BLE001 - logged below
            batch.unwritten.append((attempt, policy.stumble(attempt, error, now)))
            last = error
        else:
            batch.mine.append(Claimed(attempt, row.priority, digest, letter))
            kept = _kept(letter)
        asked.append(verdict.asked(attempt.id, attempt.number, digest) | kept)
        if number % BREATH == 0:
            await asyncio.sleep(0)
    if last is not None:
        unwritten = len(batch.unwritten)
        log.error("%d deliveries cannot be written", unwritten, exc_info=last)
    return batch, asked


def _kept(letter: render.Frozen) -> dict[str, Any]:
    """Return what the row keeps of a letter."""
    return {
        "revision_id": letter.revision_id,
        "dated_at": letter.dated_at,
        "kept": letter.values,
    }


def _reading(*where: ColumnElement[bool]) -> Executable:
    return held(
        render.NEEDED.where(
            Delivery.state == word(DeliveryState.SCHEDULED),
            Delivery.due_at <= verdict.NOW,
            ~verdict.standing_still(),
            *where,
        )
        .order_by(Delivery.priority, Delivery.due_at, Delivery.id)
        .limit(bindparam("limit")),
        skip_locked=True,
        of=Delivery,
    )


_is_suspect = Delivery.deaths >= literal_column(str(SUSPECT_AFTER))
DUE, SUSPECT = _reading(~_is_suspect), _reading(_is_suspect)
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
