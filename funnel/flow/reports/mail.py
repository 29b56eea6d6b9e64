"""Deliveries by what became of them, each with its reason, and one as a whole."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select, tuple_, union_all
from sqlalchemy.orm import InstrumentedAttribute, Session

from funnel.domain.status import FINAL, DeliveryState, Reason
from funnel.models import Delivery, Event, Revision, Step

SIZE = 50
MOST_EVENTS = 200
LATEST = 10_000
"""So many of the latest deliveries are grouped by their reason, and no more."""

REPLY = r"^[245]\d\d([ -]\d\.\d{1,3}\.\d{1,3})?"
"""What the answers of a relay have in common: "550 5.1.1"."""


@dataclass(frozen=True, slots=True)
class Mail:
    """One delivery, and the subject it has."""

    delivery: Delivery
    step: Step | None
    subject: str


@dataclass(frozen=True, slots=True)
class Tale:
    """One delivery with all that happened to it, oldest first."""

    mail: Mail
    events: Sequence[Event]


@dataclass(frozen=True, slots=True, kw_only=True)
class Which:
    """Which deliveries: in these states, due before a moment, of a step, for a reason.

    `reply` is how the relay's answer begins, as `grouped` found it.
    """

    states: Collection[DeliveryState]
    due_before: datetime | None = None
    step_id: int | None = None
    reason: Reason | None = None
    reply: str = ""

    def latest(
        self,
        *columns: InstrumentedAttribute[Any],
        most: int,
        after: int | None = None,
    ) -> Select[Any]:
        """Select these columns of the latest; `after` is the last page's last one.

        Those of a step by their moment, and each state by itself: it may have had a
        million mails, and an index knows no other order.
        """
        if self.step_id is None:
            older = [Delivery.id < after] if after is not None else []
            is_one = Delivery.state.in_(self.states)
            wanted: Select[Any] = select(*columns).where(is_one, *self._where(), *older)
            return wanted.order_by(Delivery.id.desc()).limit(most)
        each = [self._of(state, columns, after, most) for state in sorted(self.states)]
        found = union_all(*each).subquery()
        newest = (found.c.at.desc(), found.c.which.desc())
        asked: Select[Any] = select(*list(found.c)[2:])
        return asked.order_by(*newest).limit(most)

    def _of(
        self,
        state: DeliveryState,
        columns: Sequence[InstrumentedAttribute[Any]],
        after: int | None,
        most: int,
    ) -> Select[Any]:
        moment = (Delivery.planned_at, Delivery.id)
        last = select(*moment).where(Delivery.id == after).scalar_subquery()
        older = [tuple_(*moment) < last] if after is not None else []
        is_over = [Delivery.is_over()] if state in FINAL else [~Delivery.is_test]
        at, which = Delivery.planned_at.label("at"), Delivery.id.label("which")
        wanted: Select[Any] = select(at, which, *columns).where(
            Delivery.step_id == self.step_id,
            Delivery.state == state,
            *is_over,
            *self._where(),
            *older,
        )
        return wanted.order_by(*(one.desc() for one in moment)).limit(most)

    def _where(self) -> list[ColumnElement[bool]]:
        """Return the rest of it as SQL."""
        found: list[ColumnElement[bool]] = []
        if self.due_before is not None:
            found.append(Delivery.due_at <= self.due_before)
        if self.reason is not None:
            found.append(Delivery.reason == self.reason)
        if self.reply:
            found.append(Delivery.reply.startswith(self.reply, autoescape=True))
        return found


@dataclass(frozen=True, slots=True)
class Group:
    """So many deliveries with the same reason, or the same answer of the relay."""

    reason: Reason | None
    reply: str
    count: int


def mails(
    session: Session, which: Which, *, after: int | None = None
) -> tuple[list[Mail], int | None]:
    """Return a page of deliveries, newest first, and where the next one begins."""
    wanted = which.latest(Delivery.id, most=SIZE + 1, after=after)
    ids = session.scalars(wanted).all()
    rows = session.execute(
        select(Delivery, Step, Revision.subject)
        .outerjoin(Step, Step.id == Delivery.step_id)
        .outerjoin(Revision, Revision.id == Step.revision_id)
        .where(Delivery.id.in_(ids))
    )
    mails = {mail.id: Mail(mail, step, subject or "") for mail, step, subject in rows}
    found = [mails[one] for one in ids]
    return found[:SIZE], found[SIZE - 1].delivery.id if len(found) > SIZE else None


def grouped(session: Session, which: Which) -> list[Group]:
    """Return the reasons of these deliveries, the commonest first."""
    latest = which.latest(Delivery.reason, Delivery.reply, most=LATEST).subquery()
    answer = func.regexp_substr(latest.c.reply, REPLY).label("answer")
    rows = session.execute(
        select(latest.c.reason, answer, func.count())
        .group_by(latest.c.reason, "answer")
        .order_by(func.count().desc(), latest.c.reason, "answer")
        .limit(SIZE)
    )
    return [Group(reason, reply or "", count) for reason, reply, count in rows]


def tale(session: Session, delivery_id: int) -> Tale | None:
    """Return everything about one delivery, or None when there is none."""
    delivery = session.get(Delivery, delivery_id)
    if delivery is None:
        return None
    step = session.get(Step, delivery.step_id) if delivery.step_id else None
    text_id = delivery.revision_id or (step.revision_id if step else None)
    revision = session.get(Revision, text_id) if text_id else None
    subject = (delivery.draft or {}).get("subject") or (
        revision.subject if revision else ""
    )
    history = session.scalars(
        select(Event)
        .where(Event.delivery_id == delivery_id, _to_her(delivery))
        .order_by(Event.id)
        .limit(MOST_EVENTS)
    )
    return Tale(Mail(delivery, step, subject), history.all())


def _to_her(delivery: Delivery) -> ColumnElement[bool]:
    """Say whose events they are: an index finds them by the person only."""
    if delivery.subscriber_id is None:
        return Event.subscriber_id.is_(None)
    return Event.subscriber_id == delivery.subscriber_id
