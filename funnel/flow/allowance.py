"""How many messages may leave now, when the relay allows so many a second or a day.

Every worker on every host asks the same row, and is granted a slice: so many
messages, from such a moment on. Time pays for them: N messages at R a second push
the next slice N/R seconds ahead.
"""

import asyncio
from datetime import timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    Double,
    case,
    cast,
    func,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.sql.dml import ReturningUpdate

from funnel.mail.relay import Terms
from funnel.models import Allowance

SLICE = 0.25
"""Seconds of the rate that a slice holds: what a relay may see too much of at once."""

GRACE = timedelta(seconds=0.25)
"""Time not used that still pays, so that a slow moment is caught up with."""

PATIENCE = timedelta(seconds=2)
"""A slice that starts later is for a later tick."""

WITHOUT_LIMIT = 2**31 - 1
RELAY = "default"  # there is one relay; the table has room for more

_today = cast(func.timezone("UTC", func.now()), Date)
_FIRST = (
    insert(Allowance)
    .values(
        relay=RELAY,
        paid_until=func.now() - GRACE,
        starts_at=func.now(),
        day=_today,
        granted=0,
        used=0,
    )
    .on_conflict_do_nothing()
)


async def take(engine: AsyncEngine, terms: Terms, wanted: int) -> int:
    """Return how many messages may be sent now, after waiting for the moment.

    0 when the day is used up, or the others have taken the next seconds.
    """
    if not terms.is_limited:
        return wanted
    async with engine.begin() as connection:
        await connection.execute(_FIRST)
        granted, wait = (await connection.execute(_slice(terms, wanted))).one()
    if granted:
        await asyncio.sleep(max(0.0, wait))
    return int(granted)


async def put_back(engine: AsyncEngine, terms: Terms, unused: int) -> None:
    """Return what there were no messages for."""
    if not terms.is_limited or unused == 0:
        return
    async with engine.begin() as connection:
        await connection.execute(
            update(Allowance)
            .where(Allowance.relay == RELAY)
            .values(
                used=func.greatest(0, Allowance.used - unused),
                paid_until=Allowance.paid_until - _interval(unused * _cost(terms)),
            )
        )


def _slice(terms: Terms, wanted: int) -> ReturningUpdate[int, float]:
    """Grant a slice in one statement; the row's lock keeps the workers in line."""
    at_once = max(1, int(terms.per_second * SLICE))
    most = min(wanted, at_once) if terms.per_second else wanted
    used = case((Allowance.day == _today, Allowance.used), else_=0)
    starts = func.greatest(Allowance.paid_until, func.now() - GRACE)
    left = func.greatest(0, (terms.per_day or WITHOUT_LIMIT) - used)
    granted = case((starts > func.now() + PATIENCE, 0), else_=func.least(most, left))
    return (
        update(Allowance)
        .where(Allowance.relay == RELAY)
        .values(
            granted=granted,
            used=used + granted,
            day=_today,
            starts_at=starts,
            paid_until=starts + _interval(granted * _cost(terms)),
        )
        .returning(
            Allowance.granted,
            func.extract("epoch", Allowance.starts_at - func.now()).cast(Double),
        )
    )


def _cost(terms: Terms) -> float:
    """Return the seconds that pay for one message."""
    return 1 / terms.per_second if terms.per_second else 0.0


def _interval(seconds: object) -> ColumnElement[Any]:
    return func.make_interval(0, 0, 0, 0, 0, 0, seconds)
