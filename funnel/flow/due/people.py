"""Everything the plan asks about the people of a batch: a few queries for them all."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    func,
    select,
)
from sqlalchemy.orm import Session

from funnel.domain import address as addresses
from funnel.domain.status import (
    FINAL,
    DeliveryState,
    Kind,
    Purpose,
    Reason,
    Scope,
    SubscriberState,
)
from funnel.flow.rows import among
from funnel.models import (
    Consent,
    Delivery,
    Enrollment,
    Event,
    EventKind,
    Occurrence,
    Registration,
    Subscriber,
    Suppression,
)

AnyRow: TypeAlias = Row[*tuple[Any, ...]]

ARRIVED = frozenset(
    {
        DeliveryState.SENT,
        DeliveryState.BOUNCED,
        DeliveryState.COMPLAINED,
        # Nearly all of these did arrive.
        DeliveryState.UNCERTAIN,
    }
)
TAKES_A_DAY = ARRIVED | {
    DeliveryState.SCHEDULED,
    DeliveryState.CLAIMED,
    DeliveryState.HANDED,
}
"""In these a marketing mail is the one of its day."""

WORDS = {EventKind.PURCHASED: "purchased", EventKind.LEFT_EARLY: "left early"}
"""What conditions call an event; clicks go by their step."""

UNREACHABLE = {
    SubscriberState.ERASED: Reason.ERASED,
    SubscriberState.BOUNCED: Reason.SUPPRESSED,
    SubscriberState.COMPLAINED: Reason.SUPPRESSED,
}


MOST_ASKED = 300
"""People that are planned for a preview; of more, one in so many, and a guess."""


class Some(NamedTuple):
    """Enrollments: some of them, how many there are, and one in how many these are."""

    ids: Sequence[int]
    total: int
    step: int


class Past(NamedTuple):
    """A delivery row of an enrollment: what was done about a step."""

    step_id: int
    occurrence_id: int | None
    at: datetime
    due_at: datetime
    state: DeliveryState
    reason: Reason | None

    @property
    def is_final(self) -> bool:
        return self.state in FINAL

    @property
    def has_arrived(self) -> bool:
        return self.state in ARRIVED


class Person(NamedTuple):
    """One enrollment with what is known of its subscriber.

    `row` has the columns of the enrollment, the subscriber, the seat and the date.
    """

    row: AnyRow
    past: Sequence[Past]
    consents: frozenset[Purpose]
    suppressions: frozenset[Scope]
    elsewhere: tuple[datetime, ...] = ()  # marketing of her other ways
    happened: frozenset[str] = frozenset()
    clicked: frozenset[int] = frozenset()  # ids of steps

    @property
    def end(self) -> Reason | None:
        """Return why nothing at all may be sent to her any more, if so."""
        if Scope.ALL in self.suppressions:
            return Reason.SUPPRESSED
        return UNREACHABLE.get(self.row.subscriber_state)

    @property
    def agreed(self) -> frozenset[Purpose]:
        """Return the consents that can be acted upon."""
        has_left = self.row.subscriber_state is SubscriberState.UNSUBSCRIBED
        if has_left or Scope.MARKETING in self.suppressions:
            return frozenset()
        return self.consents

    def refusal(self, reason: Reason | None) -> Reason | None:
        """Return the reason of a skip in the words that explain most."""
        if reason is not Reason.NO_CONSENT:
            return reason
        if self.row.subscriber_state is SubscriberState.UNSUBSCRIBED:
            return Reason.UNSUBSCRIBED
        is_suppressed = Scope.MARKETING in self.suppressions
        return Reason.SUPPRESSED if is_suppressed else reason

    def handled(self, kinds: dict[int, Kind]) -> Iterator[Past]:
        """Yield what counts: a service step is handled once for each occurrence."""
        for past in self.past:
            is_service = kinds.get(past.step_id) is Kind.SERVICE
            if not is_service or past.occurrence_id == self.row.occurrence_id:
                yield past


def some(session: Session, where: ColumnElement[bool]) -> Some:
    """Return these enrollments; of very many one in so many."""
    them = select(func.count()).where(where).select_from(Enrollment)
    total = session.scalar(them) or 0
    step = -(-total // MOST_ASKED) or 1
    ids = session.scalars(select(Enrollment.id).where(where, Enrollment.id % step == 0))
    return Some(ids.all(), total, step)


def load(
    session: Session, enrollment_ids: Sequence[int], *, with_events: bool = False
) -> list[Person]:
    """Read the facts anew, after the enrollments were locked.

    What changes later waits for the lock, and then has them looked at again.
    Events are read only where a condition asks for them.
    """
    connection = session.connection()
    rows = connection.execute(_rows(enrollment_ids)).all()
    who = [row.subscriber_id for row in rows]
    past, elsewhere = _past(connection, enrollment_ids), _elsewhere(connection, who)
    consents = _consents(connection, who)
    digests = [addresses.digest(row.address or "") for row in rows]
    suppressions = _suppressions(connection, digests)
    told = _events(connection, who) if with_events else {}
    return [
        Person(
            row,
            past[row.id],
            consents[row.subscriber_id],
            suppressions[digest],
            tuple(at for way, at in elsewhere[row.subscriber_id] if way != row.id),
            *told.get(row.subscriber_id, ()),
        )
        for row, digest in zip(rows, digests, strict=True)
    ]


def _rows(enrollment_ids: Sequence[int]) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Enrollment.id,
            Enrollment.sequence_id,
            Enrollment.confirmed_at,
            Enrollment.state.label("enrollment_state"),
            Enrollment.next_step_id,
            Enrollment.reason,
            Enrollment.due_at,
            Subscriber.id.label("subscriber_id"),
            Subscriber.address,
            Subscriber.zone,
            Subscriber.tags,
            Subscriber.state.label("subscriber_state"),
            Registration.seated_at,
            Registration.cancelled_at.label("seat_cancelled_at"),
            Registration.joined_at,
            Registration.replayed_at,
            Registration.id.label("registration_id"),
            Occurrence.id.label("occurrence_id"),
            Occurrence.starts_at,
            Occurrence.ends_at,
            Occurrence.replay_until,
            Occurrence.cancelled_at,
            Occurrence.moved_at,
        )
        .join(Subscriber, Subscriber.id == Enrollment.subscriber_id)
        .outerjoin(Registration, Registration.id == Enrollment.registration_id)
        .outerjoin(Occurrence, Occurrence.id == Registration.occurrence_id)
        .where(among(Enrollment.id, enrollment_ids))
        .order_by(Enrollment.due_at, Enrollment.id)
    )


def _past(
    connection: Connection, enrollment_ids: Sequence[int]
) -> dict[int, list[Past]]:
    query: Select[*tuple[Any, ...]] = select(
        Delivery.enrollment_id,
        Delivery.step_id,
        Delivery.occurrence_id,
        Delivery.planned_at,
        Delivery.due_at,
        Delivery.state,
        Delivery.reason,
    )
    found: dict[int, list[Past]] = defaultdict(list)
    theirs = query.where(among(Delivery.enrollment_id, enrollment_ids))
    for enrollment_id, *past in connection.execute(theirs):
        found[enrollment_id].append(Past(*past))
    return found


def _elsewhere(
    connection: Connection, subscriber_ids: Sequence[int]
) -> dict[int, list[tuple[int, datetime]]]:
    """Return whose days are taken, by which of her ways: as planned, and in truth."""
    query = select(
        Delivery.subscriber_id,
        Delivery.enrollment_id,
        Delivery.planned_at,
        Delivery.due_at,
    ).where(
        among(Delivery.subscriber_id, subscriber_ids),
        Delivery.enrollment_id.is_not(None),
        Delivery.kind == Kind.MARKETING,
        Delivery.state.in_(TAKES_A_DAY),
    )
    found: dict[int, list[tuple[int, datetime]]] = defaultdict(list)
    for who, way, planned_at, due_at in connection.execute(query):
        if who is not None and way is not None:
            found[who] += [(way, at) for at in {planned_at, due_at}]
    return found


def _events(
    connection: Connection, subscriber_ids: Sequence[int]
) -> dict[int, tuple[frozenset[str], frozenset[int]]]:
    """Return what happened, in the words of conditions, and the steps she clicked."""
    query = (
        select(Event.subscriber_id, Event.kind, Event.step_id)
        .where(
            among(Event.subscriber_id, subscriber_ids),
            Event.kind.in_((EventKind.CLICKED, *WORDS)),
        )
        .distinct()
    )
    words: dict[int, set[str]] = defaultdict(set)
    steps: dict[int, set[int]] = defaultdict(set)
    for who, kind, step_id in connection.execute(query):
        if who is not None and kind in WORDS:
            words[who].add(WORDS[kind])
        elif who is not None and step_id is not None:
            steps[who].add(step_id)
    return {
        who: (frozenset(words[who]), frozenset(steps[who])) for who in words | steps
    }


def _consents(
    connection: Connection, subscriber_ids: Sequence[int]
) -> dict[int, frozenset[Purpose]]:
    """Return the purposes whose last word was yes."""
    found: dict[int, frozenset[Purpose]] = defaultdict(frozenset)
    theirs = Consent.in_force(among(Consent.subscriber_id, subscriber_ids))
    for subscriber_id, purpose in connection.execute(theirs):
        found[subscriber_id] |= {purpose}
    return found


def _suppressions(
    connection: Connection, digests: Sequence[str]
) -> dict[str, frozenset[Scope]]:
    found: dict[str, frozenset[Scope]] = defaultdict(frozenset)
    in_force = select(Suppression.address_hash, Suppression.scope).where(
        Suppression.lifted_at.is_(None),
        among(Suppression.address_hash, digests),
    )
    for digest, scope in connection.execute(in_force):
        found[digest] |= {scope}
    return found
