"""The sequences of a batch, read once and parsed once."""

from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from funnel.domain import conditions, timing
from funnel.domain.doors import Doors
from funnel.domain.schedule import Added, Pause, Rules, Step
from funnel.domain.status import Role
from funnel.flow.due.outcome import Course
from funnel.flow.due.people import AnyRow
from funnel.models import Pause as PauseRow
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

    def can_read(self, sequence_id: int) -> bool:
        return isinstance(self.found[sequence_id], Course)

    def changed(self, become: Callable[[Course], Course]) -> "Courses":
        """Return what those that can be read become."""
        return Courses(
            {
                sequence_id: become(one) if isinstance(one, Course) else one
                for sequence_id, one in self.found.items()
            }
        )

    @property
    def read_events(self) -> bool:
        """Say whether a condition of any of them asks for events."""
        courses = [one for one in self.found.values() if isinstance(one, Course)]
        return any(course.reads_events for course in courses)


def load(session: Session, sequence_ids: Collection[int]) -> Courses:
    """Read rules and published, listed steps, in their order.

    Deleted steps too: what they sent still counts below them.
    """
    steps: dict[int, list[AnyRow]] = defaultdict(list)
    for row in session.execute(_STEPS.where(StepRow.sequence_id.in_(sequence_ids))):
        steps[row.sequence_id].append(row)
    pauses = _pauses(session, sequence_ids)
    rows = session.execute(_SEQUENCES.where(Sequence.id.in_(sequence_ids)))
    return Courses(
        {row.id: _course(row, steps[row.id], pauses[row.id]) for row in rows}
    )


def _pauses(
    session: Session, sequence_ids: Collection[int]
) -> dict[int, tuple[Pause, ...]]:
    """Return the pauses that are over, in their order; those of all count for each."""
    rows = session.execute(
        select(PauseRow.sequence_id, PauseRow.since, PauseRow.until, PauseRow.how)
        .where(
            or_(PauseRow.sequence_id.in_(sequence_ids), PauseRow.sequence_id.is_(None)),
            PauseRow.until.is_not(None),
        )
        .order_by(PauseRow.since)
    ).all()
    return {
        wanted: tuple(
            Pause(since, until, how)
            for sequence_id, since, until, how in rows
            if until is not None and how is not None and sequence_id in {None, wanted}
        )
        for wanted in sequence_ids
    }


_SEQUENCES: Select[*tuple[Any, ...]] = select(
    Sequence.id,
    Sequence.rules,
    Sequence.doors,
    Sequence.retimed_at,
)


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
        StepRow.added_between,
    )
    .join(Revision, Revision.id == StepRow.revision_id)
    .where(StepRow.role == Role.LISTED)
    .order_by(StepRow.sequence_id, StepRow.rank, StepRow.id)
)


def _course(
    sequence: AnyRow, rows: list[AnyRow], pauses: tuple[Pause, ...]
) -> Course | Exception:
    try:
        return Course(
            tuple(_step(row) for row in rows),
            Rules.from_dict(sequence.rules),
            Doors.from_dict(sequence.doors),
            sequence.retimed_at,
            pauses,
        )
    except ValueError as error:  # BadTiming, BadCondition, BadRules, BadDoors
        return error


def added(at: datetime | None, between: dict[str, list[int]] | None) -> Added | None:
    """Read when and where an edit put a step in, as its row has it."""
    if at is None:
        return None
    return Added(at, **{name: frozenset(ids) for name, ids in (between or {}).items()})


def _step(row: AnyRow) -> Step:
    return Step(
        id=row.id,
        slug=row.slug,
        kind=row.kind,
        purpose=row.purpose,
        timing=timing.parse(row.timing),
        condition=conditions.parse(row.condition),
        is_on=row.is_on,
        added=added(row.added_at, row.added_between),
        is_deleted=row.deleted_at is not None,
    )
