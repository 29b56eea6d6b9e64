"""What new doors of a sequence would mean for people, before they hold."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session, aliased

from funnel.domain.doors import Cause, Doors, Trigger
from funnel.domain.status import LEAVING, EnrollmentState, Reason
from funnel.flow.due import people
from funnel.flow.due.entrance import OPEN, THROUGH
from funnel.flow.due.outcome import outcome
from funnel.flow.publishing import course, standstill
from funnel.models import Enrollment, Masterclass, Occurrence, Registration, Subscriber
from funnel.models import Sequence as SequenceRow


@dataclass(frozen=True, slots=True)
class Leavers:
    """How many people a condition would let go at once."""

    count: int = 0
    is_estimate: bool = False


class Entering(NamedTuple):
    """Another fact that lets people in: whom it passed by, who can still meet it."""

    before: Trigger
    after: Trigger
    already: int  # it is so for them, and nobody starts by what is so already
    coming: int  # they have a seat on a date to come, which may yet bring them in
    missing: int  # the fact of before could have brought them in


class Turn(NamedTuple):
    """Another sequence whose people are here as well, and who goes first there."""

    name: str
    people: int
    is_first: bool  # this sequence, from now on
    is_last: bool


@dataclass(frozen=True, slots=True)
class Passage:
    """What new doors change for people; nothing of it has happened."""

    inside: int
    entering: Entering | None = None
    again: bool | None = None  # whether who is through may start again, where new
    through: int = 0
    leavers: Leavers = Leavers()
    turns: tuple[Turn, ...] = ()

    @property
    def is_felt(self) -> bool:
        return bool(self.entering or self.through or self.leavers.count or self.turns)


def passage(
    session: Session, sequence: SequenceRow, new: Doors, *, now: datetime
) -> Passage:
    """Say what these doors would change.

    A sequence that takes nobody in has no one to tell of who comes in and who goes
    first.
    """
    old = Doors.from_dict(sequence.doors)
    leavers = _leavers(session, sequence, old, new, now)
    inside = standstill.count_inside(session, sequence.id)
    if sequence.state not in OPEN:
        return Passage(inside, leavers=leavers)
    is_new = new.again != old.again
    return Passage(
        inside,
        _entering(session, sequence, old, new, now) if new.enter != old.enter else None,
        new.again if is_new else None,
        _count(session, _is_through(sequence)) if is_new else 0,
        leavers,
        tuple(_turns(session, sequence, old.priority, new.priority)),
    )


def _leavers(
    session: Session, sequence: SequenceRow, old: Doors, new: Doors, now: datetime
) -> Leavers:
    """Count who would leave at once; of very many people, one in so many is asked."""
    if not new.leave.facts or new.leave == old.leave:
        return Leavers()
    seen = replace(course.live(session, sequence), doors=new)
    some = people.some(session, standstill.inside(sequence.id))
    persons = people.load(session, some.ids, with_events=seen.reads_events)
    gone = sum(
        outcome(person, seen, now).reason is Reason.EXIT_RULE
        for person in persons
        if person.row.reason not in LEAVING
    )
    return Leavers(gone * some.step, some.step > 1)


def _entering(
    session: Session, sequence: SequenceRow, old: Doors, new: Doors, now: datetime
) -> Entering:
    return Entering(
        old.enter,
        new.enter,
        _count(session, _may_enter(sequence, new), _is_so(sequence, new.enter)),
        _count(session, _may_enter(sequence, new), _is_coming(new.enter, now)),
        _count(session, _may_enter(sequence, old), _is_coming(old.enter, now)),
    )


def _is_so(sequence: SequenceRow, trigger: Trigger) -> ColumnElement[bool]:
    """Select for whom the fact is there, and so does not begin to be."""
    match trigger.cause:
        case Cause.TAG:
            return Subscriber.tags.contains([trigger.name])
        case Cause.CONFIRMED:
            return _has_seat(Masterclass.sequence_id == sequence.id)
        case Cause.REGISTERED:
            return _has_seat(_named(trigger))
        case Cause.JOINED:
            return _has_seat(_named(trigger), Registration.joined_at.is_not(None))
        case Cause.NOT_JOINED:
            missed = Registration.joined_at.is_(None)
            return _has_seat(_named(trigger), missed, Occurrence.closed_at.is_not(None))
        case Cause.BY_HAND:
            return Subscriber.id.is_(None)


def _is_coming(trigger: Trigger, now: datetime) -> ColumnElement[bool]:
    """Select who has a seat on a date that can still make the fact come true."""
    if trigger.cause not in {Cause.JOINED, Cause.NOT_JOINED}:
        return Subscriber.id.is_(None)
    is_open = Occurrence.closed_at.is_(None)
    return _has_seat(
        _named(trigger),
        Registration.joined_at.is_(None),
        Registration.occurrence_id.is_not(None),
        Occurrence.cancelled_at.is_(None),
        is_open if trigger.cause is Cause.NOT_JOINED else Occurrence.ends_at > now,
    )


def _named(trigger: Trigger) -> ColumnElement[bool]:
    return Masterclass.slug == (trigger.name or Masterclass.slug)


def _has_seat(*where: ColumnElement[bool]) -> ColumnElement[bool]:
    return (
        select(Registration.id)
        .join(Masterclass, Masterclass.id == Registration.masterclass_id)
        .outerjoin(Occurrence, Occurrence.id == Registration.occurrence_id)
        .where(
            Registration.subscriber_id == Subscriber.id,
            Registration.cancelled_at.is_(None),
            *where,
        )
        .exists()
    )


def _may_enter(sequence: SequenceRow, doors: Doors) -> ColumnElement[bool]:
    """Select whom the doors would let in: never here, or through where that is fine."""
    was_here = _way(sequence)
    if doors.again:
        was_here &= Enrollment.state.not_in(THROUGH)
    return ~select(Enrollment.id).where(was_here).exists()


def _is_through(sequence: SequenceRow) -> ColumnElement[bool]:
    ways = select(Enrollment.id).where(_way(sequence))
    on_her_way = ways.where(Enrollment.state.not_in(THROUGH))
    return and_(ways.exists(), ~on_her_way.exists())


def _way(sequence: SequenceRow) -> ColumnElement[bool]:
    return (Enrollment.subscriber_id == Subscriber.id) & (
        Enrollment.sequence_id == sequence.id
    )


def _count(session: Session, *where: ColumnElement[bool]) -> int:
    """Count people who can be written to."""
    them = select(func.count()).select_from(Subscriber)
    can_be = Subscriber.address.is_not(None)
    return session.scalar(them.where(can_be, *where)) or 0


def _turns(
    session: Session, sequence: SequenceRow, old: int, new: int
) -> Iterator[Turn]:
    """Yield the sequences that this one changes places with, and who is in both."""
    mine, other = aliased(Enrollment), aliased(Enrollment)
    priority = func.coalesce(SequenceRow.doors["priority"].as_integer(), 0)
    rows = session.execute(
        select(SequenceRow.name, priority, func.count(other.subscriber_id.distinct()))
        .join(other, other.sequence_id == SequenceRow.id)
        .join(mine, mine.subscriber_id == other.subscriber_id)
        .where(
            mine.sequence_id == sequence.id,
            SequenceRow.id != sequence.id,
            SequenceRow.state.in_(OPEN),
            priority.between(min(old, new), max(old, new)),
            *(_gets_marketing(way) for way in (mine, other)),
        )
        .group_by(SequenceRow.id)
        .order_by(SequenceRow.name, SequenceRow.id)
    )
    for name, theirs, count in rows if old != new else ():
        yield Turn(name, count, new > theirs, new < theirs)


def _gets_marketing(way: type[Enrollment]) -> ColumnElement[bool]:
    stays = way.reason.is_(None) | way.reason.not_in(LEAVING)
    return (way.state == EnrollmentState.ACTIVE) & stays
