"""Write down what a scan decided: in one go, or row by row when that fails."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    BigInteger,
    Integer,
    Text,
    column,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from funnel.domain.status import DeliveryState
from funnel.flow import events, rows
from funnel.flow.due.outcome import Outcome
from funnel.models import Delivery, Enrollment, Event, EventKind
from funnel.models.base import Utc

log = logging.getLogger(__name__)

AFTER_TROUBLE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Trouble:
    """An enrollment that could not be handled, and why."""

    enrollment_id: int
    subscriber_id: int
    error: Exception


def write(session: Session, outcomes: Sequence[Outcome], now: datetime) -> int:
    """Add the deliveries, move the enrollments on; return how many mails are to go.

    When the database refuses the batch, each enrollment is tried by itself, and
    only the one at fault is put off.
    """
    try:
        with session.begin_nested():
            return _write(session, outcomes, now)
    except DBAPIError as error:
        if error.connection_invalidated:
            raise
        log.warning(
            "a batch of %s is written row by row: %s", len(outcomes), error.orig
        )
        return sum(_write_one(session, outcome, now) for outcome in outcomes)


def push_ahead(session: Session, troubled: Sequence[Trouble], now: datetime) -> None:
    """Look again in an hour: one poison row must not be planned at every tick."""
    for trouble in troubled:
        session.execute(
            update(Enrollment)
            .where(Enrollment.id == trouble.enrollment_id)
            .values(due_at=now + AFTER_TROUBLE)
        )
        events.record(
            session,
            EventKind.POSTPONED,
            at=now,
            subscriber_id=trouble.subscriber_id,
            enrollment_id=trouble.enrollment_id,
            error=type(trouble.error).__name__,
        )
    session.flush()


def _write_one(session: Session, outcome: Outcome, now: datetime) -> int:
    try:
        with session.begin_nested():
            return _write(session, [outcome], now)
    except DBAPIError as error:
        log.exception("enrollment %s cannot be written", outcome.enrollment_id)
        trouble = Trouble(outcome.enrollment_id, outcome.subscriber_id, error)
        push_ahead(session, [trouble], now)
        return 0


def _write(session: Session, outcomes: Sequence[Outcome], now: datetime) -> int:
    added = _add([row for one in outcomes for row in one.deliveries], session, now)
    if outcomes:
        changes = [one.change for one in outcomes]
        session.connection().execute(_MOVE_ON, {"changes": changes})
    ends = [_end(one, now) for one in outcomes if one.told]
    if ends:
        session.execute(insert(Event.__table__), ends)  # type: ignore[arg-type]
    return added


def _add(fresh: list[dict[str, object]], session: Session, now: datetime) -> int:
    """Add rows that are not there yet, tell of each skip; return how many go."""
    if not fresh:
        return 0
    added = session.connection().execute(_ADD, {"rows": fresh}).all()
    skips = [
        {
            "kind": EventKind.SKIPPED,
            "at": now,
            "subscriber_id": row.subscriber_id,
            "enrollment_id": row.enrollment_id,
            "delivery_id": row.id,
            "step_id": row.step_id,
            "data": {"reason": row.reason},
        }
        for row in added
        if row.state is DeliveryState.SKIPPED
    ]
    if skips:
        session.execute(insert(Event.__table__), skips)  # type: ignore[arg-type]
    return len(added) - len(skips)


# All rows in one parameter: a statement for each would cost more than its work, and so
# would telling the types of thousands of parameters.
_rows = rows.given(
    "rows",
    column("state", Text),
    column("reason", Text),
    column("kind", Text),
    column("priority", Integer),
    column("address", Text),
    column("subscriber_id", BigInteger),
    column("enrollment_id", BigInteger),
    column("step_id", BigInteger),
    column("occurrence_id", BigInteger),
    column("moved", JSONB),
    column("planned_at", Utc()),
    column("due_at", Utc()),
    column("not_after", Utc()),
)
_ADD = (
    upsert(Delivery)
    .from_select(
        [*_rows.c.keys(), "is_test", "attempt", "deaths", "reply"],
        select(*_rows.c, literal(False), literal(0), literal(0), literal("")),
        include_defaults=False,
    )
    .on_conflict_do_nothing()
    .returning(
        Delivery.id,
        Delivery.subscriber_id,
        Delivery.enrollment_id,
        Delivery.step_id,
        Delivery.state,
        Delivery.reason,
    )
)
_changes = rows.given(
    "changes",
    column("id", BigInteger),
    column("state", Text),
    column("reason", Text),
    column("due_at", Utc()),
    column("next_step_id", BigInteger),
)
_enrollment = Enrollment.__table__
_MOVE_ON = (
    update(_enrollment)  # type: ignore[arg-type]  # a Table, as Core takes it
    .where(_enrollment.c.id == _changes.c.id)
    .values({name: one for name, one in _changes.c.items() if name != "id"})
)


def _end(outcome: Outcome, now: datetime) -> dict[str, object]:
    return {
        "kind": outcome.told,
        "at": now,
        "subscriber_id": outcome.subscriber_id,
        "enrollment_id": outcome.enrollment_id,
        "delivery_id": None,
        "step_id": None,
        "data": {"reason": outcome.reason},
    }
