"""The calendar: what changes in a date is told to its seats, once, in one commit."""

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from funnel.domain.status import DeliveryState, Kind, Reason, Role
from funnel.flow import due, enrollment, events
from funnel.flow.occurrences.entry import BadOccurrence, Entry
from funnel.flow.occurrences.outlook import hanging
from funnel.flow.preferences import consent
from funnel.mail.problem import N_
from funnel.models import (
    Delivery,
    Enrollment,
    EventKind,
    Masterclass,
    Occurrence,
    Registration,
    Step,
    Subscriber,
)


class Stale(Exception):  # noqa: N818 - it says what happened
    """The date was changed, called off or over since the page was shown."""


@dataclass(frozen=True, slots=True)
class Upcoming:
    """A date, and how many people have a seat, came, or watched it back."""

    occurrence: Occurrence
    seats: int
    joined: int
    replayed: int


def add(
    session: Session, masterclass_id: int, entry: Entry, *, now: datetime
) -> Occurrence:
    """Add a date and tell who waited for one; raises BadOccurrence."""
    Masterclass.held(session, masterclass_id)
    _check(session, masterclass_id, entry, now)
    occurrence = Occurrence(masterclass_id=masterclass_id, **asdict(entry))
    session.add(occurrence)
    session.flush()
    _record(session, occurrence, "added", now)
    waiting = (Registration.masterclass_id == masterclass_id) & (
        Registration.occurrence_id.is_(None)
    )
    for seat, person in _seats(session, waiting):
        _tell(session, Role.NEW_DATE, occurrence, seat, person, now)
    session.commit()
    return occurrence


def edit(
    session: Session,
    occurrence_id: int,
    entry: Entry,
    *,
    now: datetime,
    sequence: int | None = None,
) -> bool:
    """Change a date; a new time is mailed to every seat, and True is returned.

    One mail with the latest time: news of an earlier one that still waits is left
    out. A reminder that has not left, or was too late for the old time, is planned
    for the new one. `sequence` is the calendar sequence that the marketer looked at.
    Raises BadOccurrence, or Stale when the date has changed since.
    """
    occurrence = _locked(session, occurrence_id, sequence)
    is_moved = entry.starts_at != occurrence.starts_at or (
        entry.ends_at != occurrence.ends_at and occurrence.starts_at > now
    )
    if is_moved and occurrence.starts_at <= now:
        raise BadOccurrence(
            {"starts_at": N_("It has started; its time stays as it was.")}
        )
    _check(session, occurrence.masterclass_id, entry, now, but=occurrence)
    has_recording = entry.replay_until not in {None, occurrence.replay_until}
    for name, value in asdict(entry).items():
        setattr(occurrence, name, value)
    if has_recording:
        _reopen(session, occurrence, now)
    _look_again(session, occurrence, now)
    if is_moved:
        occurrence.moved_at = now
        occurrence.calendar_sequence += 1
        _record(session, occurrence, "moved", now)
        _forget_old_time(session, occurrence, now)
        _tell_all(session, Role.MOVED, occurrence, now)
    session.commit()
    return is_moved


def cancel(
    session: Session,
    occurrence_id: int,
    *,
    now: datetime,
    sequence: int | None = None,
) -> None:
    """Call a date off: its service mails stop, and every seat is told. Stale."""
    occurrence = _locked(session, occurrence_id, sequence)
    if occurrence.ends_at <= now:
        raise Stale
    occurrence.cancelled_at = now
    occurrence.calendar_sequence += 1
    consent.stop(
        session,
        Reason.OCCURRENCE_CANCELLED,
        Delivery.occurrence_id == occurrence_id,
        Delivery.kind == Kind.SERVICE,
        ~Delivery.is_test,
        now=now,
    )
    _record(session, occurrence, "cancelled", now)
    _tell_all(session, Role.CANCELLED, occurrence, now)
    _look_again(session, occurrence, now)
    session.commit()


def listed(session: Session, masterclass_id: int | None = None) -> list[Upcoming]:
    """Return the dates, the latest first, each with its numbers."""
    mine = Occurrence.masterclass_id == (masterclass_id or Occurrence.masterclass_id)
    seats = (
        select(
            Registration.occurrence_id,
            func.count().filter(Registration.cancelled_at.is_(None)).label("seated"),
            func.count(Registration.joined_at).label("joined"),
            func.count(Registration.replayed_at).label("replayed"),
        )
        .group_by(Registration.occurrence_id)
        .subquery()
    )
    numbers = (func.coalesce(one, 0) for one in list(seats.c)[1:])
    rows = session.execute(
        select(Occurrence, *numbers)
        .outerjoin(seats, seats.c.occurrence_id == Occurrence.id)
        .where(mine)
        .order_by(Occurrence.starts_at.desc())
    )
    return [Upcoming(*row) for row in rows]


def seats(session: Session, occurrence_id: int) -> int:
    """Return how many people have a seat that still stands."""
    mine = (Registration.occurrence_id == occurrence_id) & (
        Registration.cancelled_at.is_(None)
    )
    return session.scalar(select(func.count(Registration.id)).where(mine)) or 0


def _check(
    session: Session,
    masterclass_id: int,
    entry: Entry,
    now: datetime,
    *,
    but: Occurrence | None = None,
) -> None:
    problems = entry.problems()
    if entry.starts_at <= now and (but is None or entry.starts_at != but.starts_at):
        problems["starts_at"] = N_("This moment has passed. Choose one to come.")
    same = select(Occurrence.id).where(
        Occurrence.masterclass_id == masterclass_id,
        Occurrence.starts_at == entry.starts_at,
        Occurrence.cancelled_at.is_(None),
        Occurrence.id != (but.id if but else 0),
    )
    if session.scalar(same.limit(1)) is not None:
        problems["starts_at"] = N_("There is a date at this moment already.")
    if problems:
        raise BadOccurrence(problems)


def _locked(session: Session, occurrence_id: int, sequence: int | None) -> Occurrence:
    # A scan that plans for it goes on meanwhile.
    occurrence = Occurrence.held(session, occurrence_id, key_share=True)
    is_other = sequence not in {None, occurrence.calendar_sequence}
    if occurrence.cancelled_at is not None or is_other:
        raise Stale
    return occurrence


def _seats(
    session: Session, where: ColumnElement[bool]
) -> list[tuple[Registration, Subscriber]]:
    rows = session.execute(
        select(Registration, Subscriber)
        .join(Subscriber, Subscriber.id == Registration.subscriber_id)
        .where(where, Registration.cancelled_at.is_(None))
        .order_by(Registration.id)
    )
    return [(seat, person) for seat, person in rows if person.address]


def _tell_all(
    session: Session, role: Role, occurrence: Occurrence, now: datetime
) -> None:
    mine = Registration.occurrence_id == occurrence.id
    for seat, person in _seats(session, mine):
        _tell(session, role, occurrence, seat, person, now)


def _tell(
    session: Session,
    role: Role,
    occurrence: Occurrence,
    seat: Registration,
    person: Subscriber,
    now: datetime,
) -> None:
    sequence_id = occurrence.masterclass.sequence_id
    if sequence_id is None:
        return
    due.call(
        session,
        role=role,
        sequence_id=sequence_id,
        subscriber=person,
        now=now,
        registration=seat,
        occurrence_id=occurrence.id,
    )


def _forget_old_time(session: Session, occurrence: Occurrence, now: datetime) -> None:
    """Leave out what still speaks of the old time, or was too late only for that."""
    news = select(Step.id).where(Step.role == Role.MOVED)
    stale = Delivery.step_id.in_(news) & (Delivery.occurrence_id == occurrence.id)
    consent.stop(session, Reason.REPLACED, stale, ~Delivery.is_test, now=now)
    was_late = (Delivery.state == DeliveryState.SKIPPED) & (
        Delivery.reason == Reason.TOO_LATE
    )
    mine = hanging(session, occurrence)
    enrollment.take_back(session, mine, or_(enrollment.untried(), was_late), now=now)


def _look_again(session: Session, occurrence: Occurrence, now: datetime) -> None:
    enrollment.look_again(session, _enrolled_for(occurrence), now=now)


def _reopen(session: Session, occurrence: Occurrence, now: datetime) -> None:
    """Let the seats go on that were through: mails about a recording come with it."""
    were = {Reason.FINISHED, Reason.UNSUBSCRIBED}
    enrollment.reopen(session, _enrolled_for(occurrence), reasons=were, now=now)


def _enrolled_for(occurrence: Occurrence) -> ColumnElement[bool]:
    seats = select(Registration.id).where(Registration.occurrence_id == occurrence.id)
    return Enrollment.registration_id.in_(seats)


def _record(session: Session, occurrence: Occurrence, what: str, now: datetime) -> None:
    events.record(
        session,
        EventKind.OCCURRENCE_CHANGED,
        at=now,
        occurrence_id=occurrence.id,
        what=what,
        starts_at=occurrence.starts_at.isoformat(),
    )
