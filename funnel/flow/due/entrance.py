"""Who starts a sequence: the fact that its door names, and the rule about again.

Whoever writes a fact has the people of that fact enrolled in the same transaction.
Only "did not join" is nobody's act: the scan finds it when a date is over.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, func, insert, lateral, literal, or_, select, true
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from funnel.domain.doors import BadDoors, Cause, Doors
from funnel.domain.status import EnrollmentState, SequenceState
from funnel.models import (
    Enrollment,
    Event,
    EventKind,
    Masterclass,
    Occurrence,
    Registration,
    Subscriber,
)
from funnel.models import Sequence as SequenceRow
from funnel.models.base import held

log = logging.getLogger(__name__)

OPEN = (SequenceState.LIVE, SequenceState.PAUSED)
"""A draft takes nobody in: going live must not mail who came by weeks before."""

THROUGH = (EnrollmentState.COMPLETED, EnrollmentState.EXITED)


@dataclass(frozen=True, slots=True)
class Door:
    """A sequence that takes people in, and how."""

    sequence_id: int
    doors: Doors


def open_doors(session: Session, cause: Cause, name: str = "") -> list[Door]:
    """Return the sequences that this fact starts."""
    rows = session.execute(
        select(SequenceRow.id, SequenceRow.doors).where(
            SequenceRow.state.in_(OPEN),
            SequenceRow.doors["enter"].as_string().startswith(str(cause)),
        )
    )
    found = [Door(sequence_id, doors) for sequence_id, doors in _read(rows)]
    return [door for door in found if door.doors.enter.fits(cause, name)]


def enter(
    session: Session, door: Door, who: Select[int, int | None], *, now: datetime
) -> int:
    """Enroll these people (with the seat, if one belongs to it); not committed.

    Who is on her way stays there. Who is through starts a new run, if the sequence
    allows that. Returns how many started.
    """
    people = who.subquery("people")
    her, seat = people.c[0], people.c[1]
    last = lateral(
        select(Enrollment.run, Enrollment.state)
        .where(
            Enrollment.subscriber_id == her,
            Enrollment.sequence_id == door.sequence_id,
        )
        .order_by(Enrollment.run.desc())
        .limit(1)
    )
    is_new = last.c.run.is_(None)
    may = or_(is_new, last.c.state.in_(THROUGH)) if door.doors.again else is_new
    new = (
        select(
            her,
            literal(door.sequence_id),
            seat,
            func.coalesce(last.c.run, 0) + 1,
            literal(now, Enrollment.confirmed_at.type),
            literal(EnrollmentState.ACTIVE, Enrollment.state.type),
            literal(now, Enrollment.due_at.type),
        )
        .select_from(people.outerjoin(last, true()))
        .where(may)
    )
    added = session.execute(
        upsert(Enrollment)
        .from_select(COLUMNS, new)
        .on_conflict_do_nothing()
        .returning(Enrollment.id, Enrollment.subscriber_id)
    ).all()
    if added:
        session.execute(insert(Event), [_enrolled(row, now) for row in added])
    return len(added)


def close(session: Session, *, now: datetime) -> int:
    """Write down who did not come to the dates that are over, and enroll them.

    Returns how many dates. A date that was over before it came to be known is closed
    as well; news of her joining that comes later is a fact for conditions.
    """
    over = session.execute(
        held(
            select(Occurrence.id, Masterclass.slug, Occurrence.ends_at)
            .join(Masterclass, Masterclass.id == Occurrence.masterclass_id)
            .where(
                Occurrence.ends_at <= now,
                Occurrence.closed_at.is_(None),
                Occurrence.cancelled_at.is_(None),
            ),
            skip_locked=True,
            of=Occurrence,
        )
    ).all()
    for occurrence_id, slug, ends_at in over:
        missed = and_(
            Registration.occurrence_id == occurrence_id,
            Registration.cancelled_at.is_(None),
            Registration.joined_at.is_(None),
        )
        _tell(session, occurrence_id, missed, ends_at)
        for door in open_doors(session, Cause.NOT_JOINED, slug):
            enter(session, door, reachable(missed), now=ends_at)
        session.get_one(Occurrence, occurrence_id).closed_at = now
    session.flush()
    return len(over)


def reachable(*where: Any) -> Select[int, int | None]:
    """Select seats, with their subscribers, of people who can be written to."""
    return (
        select(Registration.subscriber_id, Registration.id)
        .join(Subscriber, Subscriber.id == Registration.subscriber_id)
        .where(Subscriber.address.is_not(None), *where)
    )


COLUMNS = (
    *("subscriber_id", "sequence_id", "registration_id", "run", "confirmed_at"),
    *("state", "due_at"),
)


def _read(rows: Iterable[Any]) -> Iterable[tuple[int, Doors]]:
    for sequence_id, doors in rows:
        try:
            yield sequence_id, Doors.from_dict(doors)
        except BadDoors as problem:  # the scan says so for everybody inside
            log.warning("sequence %s takes nobody in: %s", sequence_id, problem)


def _tell(session: Session, occurrence_id: int, missed: Any, at: datetime) -> None:
    session.execute(
        insert(Event).from_select(
            ["kind", "at", "subscriber_id", "data"],
            select(
                literal(EventKind.MISSED, Event.kind.type),
                literal(at, Event.at.type),
                Registration.subscriber_id,
                func.jsonb_build_object("occurrence_id", occurrence_id),
            ).where(missed),
        )
    )


def _enrolled(row: Any, now: datetime) -> dict[str, object]:
    return {
        "kind": EventKind.ENROLLED,
        "at": now,
        "subscriber_id": row.subscriber_id,
        "enrollment_id": row.id,
        "data": {},
    }
