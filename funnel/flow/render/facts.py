"""What a mail needs to know about its reader, read for a whole claim at once."""

from typing import Any, TypeAlias

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    and_,
    any_,
    bindparam,
    func,
    or_,
    select,
)
from sqlalchemy.orm import aliased

from funnel.domain.status import Purpose
from funnel.models import (
    Business,
    Consent,
    Delivery,
    Enrollment,
    Masterclass,
    Occurrence,
    Registration,
    Revision,
    Sequence,
    Signup,
    Step,
    Subscriber,
    User,
)

AnyRow: TypeAlias = Any
"""A row of NEEDED, BUSINESS or CONTENT, with its columns as attributes."""

Enrolled = aliased(Registration, name="enrolled")
Seat = aliased(Registration, name="seat")


def _masterclass_id() -> ColumnElement[Any]:
    """Find the masterclass by the seat, the form, the date, or else the sequence."""
    any_one = aliased(Masterclass)
    by_sequence = (
        select(func.min(any_one.id))
        .where(any_one.sequence_id == Step.sequence_id)
        .scalar_subquery()
    )
    return func.coalesce(Enrolled.masterclass_id, Signup.masterclass_id, by_sequence)


def _wants_series() -> ColumnElement[bool]:
    """Say whether her last word on the series is yes, or her form asks for it."""
    agreed = Consent.last_word(Delivery.subscriber_id, Purpose.SERIES)
    asked = and_(Signup.series, Signup.confirmed_at.is_(None))
    return or_(func.coalesce(agreed, False), func.coalesce(asked, False))


NEEDED = (
    select(
        Delivery.id,
        Delivery.address,
        Delivery.kind,
        Delivery.attempt,
        Delivery.priority,
        Delivery.dated_at,
        Delivery.values,
        Delivery.draft,
        Delivery.is_test,
        func.coalesce(Delivery.revision_id, Step.revision_id).label("revision_id"),
        Step.id.label("step_id"),
        Step.role,
        Sequence.slug.label("sequence"),
        func.coalesce(Sequence.language, User.language).label("language"),
        User.id.label("user_id"),
        Subscriber.id.label("subscriber_id"),
        func.coalesce(Subscriber.first_name, User.name).label("first_name"),
        func.coalesce(Signup.zone, Subscriber.zone).label("zone"),
        Signup.id.label("signup_id"),
        Signup.series.label("ticked_series"),
        _wants_series().label("has_series"),
        Masterclass.slug.label("masterclass"),
        Masterclass.title,
        Masterclass.minutes,
        Masterclass.article_slug,
        Seat.id.label("registration_id"),
        Seat.joined_at,
        Occurrence.starts_at,
        Occurrence.ends_at,
        Occurrence.zone.label("place"),
        Occurrence.replay_url,
        Occurrence.replay_until,
        Occurrence.cancelled_at,
    )
    .outerjoin(Step, Step.id == Delivery.step_id)
    .outerjoin(Sequence, Sequence.id == Step.sequence_id)
    .outerjoin(Subscriber, Subscriber.id == Delivery.subscriber_id)
    .outerjoin(User, User.id == Delivery.user_id)
    .outerjoin(Signup, Signup.id == Delivery.signup_id)
    .outerjoin(Enrollment, Enrollment.id == Delivery.enrollment_id)
    .outerjoin(Enrolled, Enrolled.id == Enrollment.registration_id)
    .outerjoin(Masterclass, Masterclass.id == _masterclass_id())
    .outerjoin(
        Seat,
        and_(
            Seat.subscriber_id == Delivery.subscriber_id,
            Seat.masterclass_id == Masterclass.id,
        ),
    )
    .outerjoin(
        Occurrence,
        Occurrence.id == func.coalesce(Delivery.occurrence_id, Seat.occurrence_id),
    )
)
"""One row for each delivery; which ones, and that they are locked, a claim adds."""

BUSINESS = select(
    Business.name,
    Business.postal_address,
    Business.company_number,
    Business.sender_name,
    Business.sender_address,
    Business.reply_to,
    Business.host_name,
    Business.host_line,
)

CONTENT = select(
    Revision.id, Revision.subject, Revision.html, Revision.text, Revision.purpose
).where(Revision.id == any_(bindparam("ids", type_=ARRAY(BigInteger))))
"""The compiled texts of the revisions in :ids."""
