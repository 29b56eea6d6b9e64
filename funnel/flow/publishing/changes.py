"""What waits to be published: texts, and places in the list."""

import hashlib
import json
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from funnel.domain.status import EnrollmentState
from funnel.flow.publishing import structure
from funnel.flow.publishing.content import Contents, contents, drafted
from funnel.models import Enrollment, Sequence, Step

RETIMED = {"timing", "condition", "is_on", "kind", "purpose"}
"""A change of one of these has people planned again."""


@dataclass(frozen=True, slots=True)
class Change:
    """What publishing would do to one step, and how many people wait for it."""

    step: Step
    both: Contents
    waiting: int = 0
    is_gone: bool = False
    is_back: bool = False
    is_moved: bool = False

    @property
    def fields(self) -> list[str]:
        return [] if self.is_gone else self.both.changed

    @property
    def is_new(self) -> bool:
        return self.both.published is None

    @property
    def is_retimed(self) -> bool:
        in_place = self.is_new or self.is_gone or self.is_back or self.is_moved
        return in_place or bool(RETIMED & set(self.fields))


def changes(session: Session, sequence: Sequence) -> list[Change]:
    """Return what waits to be published, in the order of the steps."""
    found = unpublished(sequence)
    waiting = _waiting(session, [one.step.id for one in found])
    return [
        Change(
            one.step,
            one.both,
            waiting.get(one.step.id, 0),
            one.is_gone,
            one.is_back,
            one.is_moved,
        )
        for one in found
    ]


def unpublished(sequence: Sequence) -> list[Change]:
    """Return the same without asking who waits."""
    places = structure.layout(sequence)
    staying = {step.id for step in structure.listed(sequence)}
    moved = structure.moved(
        structure.published_order(sequence),
        structure.order(sequence),
        structure.by_hand(sequence),
    )
    called = [step for step in drafted(sequence.steps) if step not in places]
    found = []
    for step in (*places, *called):
        is_listed = step in places
        one = Change(
            step,
            contents(step),
            is_gone=is_listed and step.id not in staying and step.deleted_at is None,
            is_back=step.id in staying and step.deleted_at is not None,
            is_moved=step.id in moved,
        )
        is_deleted = step.deleted_at is not None and not one.is_back
        if one.is_retimed or (one.both.draft is not None and not is_deleted):
            found.append(one)
    return [one for one in found if one.is_back or one.step.deleted_at is None]


def is_retimed(sequence: Sequence) -> bool:
    """Say whether publishing the drafts would have people planned again."""
    has_rules = "rules" in (sequence.draft or {})
    return has_rules or any(change.is_retimed for change in unpublished(sequence))


def seen(sequence: Sequence) -> str:
    """Return a short hash of all drafts: what somebody looked at before publishing."""
    coming = set(structure.order(sequence))
    marks = [
        f"{step.id} {step.draft}"
        for step in sequence.steps
        if step.draft and (step.deleted_at is None or step.id in coming)
    ]
    marks.append(json.dumps(sequence.draft, sort_keys=True))
    return hashlib.sha256("\n".join(marks).encode()).hexdigest()[:16]


def _waiting(session: Session, step_ids: list[int]) -> dict[int, int]:
    rows = session.execute(
        select(Enrollment.next_step_id, func.count())
        .where(
            Enrollment.next_step_id.in_(step_ids),
            Enrollment.state == EnrollmentState.ACTIVE,
        )
        .group_by(Enrollment.next_step_id)
    )
    return {step_id: count for step_id, count in rows if step_id is not None}
