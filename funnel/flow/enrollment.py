"""2. A subscriber starts a sequence, and what she does moves her through it."""

from datetime import datetime

from sqlalchemy import ColumnElement, CursorResult, select, update
from sqlalchemy.orm import Session

from funnel.domain.status import EnrollmentState
from funnel.flow import events
from funnel.models import Enrollment, EventKind, Registration


def start(
    session: Session, registration: Registration, *, now: datetime
) -> Enrollment | None:
    """Enroll the seat's subscriber in its masterclass's sequence; not committed.

    Who is in it already keeps her enrollment and what she got: it is planned
    again, from this seat. None: the masterclass has no sequence.
    """
    sequence_id = registration.masterclass.sequence_id
    if sequence_id is None:
        return None
    found = _existing(session, registration.subscriber_id, sequence_id)
    enrollment = found or _new(session, registration, sequence_id, now)
    enrollment.registration_id = registration.id
    enrollment.state, enrollment.reason = EnrollmentState.ACTIVE, None
    enrollment.due_at = now
    return enrollment


def join(session: Session, registration: Registration, *, now: datetime) -> None:
    """Write down that she came in; the next scan leaves out what this made idle."""
    if registration.joined_at is None:
        registration.joined_at = now
        _attended(session, registration, EventKind.ATTENDED, now)
    session.commit()


def replay(session: Session, registration: Registration, *, now: datetime) -> None:
    """Write down that she opened the recording."""
    if registration.replayed_at is None:
        registration.replayed_at = now
        _attended(session, registration, EventKind.REPLAYED, now)
    session.commit()


def look_again(session: Session, *where: ColumnElement[bool], now: datetime) -> int:
    """Have the next scan plan these active enrollments again; not committed."""
    active = Enrollment.state == EnrollmentState.ACTIVE
    result = session.execute(
        update(Enrollment).where(active, *where).values(due_at=now)
    )
    assert isinstance(result, CursorResult)  # noqa: S101 - what an UPDATE returns
    return result.rowcount


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
    session: Session, registration: Registration, sequence_id: int, now: datetime
) -> Enrollment:
    enrollment = Enrollment(
        subscriber_id=registration.subscriber_id,
        sequence_id=sequence_id,
        registration_id=registration.id,
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
