"""Counts of a sequence: who is inside, and what became of each step's mails."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from funnel.domain.status import DeliveryState, EnrollmentState, SequenceState
from funnel.flow.reports.aftermath import Aftermath, aftermath
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
    after: Aftermath = field(default_factory=Aftermath)

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
    """A sequence in numbers, the oldest mail that is late, if any, and its steps."""

    inside: int
    finished: int
    left: int
    late_since: datetime | None
    steps: Mapping[int, StepNumbers]


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
    places = _places(session, sequence_id)
    found = {
        state: sum(count for (one, _), count in places.items() if one is state)
        for state in EnrollmentState
    }
    return Head(
        inside=found[EnrollmentState.ACTIVE],
        finished=found[EnrollmentState.COMPLETED],
        left=found[EnrollmentState.EXITED],
        late_since=_late_since(session, sequence_id, now),
        steps=_steps(session, sequence_id, places),
    )


def waiting(session: Session, sequence_id: int) -> dict[int, int]:
    """Return how many people wait for each step."""
    return {
        step_id: count
        for (state, step_id), count in _places(session, sequence_id).items()
        if state is EnrollmentState.ACTIVE and step_id is not None
    }


Places = Mapping[tuple[EnrollmentState, int | None], int]


def _places(session: Session, sequence_id: int) -> Places:
    """Return how many people are in which state, by the step that comes next."""
    rows = session.execute(
        select(Enrollment.state, Enrollment.next_step_id, func.count())
        .where(Enrollment.sequence_id == sequence_id)
        .group_by(Enrollment.state, Enrollment.next_step_id)
    )
    return {(state, step_id): count for state, step_id, count in rows}


def _late_since(session: Session, sequence_id: int, now: datetime) -> datetime | None:
    return session.scalar(
        select(func.min(Delivery.due_at))
        .join(Step, Step.id == Delivery.step_id)
        .where(
            Step.sequence_id == sequence_id,
            Delivery.state == DeliveryState.SCHEDULED,
            Delivery.due_at < now,
        )
    )


def _steps(
    session: Session, sequence_id: int, places: Places
) -> dict[int, StepNumbers]:
    """Return the numbers of every step by its id; test sends do not count."""
    ids = session.scalars(select(Step.id).where(Step.sequence_id == sequence_id)).all()
    outcomes, clicks = mails(session, ids), clicks_by_step(session, sequence_id)
    after = aftermath(session, ids)
    return {
        step_id: StepNumbers(
            waiting=places.get((EnrollmentState.ACTIVE, step_id), 0),
            outcome=outcomes.get(step_id, Outcome()),
            clicked=clicks.get(step_id, 0),
            after=after[step_id],
        )
        for step_id in ids
    }


def _overview(session: Session, row: SequenceRow) -> Overview:
    alive = [step for step in row.steps if step.deleted_at is None]
    inside = _inside(session, row.id)
    drafts = sum(step.draft is not None for step in alive)
    return Overview(row, inside, drafts or int(row.draft is not None), len(alive))


def _inside(session: Session, sequence_id: int) -> int:
    inside = select(func.count()).where(
        Enrollment.sequence_id == sequence_id,
        Enrollment.state == EnrollmentState.ACTIVE,
    )
    return session.scalar(inside.select_from(Enrollment)) or 0
