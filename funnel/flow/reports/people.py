"""Subscribers, selected by what is known of them and turned over page by page."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Select,
    SQLColumnExpression,
    any_,
    func,
    literal,
    not_,
    or_,
    select,
    text,
)
from sqlalchemy.orm import Session

from funnel.domain.row_id import row_id
from funnel.domain.status import EnrollmentState, SubscriberState
from funnel.flow.reports.reach import Reach
from funnel.models import Enrollment, Registration, Subscriber
from funnel.models.subscriber import letters

SIZE = 50
MOST_COUNTED = 1000
"""A page says “more than 1,000” rather than make everybody wait for the number."""

MANY = 10_000
"""Fewer are found and sorted at once; of more, the next are mostly near."""

FOR_THESE = text("SET LOCAL plan_cache_mode = force_custom_plan")
"""A question is planned for what it asks: words of nobody are not words of all."""

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
    session.execute(FOR_THESE)
    named = _named(session, selection.words)
    where = [*named, *selection.conditions(is_rare=False)]
    some = _some(selection).where(*named, *_listed(order))
    known = session.scalars(some.limit(MOST_COUNTED + 1)).all()
    found: Sequence[Subscriber] = ()
    if len(known) <= MOST_COUNTED:
        where = [Subscriber.id.in_(known)]
    elif not named:
        found = _near(session, where, order, after)
        where = selection.conditions()
    if not found:
        found = _sorted(session, where, order, after)
    more = _key(found[SIZE - 1], order) if len(found) > SIZE else None
    return Page(found[:SIZE], len(known), more)


def count(session: Session, selection: Selection) -> int:
    """Return exactly how many people a selection has."""
    where = selection.conditions()
    return session.scalar(select(func.count(Subscriber.id)).where(*where)) or 0


def _some(selection: Selection) -> Select[int]:
    """Select the ids of a selection, in whichever order reads the least for a few."""
    if selection.reach is None:
        return select(Subscriber.id).where(*selection.conditions(is_rare=False))
    others = replace(selection, reach=None).conditions(is_rare=False)
    return selection.reach.latest().where(*others)


def _named(session: Session, words: str) -> list[ColumnElement[bool]]:
    """Look up by their letters who is meant; empty when these are many, or all."""
    called = _words(words, is_rare=True)
    if not called:
        return []
    ids = session.scalars(select(Subscriber.id).where(*called).limit(MANY)).all()
    if len(ids) == MANY:
        return []
    return [Subscriber.id == any_(literal(ids, ARRAY(BigInteger)))]


def _near(
    session: Session,
    where: Sequence[ColumnElement[bool]],
    order: Order,
    after: str | None,
) -> Sequence[Subscriber]:
    """Return the next of very many if they are among the next MANY of everybody.

    They are not, and nobody is returned, where the order follows what is asked for:
    by address, every Zoë comes late.
    """
    way, place = _from(order, after), _place(order)
    everybody = way.with_only_columns(place).order_by(_along(order, place))
    edge = session.scalar(everybody.offset(MANY).limit(1))
    near = [] if edge is None else [not_(_is_further(order, edge))]
    wanted = way.where(*near, *where).order_by(_along(order, place))
    found = session.scalars(wanted.limit(SIZE + 1)).all()
    return found if len(found) > SIZE or not near else ()


def _sorted(
    session: Session,
    where: Sequence[ColumnElement[bool]],
    order: Order,
    after: str | None,
) -> Sequence[Subscriber]:
    """Return the next by finding all of them first.

    OFFSET 0 says so to the database, which would rather walk along an index past
    everybody else.
    """
    way, place = _from(order, after).where(*where), _place(order)
    them = way.with_only_columns(Subscriber.id, place).offset(0).subquery()
    ids, places = them.columns
    page = select(ids).order_by(_along(order, places)).limit(SIZE + 1)
    people = select(Subscriber).where(Subscriber.id.in_(page))
    return session.scalars(people.order_by(_along(order, place))).all()


def _from(order: Order, after: str | None) -> Select[Subscriber]:
    """Select who comes after somebody in this order; everybody if that is nobody."""
    people = select(Subscriber).where(*_listed(order))
    text = (after or "").replace("\0", "")
    if order is Order.ADDRESS:
        return people.where(_is_further(order, text)) if text else people
    place = row_id(text)
    return people if place is None else people.where(_is_further(order, place))


def _is_further(order: Order, place: str | int) -> ColumnElement[bool]:
    column = _place(order)
    return column < place if order is Order.NEWEST else column > place


def _along(order: Order, place: SQLColumnExpression[Any]) -> ColumnElement[Any]:
    return place.desc() if order is Order.NEWEST else place.asc()


def _place(order: Order) -> SQLColumnExpression[Any]:
    """Return what an order goes by."""
    return Subscriber.address if order is Order.ADDRESS else Subscriber.id


def _listed(order: Order) -> list[ColumnElement[bool]]:
    """Leave out the erased where addresses make the order: they have none."""
    return [Subscriber.address.is_not(None)] if order is Order.ADDRESS else []


def _key(last: Subscriber, order: Order) -> str:
    return str(last.address) if order is Order.ADDRESS else str(last.id)


def _words(words: str, *, is_rare: bool) -> list[ColumnElement[bool]]:
    part = words.strip()
    if not part:
        return []
    if len(part) < GROUP:
        part = part.rjust(GROUP)
        names: list[SQLColumnExpression[Any]] = [
            func.concat("  ", Subscriber.address, "  ", Subscriber.first_name)
        ]
    else:
        names = [Subscriber.address, Subscriber.first_name]
    there = or_(*(one.icontains(part, autoescape=True) for one in names))
    groups = func.letter_groups(func.lower(part))
    hers = letters(Subscriber.address, Subscriber.first_name)
    return [hers.contains(groups), there] if is_rare else [there]


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
