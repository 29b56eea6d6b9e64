"""Counts of a sequence: who is inside, and what became of each step's mails."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from funnel.domain.status import DeliveryState, EnrollmentState, SequenceState
from funnel.flow.reports.clicks import clicks_by_step
from funnel.flow.reports.outcomes import Outcome, mails
from funnel.models import Delivery, Enrollment, Step
from funnel.models import Sequence as SequenceRow


@dataclass(slots=True)
class StepNumbers:
    """How many wait for a step now, and what became of its mails."""

    waiting: int = 0
    outcome: Outcome = field(default_factory=Outcome)
    clicked: int = 0  # clicks of people, over all texts of the step

    @property
    def sent(self) -> int:
        return self.outcome.sent

    @property
    def skipped(self) -> int:
        return self.outcome.skipped

    @property
    def troubled(self) -> int:
        return self.outcome.troubled

    @property
    def any(self) -> bool:
        return bool(self.waiting or self.sent or self.skipped or self.troubled)


@dataclass(frozen=True, slots=True)
class Head:
    """A sequence in four numbers, and the oldest mail that is late, if any."""

    inside: int
    finished: int
    left: int
    late_since: datetime | None


@dataclass(frozen=True, slots=True)
class Overview:
    """A sequence as the list of sequences shows it."""

    sequence: SequenceRow
    inside: int
    drafts: int
    steps: int


def overview(session: Session) -> list[Overview]:
    """Return every sequence with its numbers; archived ones last."""
    rows = session.scalars(select(SequenceRow).order_by(SequenceRow.name)).all()
    found = [_overview(session, row) for row in rows]
    return sorted(found, key=lambda one: one.sequence.state is SequenceState.ARCHIVED)


def head(session: Session, sequence_id: int, *, now: datetime) -> Head:
    """Return the sequence's numbers; late is what should have left by now."""
    counts = _by_state(session, sequence_id)
    late = session.scalar(
        select(func.min(Delivery.due_at))
        .join(Step, Step.id == Delivery.step_id)
        .where(
            Step.sequence_id == sequence_id,
            Delivery.state == DeliveryState.SCHEDULED,
            Delivery.due_at < now,
        )
    )
    return Head(
        inside=counts.get(EnrollmentState.ACTIVE, 0),
        finished=counts.get(EnrollmentState.COMPLETED, 0),
        left=counts.get(EnrollmentState.EXITED, 0),
        late_since=late,
    )


def per_step(session: Session, sequence_id: int) -> dict[int, StepNumbers]:
    """Return the numbers of every step by its id; test sends do not count."""
    steps = session.scalars(select(Step.id).where(Step.sequence_id == sequence_id))
    found = {step_id: StepNumbers() for step_id in steps}
    for step_id, outcome in mails(session, found).items():
        found[step_id].outcome = outcome
    waiting = session.execute(
        select(Enrollment.next_step_id, func.count())
        .where(
            Enrollment.next_step_id.in_(found),
            Enrollment.state == EnrollmentState.ACTIVE,
        )
        .group_by(Enrollment.next_step_id)
    )
    for waited_for, count in waiting:
        found[waited_for or 0].waiting = count
    for step_id, clicks in clicks_by_step(session, sequence_id).items():
        found[step_id].clicked = clicks
    return found


def _overview(session: Session, row: SequenceRow) -> Overview:
    alive = [step for step in row.steps if step.deleted_at is None]
    inside = _by_state(session, row.id).get(EnrollmentState.ACTIVE, 0)
    drafts = sum(step.draft is not None for step in alive)
    return Overview(row, inside, drafts or int(row.draft is not None), len(alive))


def _by_state(session: Session, sequence_id: int) -> dict[EnrollmentState, int]:
    rows = session.execute(
        select(Enrollment.state, func.count())
        .where(Enrollment.sequence_id == sequence_id)
        .group_by(Enrollment.state)
    )
    return {state: count for state, count in rows}  # noqa: C416 - rows, not pairs
