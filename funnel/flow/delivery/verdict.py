"""May this delivery still go? Asked when it is claimed, and again at the fence."""

from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Executable,
    Integer,
    Interval,
    Select,
    Text,
    and_,
    bindparam,
    case,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    update,
)
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
from funnel.models import (
    Consent,
    Delivery,
    Enrollment,
    Event,
    EventKind,
    Occurrence,
    Registration,
    Revision,
    Sequence,
    Signup,
    Step,
    Subscriber,
    Suppression,
)
from funnel.models.base import Utc, Word

NOW = bindparam("now", type_=Utc())
LEASE = bindparam("lease", type_=Interval(native=True))

MINE = (
    func.unnest(
        bindparam("ids", type_=ARRAY(BigInteger)),
        bindparam("attempts", type_=ARRAY(Integer)),
        bindparam("digests", type_=ARRAY(Text)),
    )
    .table_valued("id", "attempt", "digest")
    .render_derived(name="mine")
)
"""The deliveries that are asked about: id, my attempt, hash of the address."""

Published = aliased(Revision, name="published")


def pass_or_stop(then: DeliveryState) -> Executable:
    """Return the one statement that judges my claims and acts on it.

    A delivery of mine (same attempt, lease not over) that may go becomes `then`;
    one that its reader's wishes or its own time forbid is skipped, with the reason
    and the event; one whose sequence stands still goes back. Answers id and state;
    a row that is not mine any more is missing from the answer.
    """
    judged = _judged().cte("judged")
    passed = (
        update(Delivery)
        .where(
            Delivery.id == judged.c.id,
            Delivery.attempt == judged.c.attempt,
            Delivery.state == DeliveryState.CLAIMED,
            Delivery.lease_until > func.now(),
        )
        .values(**_outcome(then, judged.c.bar, judged.c.is_still))
        .returning(*_EVENT_SOURCE, Delivery.state, Delivery.reason)
        .cte("passed")
    )
    skipped = insert(Event).from_select(
        ["subscriber_id", "enrollment_id", "delivery_id", "step_id", *_EVENT_REST],
        select(
            passed.c.subscriber_id,
            passed.c.enrollment_id,
            passed.c.id,
            passed.c.step_id,
            literal(EventKind.SKIPPED, Word(EventKind)),
            NOW,
            func.jsonb_build_object("reason", passed.c.reason),
        ).where(passed.c.state == DeliveryState.SKIPPED),
    )
    return select(passed.c.id, passed.c.state).add_cte(skipped.cte("told"))


def standing_still() -> ColumnElement[bool]:
    """Say that a delivery belongs to an enrollment whose sequence does not send.

    Mails that somebody's act calls for (a confirmation) go in any case.
    """
    place = aliased(Step)
    sending = (
        select(place.id)
        .join(Sequence, Sequence.id == place.sequence_id)
        .where(Sequence.state == SequenceState.LIVE)
    )
    return and_(Delivery.enrollment_id.is_not(None), Delivery.step_id.not_in(sending))


_EVENT_SOURCE = (
    Delivery.id,
    Delivery.subscriber_id,
    Delivery.enrollment_id,
    Delivery.step_id,
)
_EVENT_REST = ("kind", "at", "data")


def _outcome(
    then: DeliveryState, bar: ColumnElement[Any], is_still: ColumnElement[bool]
) -> dict[str, Any]:
    state = Word(DeliveryState)
    values: dict[str, Any] = {
        "state": case(
            (bar.is_not(None), literal(DeliveryState.SKIPPED, state)),
            (is_still, literal(DeliveryState.SCHEDULED, state)),
            else_=literal(then, state),
        ),
        "reason": bar,
        "settled_at": case((bar.is_not(None), func.now())),
        "lease_until": case(
            (or_(bar.is_not(None), is_still), null()), else_=func.now() + LEASE
        ),
    }
    if then is DeliveryState.HANDED:
        values["handed_at"] = func.now()
    return values


def _judged() -> Select[Any]:
    return (
        select(
            MINE.c.id,
            MINE.c.attempt,
            _bar().label("bar"),
            standing_still().label("is_still"),
        )
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
    )


def _bar() -> ColumnElement[Any]:
    """Return the first reason for which it must not go, or null."""
    whens = (*_for_everything(), *_for_marketing(), *_for_its_time(), *_for_its_place())
    reasons = [(condition, literal(why, Word(Reason))) for condition, why in whens]
    return case((Delivery.is_test, null()), *reasons, else_=null())


Bars = tuple[tuple[ColumnElement[bool], Reason], ...]


def _for_everything() -> Bars:
    nobody = and_(Subscriber.id.is_(None), Delivery.user_id.is_(None))
    gone = or_(nobody, Subscriber.state == SubscriberState.ERASED)
    unreachable = Subscriber.state.in_(
        (SubscriberState.BOUNCED, SubscriberState.COMPLAINED)
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
    asks = Step.role.in_((Role.CONFIRMATION, Role.CONFIRMATION_AGAIN))
    return (
        (Delivery.not_after < NOW, Reason.TOO_LATE),
        (and_(asks, Signup.confirmed_at.is_not(None)), Reason.CONFIRMED),
    )


def _for_its_place() -> Bars:
    """What has become of her seat, of the date, and of the step."""
    is_listed = Delivery.enrollment_id.is_not(None)
    of_the_seat = and_(is_listed, Delivery.kind == Kind.SERVICE)
    other_date = Registration.occurrence_id.is_distinct_from(Delivery.occurrence_id)
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
