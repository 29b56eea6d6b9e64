"""Subscribers, found by a word and turned over page by page."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from funnel.domain.status import EnrollmentState, SubscriberState
from funnel.models import Enrollment, Registration, Subscriber

SIZE = 50


@dataclass(frozen=True, slots=True)
class Page:
    """Some subscribers, newest first; `after` leads to the next page, if any."""

    people: Sequence[Subscriber]
    total: int
    after: int | None


def page(
    session: Session,
    *,
    words: str = "",
    state: SubscriberState | None = None,
    waiting_for: int | None = None,
    occurrence_id: int | None = None,
    after: int | None = None,
) -> Page:
    """Return a page of subscribers.

    `words` is part of an address or a first name; `waiting_for` is a step;
    `after` is what the page before gave.
    """
    where = [*_words(words), *_waiting(waiting_for), *_seated(occurrence_id)]
    if state is not None:
        where.append(Subscriber.state == state)
    total = select(func.count()).select_from(Subscriber).where(*where)
    older = [Subscriber.id < after] if after is not None else []
    found = session.scalars(
        select(Subscriber)
        .where(*where, *older)
        .order_by(Subscriber.id.desc())
        .limit(SIZE + 1)
    ).all()
    more = found[SIZE - 1].id if len(found) > SIZE else None
    return Page(found[:SIZE], session.scalar(total) or 0, more)


def _words(words: str) -> list[ColumnElement[bool]]:
    text = words.strip()
    if not text:
        return []
    return [
        or_(
            Subscriber.address.icontains(text, autoescape=True),
            Subscriber.first_name.icontains(text, autoescape=True),
        )
    ]


def _waiting(step_id: int | None) -> list[ColumnElement[bool]]:
    if step_id is None:
        return []
    waiting = select(Enrollment.subscriber_id).where(
        Enrollment.next_step_id == step_id,
        Enrollment.state == EnrollmentState.ACTIVE,
    )
    return [Subscriber.id.in_(waiting)]


def _seated(occurrence_id: int | None) -> list[ColumnElement[bool]]:
    if occurrence_id is None:
        return []
    seated = select(Registration.subscriber_id).where(
        Registration.occurrence_id == occurrence_id,
        Registration.cancelled_at.is_(None),
    )
    return [Subscriber.id.in_(seated)]
