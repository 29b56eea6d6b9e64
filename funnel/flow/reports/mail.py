"""Deliveries by what became of them, each with its reason."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from funnel.domain.status import DeliveryState
from funnel.models import Delivery, Revision, Step

SIZE = 50


@dataclass(frozen=True, slots=True)
class Mail:
    """One delivery, and the subject it has."""

    delivery: Delivery
    step: Step | None
    subject: str


def mails(
    session: Session,
    *,
    states: Collection[DeliveryState],
    step_id: int | None = None,
    after: int | None = None,
) -> tuple[list[Mail], int | None]:
    """Return a page of deliveries, newest first, and where the next one begins."""
    where: list[ColumnElement[bool]] = [Delivery.state.in_(states)]
    if step_id is not None:
        where += [Delivery.step_id == step_id, ~Delivery.is_test]
    if after is not None:
        where.append(Delivery.id < after)
    rows = session.execute(
        select(Delivery, Step, Revision.subject)
        .outerjoin(Step, Step.id == Delivery.step_id)
        .outerjoin(Revision, Revision.id == Step.revision_id)
        .where(*where)
        .order_by(Delivery.id.desc())
        .limit(SIZE + 1)
    ).all()
    found = [Mail(mail, step, subject or "") for mail, step, subject in rows]
    return found[:SIZE], found[SIZE - 1].delivery.id if len(found) > SIZE else None
