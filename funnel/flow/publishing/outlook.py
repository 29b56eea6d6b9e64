"""Who gets what when: for somebody who signs up now, and for a real subscriber."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from funnel.domain import schedule
from funnel.domain.schedule import Facts, Planned
from funnel.domain.status import Purpose
from funnel.flow import due
from funnel.flow.due import courses, people
from funnel.flow.publishing import course
from funnel.models import Enrollment, Masterclass, Occurrence
from funnel.models import Sequence as SequenceRow

ZONE = "Europe/Amsterdam"


@dataclass(frozen=True, slots=True)
class Sample:
    """A made-up person who signs up now for the next date, with every consent."""

    occurrence: Occurrence | None
    zone: str
    moments: dict[int, Planned]
    has_masterclass: bool = True


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
    seen = course.drafted(session, sequence)
    planned = schedule.plan(seen.track, facts, now)
    uses = select(Masterclass.id).where(Masterclass.sequence_id == sequence.id)
    return Sample(
        occurrence,
        zone,
        {item.step.id: item for item in planned},
        has_masterclass=session.scalar(uses.limit(1)) is not None,
    )


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
