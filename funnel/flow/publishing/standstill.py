"""Pause and go on: a sequence, or everything, and what that means before it happens."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from operator import attrgetter
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, func, select, update
from sqlalchemy.orm import Session

from funnel.domain import schedule
from funnel.domain.schedule import Planned
from funnel.domain.status import (
    DeliveryState,
    EnrollmentState,
    How,
    Kind,
    Reason,
    SequenceState,
)
from funnel.flow import due, enrollment
from funnel.flow.due import courses, dated, people
from funnel.flow.due.outcome import Course
from funnel.flow.due.people import Past, Person
from funnel.models import Delivery, Enrollment, Occurrence, Pause, Registration, Step
from funnel.models import Sequence as SequenceRow
from funnel.models.base import held

ONE_DAY = timedelta(days=1)
ONE_MINUTE = timedelta(minutes=1)  # who waits for less does not wait


class Lost(NamedTuple):
    """A reminder of a date whose moment has passed."""

    step_id: int
    occurrence_id: int | None


@dataclass(slots=True)
class Choice:
    """What going on in one way would mean, in mails and people."""

    how: How
    leave: int = 0  # marketing that goes soon, although its moment has passed
    shifted: int = 0  # of it, mails that take a later slot instead
    too_late: int = 0
    skipped: int = 0
    later: int = 0  # marketing of after the pause that comes later than it would
    further: int = 0  # of it, what comes later by more than the pause, and a day
    reminders: Counter[Lost] = field(default_factory=Counter)  # lost for good


class Ahead(NamedTuple):
    """A reminder that a pause which lasts until then would swallow."""

    step: Step
    at: datetime
    date: Occurrence
    people: int


@dataclass(frozen=True, slots=True)
class Standstill:
    """A pause that lasts: since when, for how many people, and the three ways out."""

    pause: Pause | None
    length: timedelta
    inside: int
    overdue: int
    choices: Sequence[Choice]
    is_estimate: bool


def pause(session: Session, sequence_id: int | None, *, now: datetime) -> None:
    """Hold the mails of a live sequence, or of all; every row stays where it is."""
    if sequence_id is not None:
        sequence = SequenceRow.held(session, sequence_id)
        if sequence.state is not SequenceState.LIVE:
            session.commit()
            return
        sequence.state = SequenceState.PAUSED
    begin(session, sequence_id, now=now)
    session.commit()


def begin(session: Session, sequence_id: int | None, *, now: datetime) -> None:
    """Let a pause count from now, unless one lasts already; not committed."""
    if open_pause(session, sequence_id) is None:
        session.add(Pause(sequence_id=sequence_id, since=now, found_at=now))


def resume(
    session: Session, sequence_id: int | None, *, how: How, now: datetime
) -> None:
    """Go on: end the pause in this way, and have everybody inside planned again.

    Marketing that no worker has tried yet is planned anew as well, so that no way
    out lets go at once what piled up.
    """
    found = open_pause(session, sequence_id, lock=True)
    mine = _mine(sequence_id)
    if sequence_id is not None:
        sequence = SequenceRow.held(session, sequence_id)
        if sequence.state is SequenceState.PAUSED:
            sequence.state = SequenceState.LIVE
        session.flush()
    if found is not None:
        found.until, found.how = now, how
        if how is How.SHIFT:
            session.execute(
                update(SequenceRow)
                .where(SequenceRow.id.in_(mine))
                .values(retimed_at=now)
            )
    steps = select(Step.id).where(Step.sequence_id.in_(mine))
    enrollment.take_back(session, _untried(), Delivery.step_id.in_(steps), now=now)
    enrollment.look_again(session, Enrollment.sequence_id.in_(mine), now=now)
    session.commit()


def open_pause(
    session: Session, sequence_id: int | None, *, lock: bool = False
) -> Pause | None:
    """Return the pause that lasts, of a sequence or of everything."""
    query = select(Pause).where(
        Pause.sequence_id.is_not_distinct_from(sequence_id), Pause.until.is_(None)
    )
    return session.scalar(held(query) if lock else query)


def standstill(
    session: Session, sequence_id: int | None, *, now: datetime
) -> Standstill:
    """Say what each way to go on would mean now; changes nothing."""
    found = open_pause(session, sequence_id)
    since = found.since if found else now
    late = people.some(session, _concerned(sequence_id, now))
    rest = people.some(session, inside(sequence_id) & (Enrollment.due_at > now))
    ends = {how: partial(_after, how=how, since=since, now=now) for how in How}
    shift = {How.SHIFT: ends[How.SHIFT]}
    is_all = sequence_id is None
    overdue = _load(session, late.ids, now, ends, is_all=is_all)
    others = _load(session, rest.ids, now, shift, is_all=is_all)
    choices = [_choice(how, overdue, now, late.step) for how in How]
    for views, one in ((overdue, late), (others, rest)):
        _count_later(choices[0], views, since, now, one.step)
    is_estimate = max(late.step, rest.step) > 1
    count = count_inside(session, sequence_id)
    return Standstill(found, now - since, count, late.total, choices, is_estimate)


def reminders_ahead(
    session: Session, sequence_id: int, *, now: datetime, until: datetime
) -> list[Ahead]:
    """Return the reminders that a pause from now until then would swallow.

    What thanks or follows up after a date is not among them: it goes when the pause
    is over.
    """
    course = courses.load(session, [sequence_id]).of(sequence_id)
    found = []
    for date in _dates_ahead(session, now):
        swallowed = [
            item
            for item in dated.moments(course, date, date.zone, now).values()
            if item.step.kind is Kind.SERVICE
            and item.skip is None
            and now <= item.at
            and item.not_after is not None
            and item.not_after < until
        ]
        if swallowed and (count := _seats(session, sequence_id, date)):
            found += [
                Ahead(session.get_one(Step, item.step.id), item.at, date, count)
                for item in swallowed
            ]
    return sorted(found, key=attrgetter("at"))


def inside(sequence_id: int | None) -> ColumnElement[bool]:
    """Select who is on her way through a sequence, or through any that sends."""
    is_active = Enrollment.state == EnrollmentState.ACTIVE
    return is_active & Enrollment.sequence_id.in_(_mine(sequence_id))


def count_inside(session: Session, sequence_id: int | None) -> int:
    them = select(func.count()).where(inside(sequence_id)).select_from(Enrollment)
    return session.scalar(them) or 0


class View(NamedTuple):
    """Somebody inside, what she has ahead when there was no pause, and after it."""

    person: Person
    calendar: list[Planned]
    after: dict[How, list[Planned]]


def _dates_ahead(session: Session, now: datetime) -> Sequence[Occurrence]:
    return session.scalars(
        select(Occurrence).where(
            Occurrence.ends_at > now, Occurrence.cancelled_at.is_(None)
        )
    ).all()


def _seats(session: Session, sequence_id: int, date: Occurrence) -> int:
    """Count who is inside and has a seat on a date."""
    seats = (
        select(func.count())
        .select_from(Registration)
        .join(Enrollment, Enrollment.registration_id == Registration.id)
        .where(
            Registration.occurrence_id == date.id,
            Registration.cancelled_at.is_(None),
            inside(sequence_id),
        )
    )
    return session.scalar(seats) or 0


def _load(
    session: Session,
    ids: Sequence[int],
    now: datetime,
    ends: Mapping[How, Callable[[Course], Course]],
    *,
    is_all: bool,
) -> list[View]:
    """Read the people, without the marketing that would be planned anew.

    Where all goes on, the sequences that go first are what they would be as well.
    """
    ways = select(Enrollment.sequence_id).where(Enrollment.id.in_(ids)).distinct()
    maps = courses.load(session, set(session.scalars(ways)))
    persons = [
        person._replace(past=_kept(person, maps.of(person.row.sequence_id)))
        for person in people.load(session, ids, with_events=maps.read_events)
        if maps.can_read(person.row.sequence_id)
    ]
    today = due.beside(session, persons, now=now)
    views = [
        View(one, due.ahead(one, maps.of(one.row.sequence_id), now), {})
        for one in today
    ]
    for how, become in ends.items():
        then = due.beside(session, persons, now=now, become=become) if is_all else today
        for view, one in zip(views, then, strict=True):
            course = become(maps.of(one.row.sequence_id))
            view.after[how] = due.ahead(one, course, now)
    return views


def _kept(person: Person, course: Course) -> list[Past]:
    return [
        one
        for one in person.past
        if one.state is not DeliveryState.SCHEDULED
        or course.kinds.get(one.step_id) is not Kind.MARKETING
    ]


def _choice(how: How, views: Iterable[View], now: datetime, weight: int) -> Choice:
    choice = Choice(how)
    for person, calendar, after in views:
        passed = {item.step.id for item in calendar if item.at <= now}
        for item in after[how]:
            if item.step.id in passed:
                _count(choice, person, item, now, weight)
    return choice


def _count_later(
    choice: Choice, views: Iterable[View], since: datetime, now: datetime, weight: int
) -> None:
    """Count what this does to the marketing that was to come after the pause."""
    much = now - since + ONE_DAY
    for _, calendar, after in views:
        coming = {
            item.step.id: item.at
            for item in calendar
            if item.at > now and item.skip is None and item.step.is_marketing
        }
        for item in after[choice.how]:
            delay = item.at - coming.get(item.step.id, item.at)
            if item.step.id in coming and item.skip is Reason.TOO_LATE:
                choice.too_late += weight
            elif delay >= ONE_MINUTE and item.skip is None:
                choice.later += weight
                choice.further += weight * (delay > much)


def _after(course: Course, *, how: How, since: datetime, now: datetime) -> Course:
    """Return the course as it would be when the pause ended now."""
    pauses = (*course.pauses, schedule.Pause(since, now, how))
    retimed_at = now if how is How.SHIFT else course.retimed_at
    return replace(course, pauses=pauses, retimed_at=retimed_at)


def _count(
    choice: Choice, person: Person, item: Planned, now: datetime, weight: int
) -> None:
    if item.step.kind is Kind.SERVICE:
        if item.skip is Reason.TOO_LATE:
            lost = Lost(item.step.id, person.row.occurrence_id)
            choice.reminders[lost] += weight
    elif item.skip is None:
        choice.leave += weight
        choice.shifted += weight * (item.at > now)
    elif item.skip is Reason.TOO_LATE:
        choice.too_late += weight
    elif item.skip is Reason.STOOD_STILL:
        choice.skipped += weight


def _untried() -> ColumnElement[bool]:
    is_marketing = Delivery.kind == Kind.MARKETING
    return enrollment.untried() & is_marketing & Delivery.enrollment_id.is_not(None)


def _mine(sequence_id: int | None) -> Select[int]:
    if sequence_id is not None:
        return select(SequenceRow.id).where(SequenceRow.id == sequence_id)
    return select(SequenceRow.id).where(SequenceRow.state == SequenceState.LIVE)


def _concerned(sequence_id: int | None, now: datetime) -> ColumnElement[bool]:
    """Select who has something overdue: to be planned, or waiting to be sent."""
    hers = Enrollment.sequence_id.in_(_mine(sequence_id))
    is_due = (Enrollment.state == EnrollmentState.ACTIVE) & (Enrollment.due_at <= now)
    overdue = select(Enrollment.id).where(hers, is_due)
    waiting = select(Delivery.enrollment_id).where(_untried())
    # Each out of its own index; asked with an "or", every enrollment is looked at.
    return hers & Enrollment.id.in_(overdue.union_all(waiting))
