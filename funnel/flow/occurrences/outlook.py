"""What moving or calling off a date would mean, before it happens."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session, aliased

from funnel.domain.schedule import Moved
from funnel.domain.status import EnrollmentState, Kind, Reason
from funnel.flow import due
from funnel.flow.due import courses, dated, people
from funnel.flow.due.entrance import OPEN
from funnel.flow.due.outcome import Course
from funnel.flow.due.people import ARRIVED
from funnel.flow.occurrences.entry import Entry
from funnel.models import Delivery, Enrollment, Occurrence, Registration, Sequence, Step


@dataclass(frozen=True, slots=True)
class Reminder:
    """A mail that hangs on the date: when it went or would go, and when it will.

    Both for somebody who meets the condition of the step.
    """

    step: Step
    before: datetime
    after: datetime | None  # None: it does not go any more
    had: int  # people who got it for this date, and do not get it again
    aside: int = 0  # people whose other sequences have that day: another moment


def reminders(
    session: Session, occurrence: Occurrence, entry: Entry | None, *, now: datetime
) -> list[Reminder]:
    """Return the mails that change; `entry` None: the date is called off.

    Those of every sequence in which people with this seat are. Moments are those of
    somebody whose seat is old; who got one does not get it twice for the same date,
    whatever its time.
    """
    counts = _counts(session, occurrence.id)
    found = [
        one
        for course in _sending(session, occurrence)
        for one in _changes(session, course, occurrence, entry, counts, now)
    ]
    texts = [one.step.revision for one in found]
    if entry and any(text and text.kind is Kind.MARKETING for text in texts):
        aside = _aside(session, occurrence, entry, now)
        found = [replace(one, aside=aside[one.step.id]) for one in found]
    return sorted(found, key=lambda one: one.before)


def hanging(session: Session, occurrence: Occurrence) -> ColumnElement[bool]:
    """Select the deliveries of its seats whose moment the date decides."""
    found = courses.load(session, _sequence_ids(session, occurrence)).found.values()
    ids = [
        step.id
        for course in found
        if isinstance(course, Course)
        for step in dated.steps(course)
    ]
    return Delivery.step_id.in_(ids) & _of(occurrence.id)


def _changes(
    session: Session,
    course: Course,
    occurrence: Occurrence,
    entry: Entry | None,
    counts: dict[int, int],
    now: datetime,
) -> Iterator[Reminder]:
    zone = occurrence.zone
    old = dated.moments(course, occurrence, zone, now)
    new = dated.moments(course, entry, zone, now, is_moved=True) if entry else {}
    for step_id, before in old.items():
        had, after = counts.get(step_id, 0), new.get(step_id)
        moment = after.at if after and after.skip is None else None
        is_over = before.skip is not None and not had and moment is None
        if moment != before.at and not is_over:
            row = session.get_one(Step, step_id)
            yield Reminder(row, before.at, moment, had)


def _aside(
    session: Session, occurrence: Occurrence, entry: Entry, now: datetime
) -> Counter[int]:
    """Count by step for whom another sequence would have the day of the new date.

    The scan's own plan, asked with the date moved, which is taken back again.
    """
    trial = session.begin_nested()
    try:
        for name, value in asdict(entry).items():
            setattr(occurrence, name, value)
        occurrence.moved_at = now
        session.flush()
        return _pushed(session, occurrence, now)
    finally:
        trial.rollback()


def _pushed(session: Session, occurrence: Occurrence, now: datetime) -> Counter[int]:
    found = Counter[int]()
    some = people.some(session, _in_two(occurrence))
    ways = select(Enrollment.sequence_id).where(Enrollment.id.in_(some.ids)).distinct()
    maps = courses.load(session, session.scalars(ways).all())
    persons = [
        person
        for person in people.load(session, some.ids, with_events=maps.read_events)
        if maps.can_read(person.row.sequence_id)
    ]
    for person in due.beside(session, persons, now=now):
        for item in due.ahead(person, maps.of(person.row.sequence_id), now):
            if Moved.ELSEWHERE in item.moved or item.skip is Reason.CROWDED:
                found[item.step.id] += some.step
    return found


def _in_two(occurrence: Occurrence) -> ColumnElement[bool]:
    """Select who has a seat on it, and is or was in another sequence as well."""
    other = aliased(Enrollment)
    is_there = select(other.id).where(
        other.subscriber_id == Enrollment.subscriber_id,
        other.sequence_id != Enrollment.sequence_id,
    )
    seats = select(Registration.id).where(
        Registration.occurrence_id == occurrence.id,
        Registration.cancelled_at.is_(None),
    )
    is_active = Enrollment.state == EnrollmentState.ACTIVE
    return is_active & Enrollment.registration_id.in_(seats) & is_there.exists()


def _sending(session: Session, occurrence: Occurrence) -> list[Course]:
    """Read the sequences that send, or will when their pause is over."""
    ids = session.scalars(
        select(Sequence.id).where(
            Sequence.id.in_(_sequence_ids(session, occurrence)),
            Sequence.state.in_(OPEN),
        )
    ).all()
    found = courses.load(session, ids).found.values()
    return [course for course in found if isinstance(course, Course)]


def _sequence_ids(session: Session, occurrence: Occurrence) -> set[int]:
    """Return the sequence of its masterclass, and others where its seats are."""
    mine = select(Registration.id).where(Registration.occurrence_id == occurrence.id)
    ways = select(Enrollment.sequence_id).where(Enrollment.registration_id.in_(mine))
    own = occurrence.masterclass.sequence_id
    return {*session.scalars(ways.distinct()), *([own] if own else [])}


def _counts(session: Session, occurrence_id: int) -> dict[int, int]:
    """Return how many people got a step, by its id."""
    rows = session.execute(
        select(Delivery.step_id, func.count())
        .where(_of(occurrence_id), Delivery.state.in_(ARRIVED))
        .group_by(Delivery.step_id)
    )
    return {step_id: had for step_id, had in rows if step_id}


def _of(occurrence_id: int) -> ColumnElement[bool]:
    """Select what the seats of a date got; marketing belongs to no date."""
    seats = select(Registration.id).where(Registration.occurrence_id == occurrence_id)
    ways = select(Enrollment.id).where(Enrollment.registration_id.in_(seats))
    is_for_it = or_(
        Delivery.occurrence_id == occurrence_id, Delivery.occurrence_id.is_(None)
    )
    return Delivery.enrollment_id.in_(ways) & is_for_it & ~Delivery.is_test
