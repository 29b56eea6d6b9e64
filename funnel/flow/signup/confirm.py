"""The confirming click: consent, seat and enrollment become true."""

from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from funnel.domain.status import (
    MAILINGS,
    Purpose,
    Reason,
    Role,
    Stage,
    SubscriberState,
)
from funnel.flow import counts, enrollment, events
from funnel.flow.preferences import consent
from funnel.flow.preferences.consent import Wording
from funnel.models import (
    Delivery,
    Enrollment,
    EventKind,
    Masterclass,
    Occurrence,
    Registration,
    Signup,
    Step,
    Subscriber,
)


class Unknown(Exception):  # noqa: N818 - it says what happened
    """There is no such sign-up (any more)."""


class Expired(Exception):  # noqa: N818 - it says what happened
    """The confirming link is older than seven days."""

    def __init__(self, signup: Signup) -> None:
        """Keep the sign-up, to offer a new mail for it."""
        super().__init__(signup.id)
        self.signup = signup


def find(session: Session, signup_id: int, *, now: datetime) -> Signup:
    """Return a sign-up that can be confirmed, or was; raises Unknown, Expired."""
    signup = session.get(Signup, signup_id)
    if signup is None or signup.subscriber.address is None:
        raise Unknown(signup_id)
    if signup.confirmed_at is None and signup.expires_at <= now:
        raise Expired(signup)
    return signup


def confirm(
    session: Session,
    signup_id: int,
    *,
    series: bool,
    now: datetime,
    wording: Wording | None = None,
) -> Registration:
    """Make the sign-up true: consent, seat, enrollment; safe to repeat.

    `series`: she wants the mail series, `wording` being what she read at the
    button; without it, the words at the box that she ticked in the form.
    """
    signup = find(session, signup_id, now=now)
    Subscriber.held(session, signup.subscriber_id)
    session.refresh(signup)  # another tab may have confirmed while we waited
    if signup.confirmed_at is None:
        _welcome(session, signup, now)
        if series:
            _agree(session, signup, wording, now)
        enrollment.start(session, _seat(session, signup, now), now=now)
        her, of = signup.subscriber_id, signup.masterclass_id
        if series:
            enrollment.come_back(session, her, now=now)
        counts.reached(session, Stage.CONFIRMED, her, of)
    session.commit()
    seat = registration(session, signup)
    if seat is None:
        raise Unknown(signup_id)
    return seat


def purposes(masterclass: Masterclass) -> frozenset[Purpose]:
    """Return what a yes to the series means: "stated" words speak of no offers."""
    if masterclass.consent_mode == "stated":
        return frozenset({Purpose.SERIES})
    return MAILINGS


def date(session: Session, signup: Signup, *, now: datetime) -> Occurrence | None:
    """Return the date of the form; None when it was called off, or is over.

    She then waits for the next one.
    """
    if signup.occurrence_id is None:
        return None
    occurrence = session.get_one(Occurrence, signup.occurrence_id)
    return occurrence if _is_on(occurrence, now) else None


def registration(session: Session, signup: Signup) -> Registration | None:
    """Return the seat that the sign-up's subscriber has in its masterclass."""
    return session.scalar(
        select(Registration).where(
            Registration.subscriber_id == signup.subscriber_id,
            Registration.masterclass_id == signup.masterclass_id,
        )
    )


def skip_reminders(
    session: Session, subscriber_id: int, reason: Reason, *, now: datetime
) -> None:
    """Drop the second confirmation mail that still waits."""
    roles = select(Step.id).where(Step.role == Role.CONFIRMATION_AGAIN)
    again = hers(subscriber_id) & Delivery.step_id.in_(roles)
    consent.stop(session, reason, again, now=now)


def _agree(
    session: Session, signup: Signup, wording: Wording | None, now: datetime
) -> None:
    edition = signup.wording_version.rpartition("-")[0]
    ticked = Wording(signup.wording, signup.language, "form", signup.network, edition)
    masterclass = session.get_one(Masterclass, signup.masterclass_id)
    consent.grant(
        session,
        signup.subscriber,
        purposes(masterclass),
        ticked if signup.series or wording is None else wording,
        now,
        signup.id,
    )


def _welcome(session: Session, signup: Signup, now: datetime) -> None:
    subscriber = signup.subscriber
    signup.confirmed_at = now
    subscriber.state = SubscriberState.ACTIVE
    subscriber.confirmed_at = subscriber.confirmed_at or now
    subscriber.first_name = signup.first_name or subscriber.first_name
    if subscriber.zone != signup.zone:  # her mornings are others, in every sequence
        mine = Enrollment.subscriber_id == subscriber.id
        enrollment.look_again(session, mine, now=now)
    subscriber.zone, subscriber.language = signup.zone, signup.language
    skip_reminders(session, subscriber.id, Reason.CONFIRMED, now=now)
    events.record(session, EventKind.CONFIRMED, at=now, subscriber_id=subscriber.id)


def _seat(session: Session, signup: Signup, now: datetime) -> Registration:
    """Give her the seat, or move the one she has while she has not joined."""
    seat, on = registration(session, signup), date(session, signup, now=now)
    if seat is not None and not _may_move(seat, on, now):
        return seat
    seat = seat or Registration(
        subscriber_id=signup.subscriber_id, masterclass_id=signup.masterclass_id
    )
    seat.occurrence_id = on.id if on else None
    seat.seated_at, seat.cancelled_at, seat.replayed_at = now, None, None
    session.add(seat)
    session.flush()
    events.record(
        session,
        EventKind.REGISTERED,
        at=now,
        subscriber_id=signup.subscriber_id,
        occurrence_id=seat.occurrence_id,
    )
    return seat


def _may_move(seat: Registration, on: Occurrence | None, now: datetime) -> bool:
    """A seat that was used stays, and so does a good one against no date at all."""
    if seat.joined_at is not None:
        return False
    if seat.cancelled_at or seat.occurrence is None:
        return True
    return seat.occurrence is not on if on else not _is_on(seat.occurrence, now)


def _is_on(occurrence: Occurrence, now: datetime) -> bool:
    """Say whether there is, or will be, something to see: live or as a recording."""
    if occurrence.cancelled_at is not None:
        return False
    if occurrence.replay_url:
        return occurrence.replay_until is None or now < occurrence.replay_until
    return now < occurrence.ends_at


def hers(subscriber_id: int) -> ColumnElement[bool]:
    """Select the deliveries to one subscriber."""
    return Delivery.subscriber_id == subscriber_id
