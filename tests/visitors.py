"""A masterclass with its mails and two dates, and forms that come in for it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import factories
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from funnel.config import Settings
from funnel.domain import address as addresses
from funnel.domain.status import Kind, Role
from funnel.flow import signup
from funnel.flow.preferences import Wording
from funnel.flow.signup import Form
from funnel.models import Delivery, Masterclass, Occurrence, Sequence, Signup, Step

NOW = factories.NOW
REAL = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
ASKED = (Role.CONFIRMATION, Role.KNOWN)
WORDS = "Stuur me ook de mailserie, met soms een aanbod."


@dataclass(frozen=True)
class Stage:
    """Everything a sign-up needs to be there."""

    masterclass: Masterclass
    sequence: Sequence
    tuesday: Occurrence
    sunday: Occurrence


def stage(session: Session, **overrides: Any) -> Stage:
    factories.business(session)
    sequence = factories.sequence(session)
    for role in Role:
        factories.step(session, sequence=sequence, role=role, kind=Kind.SERVICE)
    masterclass = factories.masterclass(
        session, **{"sequence_id": sequence.id, "slug": "magnesium"} | overrides
    )
    tuesday = factories.occurrence(session, masterclass=masterclass)
    sunday = factories.occurrence(
        session,
        masterclass=masterclass,
        starts_at=factories.START + timedelta(days=4, hours=14, minutes=30),
    )
    return Stage(masterclass, sequence, tuesday, sunday)


def form(stage: Stage, address: str = "sanne@example.nl", **overrides: Any) -> Form:
    values: dict[str, Any] = {
        "masterclass": stage.masterclass,
        "occurrence_id": stage.tuesday.id,
        "address": addresses.normalise(address),
        "first_name": "Sanne",
        "wording": Wording(WORDS, "nl", "form", "203.0.113.0/24", "2026-11"),
        "page": "/magnesium/signup",
        "nonce": str(next(factories.numbers)),
    }
    return Form(**values | overrides)


def mails(session: Session, *roles: Role) -> list[Delivery]:
    """Return the deliveries of these roles (all of them if none is named)."""
    query = select(Delivery).join(Step, Step.id == Delivery.step_id)
    query = query.where(Step.role.in_(roles or tuple(Role)))
    return list(session.scalars(query.order_by(Delivery.id)))


def submit(
    session: Session,
    made: Form,
    limits: Settings,
    *,
    now: datetime = NOW,
    real: datetime = REAL,
) -> int:
    return signup.submit(session, made, now=now, real=real, limits=limits)


def confirmed(session: Session, on: Stage, limits: Settings, **about: Any) -> Signup:
    """Return a sign-up that was sent and confirmed."""
    series = bool(about.get("series"))
    signup_id = submit(session, form(on, **about), limits)
    signup.confirm(session, signup_id, series=series, now=NOW)
    return session.get_one(Signup, signup_id)


def count(session: Session, table: type) -> int:
    return session.scalar(select(func.count()).select_from(table)) or 0
