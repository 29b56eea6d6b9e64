"""What publishing means for people: the plan of before and that of after, compared.

Both are the scan's own (`due.ahead`), so the table says what will happen, not what
an edit of this kind usually does.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from funnel.domain.schedule import Moved, Planned
from funnel.domain.status import EnrollmentState, Reason
from funnel.flow import due
from funnel.flow.due import people
from funnel.flow.due.outcome import Course
from funnel.flow.due.people import Past, Person
from funnel.flow.preferences.consent import STOPPABLE
from funnel.flow.publishing import course, structure
from funnel.models import Delivery, Enrollment
from funnel.models import Sequence as SequenceRow

BATCH = 500
NOWHERE = 0  # "goes on with" nothing: the sequence ends there


@dataclass(slots=True)
class Impact:
    """Counts by step and word, and of people altogether.

    A step's words: waiting, had (it arrived, or nearly surely), passed (it is behind
    her, and did not come), on-its-way (planned and about to leave), earlier, later,
    next-slot (overdue by the edit), gets (did not before), never (did before),
    passed-over (a new step above her place), to:ID (who waited for it goes on
    there), why:REASON (of `never`).
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
    concerned: ColumnElement[bool]
    now: datetime

    @property
    def read_events(self) -> bool:
        return self.before.reads_events or self.after.reads_events


def courses_of(session: Session, sequence: SequenceRow, now: datetime) -> Courses:
    """Read both sides of the edit; raises ValueError for rules that cannot be read."""
    after = course.drafted(session, sequence, now=now)
    has_new = any(course.is_new(step) for step in structure.listed(sequence))
    everybody = course.for_all(after, sequence) if has_new else None
    before = course.live(session, sequence)
    return Courses(before, after, everybody, _concerned(sequence), now)


def table(session: Session, sequence: SequenceRow, *, now: datetime) -> Impact:
    """Return the whole table at once: for few people."""
    impact, both = Impact(), courses_of(session, sequence, now)
    cursor: int | None = 0
    while cursor is not None:
        ids = next_ids(session, both, cursor)
        add(session, impact, both, ids)
        cursor = ids[-1] if ids else None
    return impact


def population(session: Session, sequence: SequenceRow) -> int:
    """Return how many people would have to be looked at."""
    return session.scalar(select(func.count()).where(_concerned(sequence))) or 0


def next_ids(session: Session, both: Courses, after: int) -> Sequence[int]:
    """Return the next enrollments to look at."""
    return session.scalars(
        select(Enrollment.id)
        .where(both.concerned, Enrollment.id > after)
        .order_by(Enrollment.id)
        .limit(BATCH)
    ).all()


def add(session: Session, impact: Impact, both: Courses, ids: Sequence[int]) -> None:
    """Count these people into the table."""
    found = people.load(session, ids, with_events=both.read_events)
    for person in due.beside(session, found, now=both.now):
        if person.end is None:
            _count(impact, person, both)


def _concerned(sequence: SequenceRow) -> ColumnElement[bool]:
    """Select whom it may concern: who is inside, and some of those who are through.

    These are who had finished, where a step is put in, and who has but for a mail
    that did not leave yet, and now will not.
    """
    concerned = Enrollment.state == EnrollmentState.ACTIVE
    if any(course.is_new(step) for step in structure.listed(sequence)):
        concerned |= (Enrollment.state == EnrollmentState.COMPLETED) & (
            Enrollment.reason == Reason.FINISHED
        )
    if out := course.taken_out(sequence):
        stopped = select(Delivery.enrollment_id).where(
            Delivery.step_id.in_(out), Delivery.state.in_(STOPPABLE)
        )
        concerned |= Enrollment.id.in_(stopped)
    return (Enrollment.sequence_id == sequence.id) & concerned


def _count(impact: Impact, person: Person, both: Courses) -> None:
    plan = {item.step.id: item for item in due.ahead(person, both.after, both.now)}
    after = _going(plan.values())
    more: dict[int, Planned] = {}
    if both.everybody is not None:
        more = _going(due.ahead(person, both.everybody, both.now))
    stopped = _behind(impact, person, both)
    if person.row.enrollment_state is not EnrollmentState.ACTIVE:
        if person.row.reason is Reason.FINISHED:
            impact.totals["finished"] += bool(after)
            impact.totals["finished-also"] += bool(more)
        impact.totals.update({"people": int(stopped), "changed": int(stopped)})
        return
    before = _going(due.ahead(person, both.before, both.now))
    _where(impact, person, both, after)
    changed = _compare(impact, before, after, plan) or stopped
    passed_over = [one for one in more if one not in after and one not in before]
    for step_id in passed_over:
        impact.count(step_id, "passed-over")
    impact.totals.update(
        {"people": 1, "changed": int(changed), "also": int(bool(passed_over))}
    )


def _behind(impact: Impact, person: Person, both: Courses) -> bool:
    """Count what was done about her steps; say whether a mail is stopped that waits.

    Whoever is through is counted for what is stopped only.
    """
    is_inside = person.row.enrollment_state is EnrollmentState.ACTIVE
    is_stopped = False
    for past in person.handled(both.before.kinds):
        if past.state in STOPPABLE and _is_out(both.after, past.step_id):
            is_stopped = True
            impact.count(past.step_id, "never")
            impact.count(past.step_id, f"why:{Reason.SWITCHED_OFF}")
        elif is_inside:
            impact.count(past.step_id, _done(past))
    return is_stopped


def _done(past: Past) -> str:
    if past.has_arrived:
        return "had"
    return "passed" if past.is_final else "on-its-way"


def _where(
    impact: Impact, person: Person, both: Courses, after: Mapping[int, Planned]
) -> None:
    """Count where she stands, and where she goes on when that place is gone."""
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
