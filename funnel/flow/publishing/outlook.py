"""Who gets what when: for somebody who signs up now, and for a real subscriber."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from sqlalchemy import Select, select, true
from sqlalchemy.orm import Session

from funnel.domain import schedule
from funnel.domain.doors import OF_A_MASTERCLASS, Doors
from funnel.domain.schedule import Facts, Planned
from funnel.domain.status import EnrollmentState, Purpose
from funnel.flow import due
from funnel.flow.due import courses, people
from funnel.flow.due.outcome import Course
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


Shift: TypeAlias = tuple[datetime | None, datetime | None]


def sample(
    session: Session,
    sequence: SequenceRow,
    *,
    now: datetime,
    read: Callable[[Session, SequenceRow], Course] = course.drafted,
) -> Sample:
    """Return when she would get each step, drafts included unless others are read."""
    occurrence = next_occurrence(session, sequence, now)
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
    seen = read(session, sequence)
    planned = schedule.plan(seen.track, facts, now)
    return Sample(
        occurrence,
        zone,
        {item.step.id: item for item in planned},
        has_masterclass=has_masterclass(session, sequence.id),
    )


def shifts(
    session: Session, sequence: SequenceRow, *, now: datetime
) -> dict[int, Shift]:
    """Return her moment of each step before a publish and after, where they differ."""
    if not sequence.version:
        return {}
    before, after = (
        sample(session, sequence, now=now, read=read).moments
        for read in (course.live, course.drafted)
    )
    both = {one: (_comes(before.get(one)), _comes(after.get(one))) for one in after}
    both |= {one: (_comes(before[one]), None) for one in before if one not in after}
    return {one: shift for one, shift in both.items() if shift[0] != shift[1]}


def ahead(
    session: Session, enrollments: Sequence[Enrollment], *, now: datetime
) -> dict[int, Planned]:
    """Return what these enrollments still have ahead of them, by step."""
    found: dict[int, Planned] = {}
    enrollments = [one for one in enrollments if one.state is EnrollmentState.ACTIVE]
    maps = courses.load(session, {one.sequence_id for one in enrollments})
    ids, events = [one.id for one in enrollments], maps.read_events
    persons = people.load(session, ids, with_events=events)
    for person in due.beside(session, persons, now=now):
        for item in due.ahead(person, maps.of(person.row.sequence_id), now):
            found[item.step.id] = item
    return found


def _comes(planned: Planned | None) -> datetime | None:
    return planned.at if planned and planned.skip is None else None


def has_masterclass(session: Session, sequence_id: int) -> bool:
    """Say whether a masterclass sends its mails through the sequence."""
    theirs = select(Masterclass.id).where(Masterclass.sequence_id == sequence_id)
    return session.scalar(theirs.limit(1)) is not None


def dates(sequence: SequenceRow) -> Select[Occurrence]:
    """Select the dates for which somebody in the sequence may have a seat.

    They are those of its own masterclass, and of the one that its door names.
    """
    enter = Doors.from_dict(sequence.doors).enter
    theirs = Masterclass.sequence_id == sequence.id
    if enter.cause in OF_A_MASTERCLASS:
        theirs |= Masterclass.slug == enter.name if enter.name else true()
    return select(Occurrence).join(Masterclass).where(theirs)


def next_occurrence(
    session: Session, sequence: SequenceRow, now: datetime
) -> Occurrence | None:
    """Return the next of these dates."""
    coming = Occurrence.starts_at > now, Occurrence.cancelled_at.is_(None)
    next_one = dates(sequence).where(*coming).order_by(Occurrence.starts_at)
    return session.scalar(next_one.limit(1))
