"""A mail that somebody's act calls for: a confirmation, a new time, her data."""

from datetime import datetime
from typing import TypedDict, Unpack

from sqlalchemy import select
from sqlalchemy.orm import Session

from funnel.domain.status import Kind, Role
from funnel.models import Delivery, Registration, Signup, Step, Subscriber
from funnel.models.delivery import SERVICE_PRIORITY

ASKS = {Role.CONFIRMATION, Role.CONFIRMATION_AGAIN}


class NoSuchMail(LookupError):  # noqa: N818 - it says what is the matter
    """The sequence has no step with this role."""


class About(TypedDict, total=False):
    """What the mail is about; `due_at` is now when it is left out."""

    signup: Signup | None
    registration: Registration | None
    occurrence_id: int | None
    due_at: datetime | None


def call(
    session: Session,
    *,
    role: Role,
    sequence_id: int,
    subscriber: Subscriber,
    now: datetime,
    **about: Unpack[About],
) -> Delivery:
    """Add a service mail by its role, not committed; raises NoSuchMail.

    Its text is the one that is published when it is first claimed. A mail that asks
    for a confirmation is not sent once the link is over.
    """
    if subscriber.address is None:
        raise NoSuchMail("nobody is there to read it")
    signup, due_at = about.get("signup"), about.get("due_at") or now
    delivery = Delivery(
        kind=Kind.SERVICE,
        priority=SERVICE_PRIORITY,
        address=subscriber.address,
        subscriber_id=subscriber.id,
        signup_id=signup.id if signup else None,
        step_id=_step_id(session, sequence_id, role),
        occurrence_id=_occurrence_id(about),
        planned_at=due_at,
        due_at=due_at,
        not_after=signup.expires_at if signup and role in ASKS else None,
    )
    session.add(delivery)
    session.flush()
    return delivery


def _step_id(session: Session, sequence_id: int, role: Role) -> int:
    found = session.scalar(
        select(Step.id)
        .where(
            Step.sequence_id == sequence_id,
            Step.role == role,
            Step.deleted_at.is_(None),
        )
        .order_by(Step.rank)
        .limit(1)
    )
    if found is None:
        raise NoSuchMail(f"the sequence has no mail for “{role}”")
    return found


def _occurrence_id(about: About) -> int | None:
    registration, signup = about.get("registration"), about.get("signup")
    given = about.get("occurrence_id")
    if given is None and registration is not None:
        return registration.occurrence_id
    if given is None and signup is not None:
        return signup.occurrence_id
    return given
