"""Subscribers, selected by what is known of them and turned over page by page."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.orm import Session

from funnel.domain.status import EnrollmentState, SubscriberState
from funnel.flow.reports.reach import Reach
from funnel.models import Enrollment, Registration, Subscriber
from funnel.models.subscriber import letters

SIZE = 50
MOST_COUNTED = 1000
"""A page says “more than 1,000” rather than make everybody wait for the number."""

GROUP = 3


class Order(StrEnum):
    """How a list can be sorted; each way has an index."""

    NEWEST = "newest"
    OLDEST = "oldest"
    ADDRESS = "address"


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which subscribers are meant; nothing given means everybody.

    `words` is part of an address or a first name (its beginning, when it has one or
    two letters); `waiting_for` is a step's id, `sequence_id` one that she is or was in.
    """

    words: str = ""
    state: SubscriberState | None = None
    tag: str = ""
    occurrence_id: int | None = None
    sequence_id: int | None = None
    waiting_for: int | None = None
    reach: Reach | None = None

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> "Selection":
        """Read what `as_json` gave."""
        state, reach = kept.get("state"), kept.get("reach")
        read = {
            "state": SubscriberState(state) if state else None,
            "reach": Reach.of(reach) if reach else None,
        }
        return cls(**{**kept, **read})

    def as_json(self) -> dict[str, Any]:
        plain = {name: value for name, value in asdict(self).items() if value}
        return plain | ({"reach": self.reach.as_json()} if self.reach else {})

    @property
    def is_everybody(self) -> bool:
        return not self.as_json()

    def conditions(self, *, is_rare: bool = True) -> list[ColumnElement[bool]]:
        """Return the selection as SQL over Subscriber.

        Without `is_rare` its words are not looked up in the index of letters: of
        what very many have, the next few are found sooner by looking at everybody.
        """
        where = [*_words(self.words, is_rare=is_rare), *_waiting(self.waiting_for)]
        where += [*_seated(self.occurrence_id), *_enrolled(self.sequence_id)]
        if self.state is not None:
            where.append(Subscriber.state == self.state)
        if self.tag:
            where.append(Subscriber.tags.contains([self.tag]))
        if self.reach is not None:
            where += self.reach.conditions(is_rare=is_rare)
        return where


@dataclass(frozen=True, slots=True)
class Page:
    """Some subscribers; `after` leads to the next page, if there is one.

    `total` stops counting behind MOST_COUNTED.
    """

    people: Sequence[Subscriber]
    total: int
    after: str | None

    @property
    def is_more(self) -> bool:
        """Say that there are more than were counted."""
        return self.total > MOST_COUNTED


def page(
    session: Session,
    selection: Selection | None = None,
    *,
    order: Order = Order.NEWEST,
    after: str | None = None,
) -> Page:
    """Return a page of a selection; `after` is what the page before gave."""
    selection = selection or Selection()
    rare = [*selection.conditions(), *_listed(order)]
    some = select(Subscriber.id).where(*rare).limit(MOST_COUNTED + 1).subquery()
    total = session.scalar(select(func.count()).select_from(some)) or 0
    where = selection.conditions(is_rare=total <= MOST_COUNTED)
    wanted = _sorted(select(Subscriber).where(*where), order, after)
    found = session.scalars(wanted.limit(SIZE + 1)).all()
    more = _key(found[SIZE - 1], order) if len(found) > SIZE else None
    return Page(found[:SIZE], total, more)


def count(session: Session, selection: Selection) -> int:
    """Return exactly how many people a selection has."""
    where = selection.conditions()
    return session.scalar(select(func.count(Subscriber.id)).where(*where)) or 0


def _sorted(
    wanted: Select[Subscriber], order: Order, after: str | None
) -> Select[Subscriber]:
    wanted = wanted.where(*_listed(order))
    if order is Order.ADDRESS:
        further = [Subscriber.address > after] if after else []
        return wanted.where(*further).order_by(Subscriber.address)
    start = int(after) if after and after.isdecimal() else None
    if order is Order.OLDEST:
        later = [Subscriber.id > start] if start is not None else []
        return wanted.where(*later).order_by(Subscriber.id)
    older = [Subscriber.id < start] if start is not None else []
    return wanted.where(*older).order_by(Subscriber.id.desc())


def _listed(order: Order) -> list[ColumnElement[bool]]:
    """Leave out the erased where addresses make the order: they have none."""
    return [Subscriber.address.is_not(None)] if order is Order.ADDRESS else []


def _key(last: Subscriber, order: Order) -> str:
    return str(last.address) if order is Order.ADDRESS else str(last.id)


def _words(words: str, *, is_rare: bool) -> list[ColumnElement[bool]]:
    text = words.strip()
    if not text:
        return []
    hers = letters(Subscriber.address, Subscriber.first_name)
    if len(text) < GROUP:
        start = func.lower(text.rjust(GROUP))
        return [hers.contains(array([start]))]
    either = or_(
        Subscriber.address.icontains(text, autoescape=True),
        Subscriber.first_name.icontains(text, autoescape=True),
    )
    known = [hers.contains(func.letter_groups(func.lower(text)))] if is_rare else []
    return [*known, either]


def _waiting(step_id: int | None) -> list[ColumnElement[bool]]:
    if step_id is None:
        return []
    waiting = select(Enrollment.id).where(
        Enrollment.subscriber_id == Subscriber.id,
        Enrollment.next_step_id == step_id,
        Enrollment.state == EnrollmentState.ACTIVE,
    )
    return [waiting.exists()]


def _seated(occurrence_id: int | None) -> list[ColumnElement[bool]]:
    if occurrence_id is None:
        return []
    seated = select(Registration.id).where(
        Registration.subscriber_id == Subscriber.id,
        Registration.occurrence_id == occurrence_id,
        Registration.cancelled_at.is_(None),
    )
    return [seated.exists()]


def _enrolled(sequence_id: int | None) -> list[ColumnElement[bool]]:
    if sequence_id is None:
        return []
    inside = select(Enrollment.id).where(
        Enrollment.subscriber_id == Subscriber.id,
        Enrollment.sequence_id == sequence_id,
    )
    return [inside.exists()]
