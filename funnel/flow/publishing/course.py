"""A sequence as the plan reads it: as published, or as its drafts will make it."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from funnel.domain import conditions, schedule, timing
from funnel.domain.rules import Rules
from funnel.flow.due import courses
from funnel.flow.due.outcome import Course
from funnel.flow.publishing import structure
from funnel.flow.publishing.changes import is_retimed, unpublished
from funnel.flow.publishing.content import Content, contents
from funnel.models import Sequence, Step


def live(session: Session, sequence: Sequence) -> Course:
    """Return what the scan reads; raises ValueError where that cannot be read."""
    return courses.load(session, [sequence.id]).of(sequence.id)


def drafted(
    session: Session, sequence: Sequence, *, now: datetime | None = None
) -> Course:
    """Return what the scan will read if the drafts are published now.

    Without `now`, for somebody who begins after it: nobody has passed anything.
    """
    ids = set(structure.order(sequence))
    entries = structure.entries(sequence, now if sequence.version else None)
    steps = tuple(
        _step(step, entries.get(step.id), is_gone=step.id not in ids)
        for step in structure.layout(sequence)
    )
    return replace(
        live(session, sequence),
        steps=steps,
        rules=Rules.from_dict(structure.rules(sequence)),
        retimed_at=now if is_retimed(sequence) else sequence.retimed_at,
    )


def for_all(course: Course, sequence: Sequence) -> Course:
    """Return a drafted course whose new steps are for who passed them, too."""
    new = {step.id for step in structure.listed(sequence) if is_new(step)}
    steps = tuple(
        replace(step, added=None) if step.id in new else step for step in course.steps
    )
    return replace(course, steps=steps)


def is_new(step: Step) -> bool:
    """Say whether publishing would put a step into the list."""
    return step.revision_id is None or step.deleted_at is not None


def taken_out(sequence: Sequence) -> set[int]:
    """Return the ids of the steps that publishing deletes or leaves switched off."""
    return {
        change.step.id
        for change in unpublished(sequence)
        if change.is_gone or not change.both.latest.is_on
    }


def _read(content: Content) -> tuple[timing.Timing, conditions.Condition, bool]:
    """Return when, to whom, and whether; off is what is half written and says neither.

    The published place of a step is read by the scan, and never like that.
    """
    try:
        when = timing.parse(content.timing)
        return when, conditions.parse(content.condition), content.is_on
    except (timing.BadTiming, conditions.BadCondition):
        return timing.parse("at once"), conditions.ALWAYS, False


def _step(row: Step, entry: structure.Entry | None, *, is_gone: bool) -> schedule.Step:
    both = contents(row)
    content = both.published if is_gone and both.published else both.latest
    moment, who, is_on = _read(content)
    return schedule.Step(
        id=row.id,
        slug=row.slug,
        kind=content.kind,
        purpose=content.purpose,
        timing=moment,
        condition=who,
        is_on=is_on,
        added=courses.added(*(entry or (row.added_at, row.added_between))),
        is_deleted=is_gone,
    )
