"""What the list of subscribers can say of each, beside her address."""

from collections.abc import Callable, Collection, Mapping
from enum import StrEnum
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by, distinct_on
from sqlalchemy.orm import Session

from funnel.domain.status import DeliveryState, EnrollmentState
from funnel.models import (
    Consent,
    Delivery,
    Enrollment,
    Event,
    EventKind,
    Occurrence,
    Registration,
    Sequence,
    Signup,
    Source,
)


class Detail(StrEnum):
    """A column of the list, in the order in which they stand."""

    FIRST_NAME = "first_name"
    STATE = "state"
    TAGS = "tags"
    SIGNED_UP = "signed_up"
    CONFIRMED = "confirmed"
    AGREED = "agreed"
    SOURCE = "source"
    SEAT = "seat"
    SEQUENCES = "sequences"
    MAILS = "mails"
    BOUGHT = "bought"
    LEFT = "left"
    ZONE = "zone"
    LANGUAGE = "language"


USUAL = (Detail.FIRST_NAME, Detail.STATE, Detail.TAGS, Detail.SIGNED_UP)
WENT = (DeliveryState.SENT, DeliveryState.BOUNCED, DeliveryState.COMPLAINED)
GONE = (EventKind.UNSUBSCRIBED, EventKind.BOUNCED, EventKind.COMPLAINED)

Details = Mapping[Detail, Mapping[int, Any]]
"""What was found, by the id of the person; the rest stands in her own row."""


def details(
    session: Session, ids: Collection[int], wanted: Collection[Detail]
) -> Details:
    """Look up what stands in other tables: one question for each that is wanted."""
    return {
        one: {row[0]: row[1] for row in session.execute(ASKED[one](ids))}
        for one in wanted
        if one in ASKED
    }


def _agreed(ids: Collection[int]) -> Select[Any, Any]:
    yes = Consent.in_force(Consent.subscriber_id.in_(ids)).subquery()
    who, purpose = yes.columns
    return select(who, func.array_agg(purpose)).group_by(who)


def _source(ids: Collection[int]) -> Select[Any, Any]:
    """Select the words of the link of each one's first form; null where it had none."""
    return (
        select(Signup.subscriber_id, Source.name)
        .ext(distinct_on(Signup.subscriber_id))
        .outerjoin(Source, Source.id == Signup.source_id)
        .where(Signup.subscriber_id.in_(ids))
        .order_by(Signup.subscriber_id, Signup.id)
    )


def _seat(ids: Collection[int]) -> Select[Any, Any]:
    """Select the last date for which each has a seat."""
    return (
        select(Registration.subscriber_id, Occurrence)
        .ext(distinct_on(Registration.subscriber_id))
        .join(Occurrence, Occurrence.id == Registration.occurrence_id)
        .where(Registration.subscriber_id.in_(ids), Registration.cancelled_at.is_(None))
        .order_by(Registration.subscriber_id, Occurrence.starts_at.desc())
    )


def _sequences(ids: Collection[int]) -> Select[Any, Any]:
    names = func.array_agg(aggregate_order_by(Sequence.name, Enrollment.id))
    return (
        select(Enrollment.subscriber_id, names)
        .join(Sequence, Sequence.id == Enrollment.sequence_id)
        .where(
            Enrollment.subscriber_id.in_(ids),
            Enrollment.state == EnrollmentState.ACTIVE,
        )
        .group_by(Enrollment.subscriber_id)
    )


def _mails(ids: Collection[int]) -> Select[Any, Any]:
    return (
        select(Delivery.subscriber_id, func.count())
        .where(
            Delivery.subscriber_id.in_(ids),
            Delivery.state.in_(WENT),
            Delivery.is_test.is_(False),
        )
        .group_by(Delivery.subscriber_id)
    )


def _last(*kinds: EventKind) -> Callable[[Collection[int]], Select[Any, Any]]:
    def asked(ids: Collection[int]) -> Select[Any, Any]:
        return (
            select(Event.subscriber_id, func.max(Event.at))
            .where(Event.subscriber_id.in_(ids), Event.kind.in_(kinds))
            .group_by(Event.subscriber_id)
        )

    return asked


ASKED: Mapping[Detail, Callable[[Collection[int]], Select[Any, Any]]] = {
    Detail.AGREED: _agreed,
    Detail.SOURCE: _source,
    Detail.SEAT: _seat,
    Detail.SEQUENCES: _sequences,
    Detail.MAILS: _mails,
    Detail.BOUGHT: _last(EventKind.PURCHASED),
    Detail.LEFT: _last(*GONE),
}
