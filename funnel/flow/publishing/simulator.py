"""Who gets what when, and why not: for somebody real, or somebody invented."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from funnel.domain import schedule
from funnel.domain.schedule import Facts, Planned
from funnel.domain.status import Purpose
from funnel.flow import due
from funnel.flow.due import people
from funnel.flow.due.outcome import Course
from funnel.flow.publishing import course
from funnel.models import (
    Delivery,
    Enrollment,
    Masterclass,
    Occurrence,
    Step,
    Subscriber,
)
from funnel.models import Sequence as SequenceRow


class Nobody(LookupError):  # noqa: N818 - it says who was not found
    """Nobody with this address is in the sequence."""


@dataclass(frozen=True, slots=True)
class Invented:
    """Somebody who might sign up; `at` is the moment of her confirming click."""

    at: datetime
    zone: str
    occurrence: Occurrence | None = None
    consents: frozenset[Purpose] = frozenset()
    joined: bool = False
    replayed: bool = False
    tags: frozenset[str] = frozenset()
    clicked: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Told:
    """One step in her story: what became of it, or what is planned, if anything."""

    step: Step
    delivery: Delivery | None
    planned: Planned | None


@dataclass(frozen=True, slots=True)
class Simulation:
    """Her line of time; moments are to be read on her own clock."""

    zone: str
    lines: list[Told] = field(default_factory=list)


def invented(
    session: Session, sequence: SequenceRow, her: Invented, *, is_draft: bool
) -> Simulation:
    """Say what somebody invented would get; ValueError for rules nobody can read."""
    read = course.drafted if is_draft else course.live
    seen = read(session, sequence)
    plan = schedule.plan(seen.track, _facts(session, sequence, her), her.at)
    return Simulation(her.zone, _lines(sequence, seen, plan, {}))


def real(
    session: Session,
    sequence: SequenceRow,
    address: str,
    *,
    now: datetime,
    is_draft: bool,
) -> Simulation:
    """Say what a subscriber got and will get, as the scan would. Raises Nobody."""
    enrollment = _enrollment(session, sequence, address)
    seen = course.live(session, sequence)
    if is_draft:
        seen = course.drafted(session, sequence, now=now)
    persons = people.load(session, [enrollment.id], with_events=seen.reads_events)
    (person,) = due.beside(session, persons, now=now)
    plan = [] if enrollment.due_at is None else due.ahead(person, seen, now)
    rows = session.scalars(
        select(Delivery)
        .where(Delivery.enrollment_id == enrollment.id)
        .order_by(Delivery.id)
    )
    past = {row.step_id or 0: row for row in rows}
    return Simulation(person.row.zone, _lines(sequence, seen, plan, past))


def _facts(session: Session, sequence: SequenceRow, her: Invented) -> Facts:
    date = her.occurrence
    has_dates = select(Masterclass.id).where(Masterclass.sequence_id == sequence.id)
    needs_seat = session.scalar(has_dates.limit(1)) is not None
    return Facts(
        confirmed_at=her.at,
        seated_at=her.at,
        zone=her.zone,
        start=date.starts_at if date else None,
        end=date.ends_at if date else None,
        replay_until=date.replay_until if date else None,
        joined=her.joined,
        replayed=her.replayed,
        has_seat=date is not None or not needs_seat,
        occurrence_cancelled=date is not None and date.cancelled_at is not None,
        consents=her.consents,
        tags=her.tags,
        clicked=her.clicked,
    )


def _enrollment(session: Session, sequence: SequenceRow, address: str) -> Enrollment:
    found = session.scalar(
        select(Enrollment)
        .join(Subscriber, Subscriber.id == Enrollment.subscriber_id)
        .where(
            Enrollment.sequence_id == sequence.id,
            func.lower(Subscriber.address) == address.strip().lower(),
        )
        .order_by(Enrollment.run.desc())
        .limit(1)
    )
    if found is None:
        raise Nobody(address)
    return found


def _lines(
    sequence: SequenceRow,
    seen: Course,
    plan: list[Planned],
    past: Mapping[int, Delivery],
) -> list[Told]:
    """Return every step that is, or that she got, in the order of her time."""
    rows = {step.id: step for step in sequence.steps}
    planned = {item.step.id: item for item in plan}
    lines = [
        Told(rows[step.id], past.get(step.id), planned.get(step.id))
        for step in seen.steps
        if not step.is_deleted or step.id in past
    ]
    last = max(
        [*(item.at for item in plan), *(row.planned_at for row in past.values())],
        default=None,
    )
    return sorted(lines, key=lambda line: _moment(line, last))


def _moment(line: Told, last: datetime | None) -> tuple[bool, float]:
    at = line.delivery.planned_at if line.delivery else None
    at = at or (line.planned.at if line.planned else last)
    is_unplanned = line.delivery is None and line.planned is None
    return is_unplanned, at.timestamp() if at else 0
