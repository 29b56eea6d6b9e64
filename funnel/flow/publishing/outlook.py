"""Who gets what when: for somebody who signs up now, and for a real subscriber."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from funnel.domain import conditions, schedule, timing
from funnel.domain.schedule import Facts, Planned, Rules
from funnel.domain.status import Purpose, Role
from funnel.flow import due
from funnel.flow.due import courses, people
from funnel.flow.publishing.content import contents
from funnel.models import Enrollment, Masterclass, Occurrence, Step
from funnel.models import Sequence as SequenceRow

ZONE = "Europe/Amsterdam"


@dataclass(frozen=True, slots=True)
class Sample:
    """A made-up person who signs up now for the next date, with every consent."""

    occurrence: Occurrence | None
    zone: str
    moments: dict[int, Planned]


def sample(session: Session, sequence: SequenceRow, *, now: datetime) -> Sample:
    """Return when she would get each step, drafts included."""
    occurrence = next_occurrence(session, sequence.id, now)
    zone = occurrence.zone if occurrence else ZONE
    facts = Facts(
        confirmed_at=now,
        seated_at=now,
        zone=zone,
        start=occurrence.starts_at if occurrence else None,
        end=occurrence.ends_at if occurrence else None,
        replay_until=occurrence.replay_until if occurrence else None,
        consents=frozenset(Purpose),
    )
    rules = Rules.from_dict(sequence.rules)
    planned = schedule.plan(_steps(sequence.steps), rules, facts, now)
    return Sample(occurrence, zone, {item.step.id: item for item in planned})


def ahead(
    session: Session, enrollments: Sequence[Enrollment], *, now: datetime
) -> dict[int, Planned]:
    """Return what these enrollments still have ahead of them, by step."""
    found: dict[int, Planned] = {}
    maps = courses.load(session, {one.sequence_id for one in enrollments})
    ids, events = [one.id for one in enrollments], maps.read_events
    for person in people.load(session, ids, with_events=events):
        course = maps.of(person.row.sequence_id)
        for item in due.ahead(person, course, now):
            found[item.step.id] = item
    return found


def next_occurrence(
    session: Session, sequence_id: int, now: datetime
) -> Occurrence | None:
    """Return the next date of the sequence's masterclass."""
    return session.scalar(
        select(Occurrence)
        .join(Masterclass)
        .where(
            Masterclass.sequence_id == sequence_id,
            Occurrence.starts_at > now,
            Occurrence.cancelled_at.is_(None),
        )
        .order_by(Occurrence.starts_at)
        .limit(1)
    )


def _steps(rows: Sequence[Step]) -> list[schedule.Step]:
    listed = [row for row in rows if row.role is Role.LISTED and row.deleted_at is None]
    return [_step(row) for row in listed]


def _step(row: Step) -> schedule.Step:
    content = contents(row).latest
    return schedule.Step(
        id=row.id,
        slug=row.slug,
        kind=content.kind,
        purpose=content.purpose,
        timing=timing.parse(content.timing),
        condition=conditions.parse(content.condition),
        is_on=content.is_on,
    )
