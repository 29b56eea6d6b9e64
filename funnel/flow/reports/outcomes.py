"""What became of the mails of each step: sent, not sent and why, and who left by it.

The past is counted by day each night (MailCount); the days after it are counted one
by one, out of an index.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import groupby

from sqlalchemy import ColumnElement, false, func, select
from sqlalchemy.orm import Session, joinedload

from funnel.domain.status import FINAL, DeliveryState, Reason
from funnel.flow.counts import calendar
from funnel.models import (
    ClickCount,
    Delivery,
    Event,
    EventKind,
    Link,
    MailCount,
    Revision,
    Step,
    System,
)
from funnel.models import Sequence as SequenceRow

DAY = timedelta(days=1)
ARRIVED = {DeliveryState.SENT, DeliveryState.BOUNCED, DeliveryState.COMPLAINED}
TROUBLED = {DeliveryState.FAILED, DeliveryState.UNCERTAIN, DeliveryState.PARKED}


@dataclass(slots=True)
class Outcome:
    """What became of a step's mails in a time."""

    sent: int = 0
    troubled: int = 0
    reasons: dict[Reason | None, int] = field(default_factory=dict)  # of who got none
    clicks: int = 0
    left: int = 0  # who unsubscribed by one of these mails

    @property
    def skipped(self) -> int:
        return sum(self.reasons.values())

    def add(self, state: DeliveryState, reason: Reason | None, count: int) -> None:
        if state in ARRIVED:
            self.sent += count
        elif state is DeliveryState.SKIPPED:
            self.reasons[reason] = self.reasons.get(reason, 0) + count
        elif state in TROUBLED:
            self.troubled += count


@dataclass(frozen=True, slots=True)
class Course:
    """A sequence, and what became of those of its mails that went to somebody."""

    sequence: SequenceRow
    steps: Sequence[tuple[Step, Outcome]]

    @property
    def most(self) -> int:
        """Return how often the step was sent that was sent most."""
        return max((outcome.sent for _, outcome in self.steps), default=0)


def outcomes(session: Session, first: date, last: date) -> list[Course]:
    """Return what happened from one day to another, by sequence and step."""
    everything = session.scalars(select(Step.id)).all()
    found = mails(session, everything, first=first, last=last)
    for step_id, clicks in _clicks(session, first, last).items():
        found[step_id].clicks = clicks
    for step_id, left in _left(session, first, last).items():
        found[step_id].left = left
    steps = session.scalars(
        select(Step)
        .join(SequenceRow)
        .options(joinedload(Step.sequence), joinedload(Step.revision))
        .where(Step.id.in_(found))
        .order_by(SequenceRow.name, SequenceRow.id, Step.rank)
    )
    return [
        Course(sequence, [(step, found[step.id]) for step in group])
        for sequence, group in groupby(steps, key=lambda step: step.sequence)
    ]


def mails(
    session: Session,
    steps: Collection[int],
    *,
    first: date | None = None,
    last: date | None = None,
) -> dict[int, Outcome]:
    """Return what became of these steps' mails that were planned for these days."""
    found = _mails(session, "step_id", steps, first, last)
    return defaultdict(Outcome, {step_id or 0: one for step_id, one in found.items()})


def mails_by_text(session: Session, step_id: int) -> dict[int | None, Outcome]:
    """Return the same of one step's mails by the revision that they have.

    Under None are those that were skipped before they had one.
    """
    return _mails(session, "revision_id", [step_id])


def _mails(
    session: Session,
    by: str,
    steps: Collection[int],
    first: date | None = None,
    last: date | None = None,
) -> dict[int | None, Outcome]:
    found: dict[int | None, Outcome] = defaultdict(Outcome)
    until = session.scalar(select(System.counted_until))
    for table, wanted, count in (
        (MailCount, _history(until, first, last), func.sum(MailCount.mails)),
        (Delivery, _recent(session, until, first, last), func.count()),
    ):
        what = (getattr(table, by), table.state, table.reason)
        wanted.append(table.step_id.in_(steps))
        rows = session.execute(select(*what, count).where(*wanted).group_by(*what))
        for key, state, reason, mails in rows:
            found[key].add(state, reason, int(mails))
    return found


Where = list[ColumnElement[bool]]


def _history(until: date | None, first: date | None, last: date | None) -> Where:
    """Select the days that are counted already: all before `until`."""
    wanted = [MailCount.day < until] if until else [false()]
    wanted += [MailCount.day >= first] if first else []
    return wanted + ([MailCount.day <= last] if last else [])


def _recent(
    session: Session, until: date | None, first: date | None, last: date | None
) -> Where:
    """Select the mails of the days that are not."""
    zone = calendar.zone(session)
    # Each state by its name: the index then leads to the days of each of them.
    wanted: Where = [Delivery.is_over(), Delivery.state.in_(FINAL)]
    if begin := max(filter(None, (until, first)), default=None):
        wanted.append(Delivery.planned_at >= calendar.start(begin, zone))
    if last:
        wanted.append(Delivery.planned_at < calendar.start(last + DAY, zone))
    return wanted


def _clicks(session: Session, first: date, last: date) -> dict[int, int]:
    rows = session.execute(
        select(Revision.step_id, func.sum(ClickCount.clicks))
        .join(Link, Link.revision_id == Revision.id)
        .join(ClickCount, ClickCount.link_id == Link.id)
        .where(ClickCount.day >= first, ClickCount.day <= last)
        .group_by(Revision.step_id)
    )
    return {step_id: int(clicks) for step_id, clicks in rows}


def _left(session: Session, first: date, last: date) -> dict[int, int]:
    zone = calendar.zone(session)
    rows = session.execute(
        select(Delivery.step_id, func.count())
        .join(Event, Event.delivery_id == Delivery.id)
        .where(
            Event.kind == EventKind.UNSUBSCRIBED,
            Event.at >= calendar.start(first, zone),
            Event.at < calendar.start(last + DAY, zone),
            Delivery.step_id.is_not(None),
        )
        .group_by(Delivery.step_id)
    )
    return {step_id or 0: count for step_id, count in rows}
