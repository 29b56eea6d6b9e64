"""What publishing means for people: the plan of before and that of after, compared.

Both are the scan's own (`due.ahead`), so the table says what will happen, not what
an edit of this kind usually does.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from funnel.domain.schedule import Moved, Planned
from funnel.domain.status import EnrollmentState, Reason
from funnel.flow import due
from funnel.flow.due import people
from funnel.flow.due.outcome import Course
from funnel.flow.due.people import Person
from funnel.flow.publishing import course, structure
from funnel.models import Enrollment
from funnel.models import Sequence as SequenceRow

BATCH = 500
NOWHERE = 0  # "goes on with" nothing: the sequence ends there


@dataclass(slots=True)
class Impact:
    """Counts by step and word, and of people altogether.

    A step's words: waiting, passed, earlier, later, next-slot (overdue by the edit),
    gets (did not before), never (did before), passed-over (a new step above her
    place), to:ID (who waited for it goes on there), why:REASON (of `never`).
    """

    steps: dict[int, Counter[str]] = field(default_factory=dict)
    totals: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> "Impact":
        """Read what a job has kept."""
        steps = {int(key): Counter(row) for key, row in kept.get("steps", {}).items()}
        return cls(steps, Counter(kept.get("totals", {})))

    def as_json(self) -> dict[str, Any]:
        steps = {str(key): dict(row) for key, row in self.steps.items()}
        return {"steps": steps, "totals": dict(self.totals)}

    def count(self, step_id: int, word: str) -> None:
        self.steps.setdefault(step_id, Counter())[word] += 1

    def row(self, step_id: int) -> Counter[str]:
        return self.steps.get(step_id, Counter())


@dataclass(frozen=True, slots=True)
class Courses:
    """The sequence as it is, as it will be, and with new steps for everybody."""

    before: Course
    after: Course
    everybody: Course | None  # None: nothing is put in
    now: datetime

    @property
    def read_events(self) -> bool:
        return self.before.reads_events or self.after.reads_events


def courses_of(session: Session, sequence: SequenceRow, now: datetime) -> Courses:
    """Read both sides of the edit; raises ValueError for rules that cannot be read."""
    after = course.drafted(session, sequence, now=now)
    has_new = any(course.is_new(step) for step in structure.listed(sequence))
    everybody = course.for_all(after, sequence) if has_new else None
    return Courses(course.live(session, sequence), after, everybody, now)


def table(session: Session, sequence: SequenceRow, *, now: datetime) -> Impact:
    """Return the whole table at once: for few people."""
    impact, both = Impact(), courses_of(session, sequence, now)
    cursor: int | None = 0
    while cursor is not None:
        ids = next_ids(session, sequence.id, both, cursor)
        add(session, impact, both, ids)
        cursor = ids[-1] if ids else None
    return impact


def population(session: Session, sequence: SequenceRow) -> int:
    """Return how many people would have to be looked at."""
    has_new = any(course.is_new(step) for step in structure.listed(sequence))
    query = select(func.count()).where(*_concerned(sequence.id, has_new))
    return session.scalar(query) or 0


def next_ids(
    session: Session, sequence_id: int, both: Courses, after: int
) -> Sequence[int]:
    """Return the next enrollments to look at."""
    return session.scalars(
        select(Enrollment.id)
        .where(
            *_concerned(sequence_id, both.everybody is not None), Enrollment.id > after
        )
        .order_by(Enrollment.id)
        .limit(BATCH)
    ).all()


def add(session: Session, impact: Impact, both: Courses, ids: Sequence[int]) -> None:
    """Count these people into the table."""
    for person in people.load(session, ids, with_events=both.read_events):
        if person.end is None:
            _count(impact, person, both)


def _concerned(sequence_id: int, has_new: bool) -> tuple[Any, ...]:
    """Who is inside; and, where a step is put in, who had finished."""
    inside = Enrollment.state == EnrollmentState.ACTIVE
    done = (Enrollment.state == EnrollmentState.COMPLETED) & (
        Enrollment.reason == Reason.FINISHED
    )
    return Enrollment.sequence_id == sequence_id, (inside | done) if has_new else inside


def _count(impact: Impact, person: Person, both: Courses) -> None:
    plan = {item.step.id: item for item in due.ahead(person, both.after, both.now)}
    after = _going(plan.values())
    more: dict[int, Planned] = {}
    if both.everybody is not None:
        more = _going(due.ahead(person, both.everybody, both.now))
    if person.row.enrollment_state is EnrollmentState.COMPLETED:
        impact.totals["finished"] += bool(after)
        impact.totals["finished-also"] += bool(more)
        return
    before = _going(due.ahead(person, both.before, both.now))
    _where(impact, person, both, after)
    changed = _compare(impact, before, after, plan)
    passed_over = [one for one in more if one not in after and one not in before]
    for step_id in passed_over:
        impact.count(step_id, "passed-over")
    impact.totals.update(
        {"people": 1, "changed": int(changed), "also": int(bool(passed_over))}
    )


def _where(
    impact: Impact, person: Person, both: Courses, after: Mapping[int, Planned]
) -> None:
    """Count where she stands, and where she goes on when that place is gone."""
    for past in person.handled(both.before.kinds):
        impact.count(past.step_id, "passed")
    waits_for = person.row.next_step_id
    if waits_for is None:
        return
    impact.count(waits_for, "waiting")
    if waits_for not in after and _is_out(both.after, waits_for):
        first = min(after.values(), key=lambda item: item.at, default=None)
        impact.count(waits_for, f"to:{first.step.id if first else NOWHERE}")


def _compare(
    impact: Impact,
    before: Mapping[int, Planned],
    after: Mapping[int, Planned],
    plan: Mapping[int, Planned],
) -> bool:
    """Count what changes for her, step by step; say whether anything does."""
    changed = False
    for step_id in {**before, **after}:
        word = _word(before.get(step_id), after.get(step_id))
        if word is None:
            continue
        changed = True
        impact.count(step_id, word)
        if word == "never":
            skipped = plan.get(step_id)
            impact.count(step_id, f"why:{skipped.skip if skipped else ''}")
        elif Moved.RETIMED in after[step_id].moved:
            impact.count(step_id, "next-slot")
    return changed


def _word(before: Planned | None, after: Planned | None) -> str | None:
    if before is None:
        return "gets"
    if after is None:
        return "never"
    if before.at == after.at:
        return None
    return "earlier" if after.at < before.at else "later"


def _is_out(after: Course, step_id: int) -> bool:
    return all(
        step.is_deleted or not step.is_on for step in after.steps if step.id == step_id
    )


def _going(items: Iterable[Planned]) -> dict[int, Planned]:
    return {item.step.id: item for item in items if item.skip is None}
