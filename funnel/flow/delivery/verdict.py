"""May this delivery still go? Asked when it is claimed, and again at the fence."""

from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Executable,
    Integer,
    Interval,
    Text,
    and_,
    bindparam,
    case,
    column,
    false,
    func,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import aliased

from funnel.domain.status import (
    DeliveryState,
    Kind,
    Reason,
    Role,
    Scope,
    SequenceState,
    SubscriberState,
)
from funnel.flow import rows
from funnel.flow.delivery import settle
from funnel.flow.rows import word
from funnel.models import (
    Consent,
    Delivery,
    Enrollment,
    EventKind,
    Occurrence,
    Pause,
    Registration,
    Revision,
    Sequence,
    Signup,
    Step,
    Subscriber,
    Suppression,
)
from funnel.models.base import Utc

NOW = bindparam("now", type_=Utc())
LEASE = bindparam("lease", type_=Interval(native=True))

MINE = rows.given(
    "mine",
    column("id", BigInteger),
    column("attempt", Integer),
    column("digest", Text),
    column("revision_id", BigInteger),
    column("dated_at", Utc()),
    column("kept", JSONB),
)
"""The deliveries that are asked about: id, my attempt, hash of the address; and when
they are claimed, what the row keeps of the letter."""

Published = aliased(Revision, name="published")


def asked(id_: int, attempt: int, digest: str) -> dict[str, Any]:
    """Return one of the deliveries that are asked about."""
    return {"id": id_, "attempt": attempt, "digest": digest}


def standing_still() -> ColumnElement[bool]:
    """Say that a delivery belongs to an enrollment whose sequence does not send.

    Mails that somebody's act calls for (a confirmation) go in any case; in a pause
    of everything, those that were called for since it was found.
    """
    place = aliased(Step)
    sending = (
        select(place.id)
        .join(Sequence, Sequence.id == place.sequence_id)
        .where(Sequence.state == SequenceState.LIVE)
    )
    is_listed = Delivery.enrollment_id.is_not(None)
    before = or_(is_listed, Delivery.planned_at < Pause.found_at)
    return or_(and_(is_listed, Delivery.step_id.not_in(sending)), all_paused(before))


def all_paused(*where: ColumnElement[bool]) -> ColumnElement[bool]:
    """Say that there is an open pause of everything (of which this is true)."""
    is_open = Pause.sequence_id.is_(None) & Pause.until.is_(None)
    return select(Pause.id).where(is_open, *where).exists()


def skipped(changed: Any) -> ColumnElement[Any]:
    """Tell of the rows that were skipped."""
    is_skipped = changed.c.state == word(DeliveryState.SKIPPED)
    return case((is_skipped, word(EventKind.SKIPPED)), else_=null())


def because(changed: Any) -> ColumnElement[Any]:
    """Say why."""
    return func.jsonb_build_object("reason", changed.c.reason)


def _judged(*more: ColumnElement[Any]) -> CTE:
    """Return the verdict on each, and what else is wanted of it.

    As a table of its own: else it is judged again for each column that depends on it.
    """
    return (
        select(MINE.c.id, _bar().label("bar"), *more)
        .select_from(MINE)
        .join(Delivery, Delivery.id == MINE.c.id)
        .outerjoin(Subscriber, Subscriber.id == Delivery.subscriber_id)
        .outerjoin(Enrollment, Enrollment.id == Delivery.enrollment_id)
        .outerjoin(Registration, Registration.id == Enrollment.registration_id)
        .outerjoin(Occurrence, Occurrence.id == Delivery.occurrence_id)
        .outerjoin(Signup, Signup.id == Delivery.signup_id)
        .outerjoin(Step, Step.id == Delivery.step_id)
        .outerjoin(Published, Published.id == Step.revision_id)
        .outerjoin(
            Revision,
            Revision.id == func.coalesce(Delivery.revision_id, Step.revision_id),
        )
        .cte("judged")
        .prefix_with("MATERIALIZED")
    )


def _bar() -> ColumnElement[Any]:
    """Return the first reason for which it must not go, or null."""
    whens = (*_for_everything(), *_for_marketing(), *_for_its_time(), *_for_its_place())
    reasons = [(condition, word(why)) for condition, why in whens]
    return case((Delivery.is_test, null()), *reasons, else_=null())


Bars = tuple[tuple[ColumnElement[bool], Reason], ...]


def _for_everything() -> Bars:
    nobody = and_(Subscriber.id.is_(None), Delivery.user_id.is_(None))
    gone = or_(nobody, Subscriber.state == SubscriberState.ERASED)
    unreachable = Subscriber.state.in_(
        [word(SubscriberState.BOUNCED), word(SubscriberState.COMPLAINED)]
    )
    return (
        (gone, Reason.ERASED),
        (or_(unreachable, _suppressed(Scope.ALL)), Reason.SUPPRESSED),
    )


def _for_marketing() -> Bars:
    is_marketing = Delivery.kind == Kind.MARKETING
    left = Subscriber.state == SubscriberState.UNSUBSCRIBED
    agreed = Consent.last_word(Delivery.subscriber_id, Revision.purpose)
    return (
        (and_(is_marketing, left), Reason.UNSUBSCRIBED),
        (and_(is_marketing, _suppressed(Scope.MARKETING)), Reason.SUPPRESSED),
        (and_(is_marketing, agreed.is_not(True)), Reason.NO_CONSENT),
    )


def _for_its_time() -> Bars:
    asks = Step.role.in_([word(Role.CONFIRMATION), word(Role.CONFIRMATION_AGAIN)])
    return (
        (Delivery.not_after < NOW, Reason.TOO_LATE),
        (and_(asks, Signup.confirmed_at.is_not(None)), Reason.CONFIRMED),
    )


def _for_its_place() -> Bars:
    """What has become of her seat, of the date, and of the step."""
    is_listed = Delivery.enrollment_id.is_not(None)
    of_the_seat = and_(is_listed, Delivery.kind == Kind.SERVICE)
    other_date = Registration.occurrence_id.is_distinct_from(Delivery.occurrence_id)
    has_left = and_(is_listed, Delivery.kind == Kind.MARKETING)
    off = or_(Step.deleted_at.is_not(None), Published.is_on.is_(False))
    return (
        (
            and_(of_the_seat, Registration.cancelled_at.is_not(None)),
            Reason.SEAT_CANCELLED,
        ),
        (and_(of_the_seat, other_date), Reason.REPLACED),
        (
            and_(of_the_seat, Occurrence.cancelled_at.is_not(None)),
            Reason.OCCURRENCE_CANCELLED,
        ),
        (and_(is_listed, off), Reason.SWITCHED_OFF),
        (and_(has_left, Enrollment.reason == Reason.BY_HAND), Reason.BY_HAND),
        (and_(has_left, Enrollment.reason == Reason.EXIT_RULE), Reason.EXIT_RULE),
    )


def _suppressed(scope: Scope) -> ColumnElement[bool]:
    return (
        select(Suppression.id)
        .where(
            Suppression.address_hash == MINE.c.digest,
            Suppression.scope == scope,
            Suppression.lifted_at.is_(None),
        )
        .exists()
    )


def _hand() -> Executable:
    judged = _judged(MINE.c.attempt, standing_still().label("is_still"))
    bar, is_still = judged.c.bar, judged.c.is_still
    change = (
        update(Delivery)
        .where(
            Delivery.id == judged.c.id,
            Delivery.attempt == judged.c.attempt,
            _is_mine_still(),
        )
        .values(
            state=case(
                (bar.is_not(None), word(DeliveryState.SKIPPED)),
                (is_still, word(DeliveryState.SCHEDULED)),
                else_=word(DeliveryState.HANDED),
            ),
            reason=bar,
            handed_at=func.now(),
            settled_at=case((bar.is_not(None), func.now())),
            lease_until=case(
                (or_(bar.is_not(None), is_still), null()), else_=func.now() + LEASE
            ),
        )
        .returning(Delivery.reason)
    )
    return settle.tell(change, skipped, because)


def _is_mine_still() -> ColumnElement[bool]:
    """Say that a claim's lease is not over.

    As a case, because an index on leases that are running would serve the plain words:
    then each batch is held against every claim there is, instead of looked up by key.
    """
    is_claimed = Delivery.state == word(DeliveryState.CLAIMED)
    return case((is_claimed, Delivery.lease_until > func.now()), else_=false())


HAND = _hand()
"""The one statement that judges my claims and acts on it.

A delivery of mine (same attempt, lease not over) that may go is handed over; one that
its reader's wishes or its own time forbid is skipped, with the reason and the event;
one whose sequence stands still goes back. Answers id and state; a row that is not
mine any more is missing from the answer.
"""


def _take() -> Executable:
    judged = _judged(MINE.c.revision_id, MINE.c.dated_at, MINE.c.kept)
    goes = judged.c.bar.is_(None)
    change = (
        update(Delivery)
        .where(Delivery.id == judged.c.id)
        .values(
            state=case(
                (goes, word(DeliveryState.CLAIMED)),
                else_=word(DeliveryState.SKIPPED),
            ),
            reason=judged.c.bar,
            attempt=Delivery.attempt + 1,
            worker=bindparam("by"),
            handed_at=None,
            settled_at=case((goes, null()), else_=func.now()),
            lease_until=case((goes, func.now() + LEASE)),
            revision_id=case(
                (goes, func.coalesce(judged.c.revision_id, Delivery.revision_id)),
                else_=Delivery.revision_id,
            ),
            dated_at=case(
                (goes, func.coalesce(judged.c.dated_at, Delivery.dated_at)),
                else_=Delivery.dated_at,
            ),
            values=case(
                (goes, func.coalesce(judged.c.kept, Delivery.values)),
                else_=Delivery.values,
            ),
        )
        .returning(Delivery.reason)
    )
    return settle.tell(change, skipped, because)


TAKE = _take()
"""The same for rows that I have locked: what may not go is skipped here already.

Everything else is mine, with what its letter says. Answers id and state.
"""
