"""2. A subscriber starts a sequence, and what she does moves her through it."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    CursorResult,
    Select,
    delete,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session, aliased

from funnel.domain.doors import Cause, Doors
from funnel.domain.status import (
    LEAVING,
    DeliveryState,
    EnrollmentState,
    Reason,
    Stage,
)
from funnel.flow import counts, events
from funnel.flow.due import entrance
from funnel.flow.due.entrance import THROUGH, Door
from funnel.models import (
    Delivery,
    Enrollment,
    Event,
    EventKind,
    Registration,
    Sequence,
    Subscriber,
)


class NotThere(LookupError):  # noqa: N818 - it says what is the matter
    """She is not in this sequence, or it takes nobody in; the text says which."""


def start(
    session: Session, registration: Registration, *, now: datetime
) -> Enrollment | None:
    """Enroll the seat's subscriber in its masterclass's sequence; not committed.

    Who is in it already keeps her enrollment and what she got: it is planned
    again, from this seat; who is through may begin anew, if the sequence says so.
    What else a seat starts is started. None: the masterclass's sequence takes nobody
    in by a confirmation, or there is none.
    """
    _on_seat(session, Cause.REGISTERED, registration, now)
    _follow(session, registration, now)
    sequence_id = registration.masterclass.sequence_id
    if sequence_id is None:
        return None
    doors = Doors.from_dict(session.get_one(Sequence, sequence_id).doors)
    if doors.enter.cause is not Cause.CONFIRMED:
        return None
    found = _existing(session, registration.subscriber_id, sequence_id)
    if found is None or (doors.again and found.state in THROUGH):
        run = found.run + 1 if found else 1
        return _new(session, registration, sequence_id, run, now)
    found.registration_id = registration.id
    found.state = EnrollmentState.ACTIVE
    found.reason = found.reason if found.reason in LEAVING else None
    found.due_at = now
    return found


def start_by_hand(
    session: Session, subscriber_id: int, sequence_id: int, *, now: datetime
) -> bool:
    """Have a person start a sequence for her; False when she is in it, or was.

    Raises NotThere when the sequence takes nobody in.
    """
    sequence = session.get_one(Sequence, sequence_id)
    if sequence.state not in entrance.OPEN:
        raise NotThere(f"{sequence.slug} is a draft: publish it and let it go live.")
    door = Door(sequence_id, Doors.from_dict(sequence.doors))
    begun = entrance.enter(session, door, _themselves([subscriber_id]), now=now)
    session.commit()
    return bool(begun)


def finish_by_hand(
    session: Session, subscriber_id: int, sequence_id: int, *, now: datetime
) -> None:
    """Let her leave: marketing stops at once, her seat and its mails stay. NotThere."""
    found = _existing(session, subscriber_id, sequence_id)
    if found is None or found.state in THROUGH or found.reason in LEAVING:
        raise NotThere("She is not on her way through this sequence.")
    found.reason, found.due_at = Reason.BY_HAND, now
    events.record(
        session,
        EventKind.EXITED,
        at=now,
        subscriber_id=subscriber_id,
        enrollment_id=found.id,
        reason=Reason.BY_HAND,
    )
    session.commit()


def come_back(session: Session, subscriber_id: int, *, now: datetime) -> None:
    """Let her go on where she left by unsubscribing: she agreed anew; not committed."""
    hers = Enrollment.subscriber_id == subscriber_id
    reopen(session, hers, reasons={Reason.UNSUBSCRIBED}, now=now)


def tagged(
    session: Session, ids: Collection[int], name: str, *, on: bool, now: datetime
) -> None:
    """Write down that these people got or lost a tag, and let it work; not committed.

    What a new tag starts is started; what waits for it, or ends by it, is planned
    again.
    """
    told = [
        {
            "kind": EventKind.TAGGED,
            "at": now,
            "subscriber_id": subscriber_id,
            "data": {"tag": name, "on": on},
        }
        for subscriber_id in ids
    ]
    if told:
        session.execute(insert(Event), told)
    if on:
        start_by_tag(session, ids, name, now=now)
    look_again(session, Enrollment.subscriber_id.in_(ids), now=now)


def start_by_tag(
    session: Session, ids: Collection[int], name: str, *, now: datetime
) -> None:
    """Start for these people whatever this tag starts; not committed."""
    for door in entrance.open_doors(session, Cause.TAG, name):
        entrance.enter(session, door, _themselves(ids), now=now)


def purchased(
    session: Session, subscriber_id: int, what: str, *, now: datetime
) -> None:
    """Write down that she bought something; what waits for it is planned again."""
    events.record(
        session,
        EventKind.PURCHASED,
        at=now,
        subscriber_id=subscriber_id,
        what=what,
        **counts.credit(session, subscriber_id, now=now),
    )
    counts.reached(session, Stage.BOUGHT, subscriber_id)
    look_again(session, Enrollment.subscriber_id == subscriber_id, now=now)
    session.commit()


def join(session: Session, registration: Registration, *, now: datetime) -> None:
    """Write down that she came in; the next scan leaves out what this made idle."""
    if registration.joined_at is None:
        registration.joined_at = now
        _attended(session, registration, EventKind.ATTENDED, now)
        _on_seat(session, Cause.JOINED, registration, now)
        _count(session, Stage.JOINED, registration)
    session.commit()


def replay(session: Session, registration: Registration, *, now: datetime) -> None:
    """Write down that she opened the recording."""
    if registration.replayed_at is None:
        registration.replayed_at = now
        _attended(session, registration, EventKind.REPLAYED, now)
        _count(session, Stage.REPLAYED, registration)
    session.commit()


def look_again(session: Session, *where: ColumnElement[bool], now: datetime) -> int:
    """Have the next scan plan these active enrollments again; not committed."""
    active = Enrollment.state == EnrollmentState.ACTIVE
    result = session.execute(
        update(Enrollment).where(active, *where).values(due_at=now)
    )
    assert isinstance(result, CursorResult)  # noqa: S101 - what an UPDATE returns
    return result.rowcount


def reopen(
    session: Session,
    *where: ColumnElement[bool],
    reasons: Collection[Reason],
    now: datetime,
) -> None:
    """Let these go on who were through for one of the reasons; not committed.

    The next scan ends them again where nothing is left. Who went through a sequence
    several times goes on with the last: each mail comes once.
    """
    later = aliased(Enrollment)
    is_last = ~(
        select(later.id)
        .where(
            later.subscriber_id == Enrollment.subscriber_id,
            later.sequence_id == Enrollment.sequence_id,
            later.run > Enrollment.run,
        )
        .exists()
    )
    session.execute(
        update(Enrollment)
        .where(Enrollment.reason.in_(reasons), is_last, *where)
        .values(state=EnrollmentState.ACTIVE, reason=None, due_at=now)
    )


def take_back(session: Session, *where: ColumnElement[bool], now: datetime) -> None:
    """Forget these deliveries and have them planned anew; not committed.

    Whoever was through because of one of them is on her way again.
    """
    gone = (
        delete(Delivery)
        .where(Delivery.enrollment_id.is_not(None), *where)
        .returning(Delivery.enrollment_id)
        .cte("gone")
    )
    session.execute(
        update(Enrollment)
        .where(
            Enrollment.id.in_(select(gone.c.enrollment_id)),
            Enrollment.state == EnrollmentState.COMPLETED,
        )
        .values(state=EnrollmentState.ACTIVE, reason=None, due_at=now)
        .add_cte(gone)
    )


def untried() -> ColumnElement[bool]:
    """Select deliveries that are planned, and that no worker has tried yet."""
    return (Delivery.state == DeliveryState.SCHEDULED) & (Delivery.attempt == 0)


def _attended(
    session: Session, registration: Registration, kind: EventKind, now: datetime
) -> None:
    events.record(
        session,
        kind,
        at=now,
        subscriber_id=registration.subscriber_id,
        occurrence_id=registration.occurrence_id,
    )
    look_again(session, Enrollment.registration_id == registration.id, now=now)


def _count(session: Session, stage: Stage, registration: Registration) -> None:
    her, of = registration.subscriber_id, registration.masterclass_id
    counts.reached(session, stage, her, of)


def _follow(session: Session, registration: Registration, now: datetime) -> None:
    """Let the sequences that no seat started know of this one: her latest is hers."""
    seatless = select(Sequence.id).where(
        or_(
            Sequence.doors["enter"].as_string() == Cause.BY_HAND,
            Sequence.doors["enter"].as_string().startswith(Cause.TAG),
        )
    )
    session.execute(
        update(Enrollment)
        .where(
            Enrollment.subscriber_id == registration.subscriber_id,
            Enrollment.state == EnrollmentState.ACTIVE,
            Enrollment.sequence_id.in_(seatless),
        )
        .values(registration_id=registration.id, due_at=now)
    )


def _existing(
    session: Session, subscriber_id: int, sequence_id: int
) -> Enrollment | None:
    return session.scalar(
        select(Enrollment)
        .where(
            Enrollment.subscriber_id == subscriber_id,
            Enrollment.sequence_id == sequence_id,
        )
        .order_by(Enrollment.run.desc())
        .limit(1)
    )


def _new(
    session: Session,
    registration: Registration,
    sequence_id: int,
    run: int,
    now: datetime,
) -> Enrollment:
    enrollment = Enrollment(
        subscriber_id=registration.subscriber_id,
        sequence_id=sequence_id,
        registration_id=registration.id,
        run=run,
        confirmed_at=now,
        due_at=now,
    )
    session.add(enrollment)
    session.flush()
    events.record(
        session,
        EventKind.ENROLLED,
        at=now,
        subscriber_id=registration.subscriber_id,
        enrollment_id=enrollment.id,
    )
    return enrollment


def _on_seat(
    session: Session, cause: Cause, registration: Registration, now: datetime
) -> None:
    """Start what this fact about a seat starts."""
    session.flush()
    slug = registration.masterclass.slug
    for door in entrance.open_doors(session, cause, slug):
        who = entrance.reachable(Registration.id == registration.id)
        entrance.enter(session, door, who, now=now)


def _themselves(ids: Collection[int]) -> Select[int, int | None]:
    """Select these people, with the latest seat that each still has."""
    seat = (
        select(Registration.id)
        .where(
            Registration.subscriber_id == Subscriber.id,
            Registration.cancelled_at.is_(None),
        )
        .order_by(Registration.seated_at.desc())
        .limit(1)
        .scalar_subquery()
    )
    return select(Subscriber.id, seat).where(
        Subscriber.id.in_(ids), Subscriber.address.is_not(None)
    )
