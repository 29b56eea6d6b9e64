"""What a mail needs to know about its reader, read for a whole claim at once."""

from typing import Any, TypeAlias

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Select,
    SQLColumnExpression,
    and_,
    any_,
    bindparam,
    cast,
    func,
    literal,
    null,
    or_,
    select,
)
from sqlalchemy.orm import aliased

from funnel.domain.status import Kind, Purpose, Role
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

ASKED = frozenset({Role.CONFIRMATION, Role.CONFIRMATION_AGAIN})
"""Mails about a form that waits for its confirmation."""

Enrolled = aliased(Registration, name="enrolled")
Seat = aliased(Registration, name="seat")


def for_reader(
    step: Step, kind: Kind, subscriber: Subscriber
) -> Select[*tuple[Any, ...]]:
    """Ask for the row of a mail that this step would send her, were it due now."""
    hers: dict[str, Any] = {
        "kind": literal(kind, Delivery.kind.type),
        "step_id": literal(step.id),
        "subscriber_id": literal(subscriber.id),
        "address": literal(subscriber.address),
        "signup_id": _last_signup(step, subscriber),
        "enrollment_id": select(func.max(Enrollment.id))
        .where(
            Enrollment.subscriber_id == subscriber.id,
            Enrollment.sequence_id == step.sequence_id,
        )
        .scalar_subquery(),
    }
    columns = [
        hers.get(one.key, cast(null(), one.type)).label(one.key)
        for one in Delivery.__table__.columns
    ]
    row = select(*columns).subquery()
    return _needed(aliased(Delivery, row, adapt_on_names=True))


def _last_signup(step: Step, subscriber: Subscriber) -> ColumnElement[Any]:
    """Return the form that a confirmation is about; other mails are about none."""
    if step.role not in ASKED:
        return cast(null(), BigInteger)
    last = select(func.max(Signup.id)).where(Signup.subscriber_id == subscriber.id)
    return last.scalar_subquery()


def _masterclass_id() -> ColumnElement[Any]:
    """Find the masterclass by the seat, the form, the date, or else the sequence."""
    any_one = aliased(Masterclass)
    by_sequence = (
        select(func.min(any_one.id))
        .where(any_one.sequence_id == Step.sequence_id)
        .scalar_subquery()
    )
    return func.coalesce(Enrolled.masterclass_id, Signup.masterclass_id, by_sequence)


def _wants_series(mail: type[Delivery]) -> ColumnElement[bool]:
    """Say whether her last word on the series is yes, or her form asks for it."""
    agreed = Consent.last_word(mail.subscriber_id, Purpose.SERIES)
    asked = and_(Signup.series, Signup.confirmed_at.is_(None))
    return or_(func.coalesce(agreed, False), func.coalesce(asked, False))


def _needed(mail: type[Delivery]) -> Select[*tuple[Any, ...]]:
    return (
        select(*_columns(mail))
        .outerjoin(Step, Step.id == mail.step_id)
        .outerjoin(Sequence, Sequence.id == Step.sequence_id)
        .outerjoin(Subscriber, Subscriber.id == mail.subscriber_id)
        .outerjoin(User, User.id == mail.user_id)
        .outerjoin(Signup, Signup.id == mail.signup_id)
        .outerjoin(Enrollment, Enrollment.id == mail.enrollment_id)
        .outerjoin(Enrolled, Enrolled.id == Enrollment.registration_id)
        .outerjoin(Masterclass, Masterclass.id == _masterclass_id())
        .outerjoin(
            Seat,
            and_(
                Seat.subscriber_id == mail.subscriber_id,
                Seat.masterclass_id == Masterclass.id,
            ),
        )
        .outerjoin(
            Occurrence,
            Occurrence.id == func.coalesce(mail.occurrence_id, Seat.occurrence_id),
        )
        .select_from(mail)
    )


def _columns(mail: type[Delivery]) -> list[SQLColumnExpression[Any]]:
    return [
        mail.id,
        mail.address,
        mail.kind,
        mail.attempt,
        mail.priority,
        mail.dated_at,
        mail.values,
        mail.draft,
        mail.is_test,
        func.coalesce(mail.revision_id, Step.revision_id).label("revision_id"),
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
        _wants_series(mail).label("has_series"),
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
    ]


NEEDED = _needed(Delivery)
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
