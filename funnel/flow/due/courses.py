"""The sequences of a batch, read once and parsed once."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from funnel.domain import conditions, timing
from funnel.domain.schedule import Rules, Step
from funnel.domain.status import Role
from funnel.flow.due.outcome import Course
from funnel.flow.due.people import AnyRow
from funnel.models import Revision, Sequence
from funnel.models import Step as StepRow


@dataclass(frozen=True, slots=True)
class Courses:
    """Courses by the id of their sequence.

    One that cannot be read raises when it is asked for: only its own people wait.
    """

    found: dict[int, Course | Exception]

    def of(self, sequence_id: int) -> Course:
        course = self.found[sequence_id]
        if isinstance(course, Exception):
            raise course
        return course


def load(session: Session, sequence_ids: Collection[int]) -> Courses:
    """Read rules and published, listed steps, in their order.

    Deleted steps too: what they sent still counts below them.
    """
    steps: dict[int, list[AnyRow]] = defaultdict(list)
    for row in session.execute(_STEPS.where(StepRow.sequence_id.in_(sequence_ids))):
        steps[row.sequence_id].append(row)
    rows = session.execute(
        select(Sequence.id, Sequence.rules, Sequence.retimed_at).where(
            Sequence.id.in_(sequence_ids)
        )
    )
    return Courses({row.id: _course(row, steps[row.id]) for row in rows})


_STEPS: Select[*tuple[Any, ...]] = (
    select(
        StepRow.sequence_id,
        StepRow.id,
        StepRow.slug,
        Revision.kind,
        Revision.purpose,
        Revision.timing,
        Revision.condition,
        Revision.is_on,
        StepRow.deleted_at,
        StepRow.added_at,
    )
    .join(Revision, Revision.id == StepRow.revision_id)
    .where(StepRow.role == Role.LISTED)
    .order_by(StepRow.sequence_id, StepRow.rank, StepRow.id)
)


def _course(sequence: AnyRow, rows: list[AnyRow]) -> Course | Exception:
    try:
        steps = tuple(_step(row) for row in rows)
        return Course(steps, Rules.from_dict(sequence.rules), sequence.retimed_at)
    except ValueError as error:  # BadTiming, BadCondition, BadRules
        return error


def _step(row: AnyRow) -> Step:
    return Step(
        id=row.id,
        slug=row.slug,
        kind=row.kind,
        purpose=row.purpose,
        timing=timing.parse(row.timing),
        condition=conditions.parse(row.condition),
        is_on=row.is_on,
        added_at=row.added_at,
        is_deleted=row.deleted_at is not None,
    )
