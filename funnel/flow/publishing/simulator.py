"""Who gets what when, and why not: for somebody real, or somebody invented."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from funnel.domain import schedule
from funnel.domain.schedule import Facts, Planned
from funnel.domain.status import Purpose
from funnel.flow import due
from funnel.flow.due import people
from funnel.flow.due.outcome import Course
from funnel.flow.publishing import course, outlook
from funnel.models import (
    Delivery,
    Enrollment,
    Occurrence,
    Revision,
    Step,
    Subscriber,
)
from funnel.models import Sequence as SequenceRow

Past: TypeAlias = Mapping[int, tuple[Delivery, Revision | None]]


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
    clicked: frozenset[str] = frozenset()  # slugs of steps
    happened: frozenset[str] = frozenset()  # in the words of conditions


@dataclass(frozen=True, slots=True)
class Told:
    """One step in her story: what became of it, or what is planned, if anything.

    `sent` is the text that was used. Where something is planned, a delivery is one
    for another date.
    """

    step: Step
    delivery: Delivery | None
    planned: Planned | None
    sent: Revision | None = None


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
    rows = session.execute(
        select(Delivery, Revision)
        .outerjoin(Revision, Revision.id == Delivery.revision_id)
        .where(Delivery.enrollment_id == enrollment.id)
        .order_by(Delivery.id)
    )
    past: Past = {mail.step_id or 0: (mail, text) for mail, text in rows}
    return Simulation(person.row.zone, _lines(sequence, seen, plan, past))


def strange(sequence: SequenceRow, slugs: Collection[str]) -> list[str]:
    """Return which of these names no mail of the sequence has."""
    return sorted(set(slugs) - {step.slug for step in sequence.steps})


def _facts(session: Session, sequence: SequenceRow, her: Invented) -> Facts:
    date = her.occurrence
    needs_seat = outlook.has_masterclass(session, sequence.id)
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
        happened=her.happened,
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
    past: Past,
) -> list[Told]:
    """Return every step that is, or that she got, in the order of her time."""
    rows = {step.id: step for step in sequence.steps}
    planned = {item.step.id: item for item in plan}
    lines = [
        Told(rows[step.id], mail, planned.get(step.id), text)
        for step in seen.steps
        for mail, text in [past.get(step.id, (None, None))]
        if not step.is_deleted or step.id in past
    ]
    last = max(
        [*(item.at for item in plan), *(mail.planned_at for mail, _ in past.values())],
        default=None,
    )
    return sorted(lines, key=lambda line: _moment(line, last))


def _moment(line: Told, last: datetime | None) -> tuple[bool, float]:
    at = line.planned.at if line.planned else None
    at = at or (line.delivery.planned_at if line.delivery else last)
    is_unplanned = line.delivery is None and line.planned is None
    return is_unplanned, at.timestamp() if at else 0
