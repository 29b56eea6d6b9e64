"""Every publish, kept as a whole: to be read, compared, and brought back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from funnel.domain.status import Role
from funnel.flow.publishing import structure
from funnel.flow.publishing.changes import Change
from funnel.flow.publishing.content import Content, Contents
from funnel.models import Revision, Sequence, Step, Version


class HasDrafts(Exception):  # noqa: N818 - it says what is in the way
    """Drafts wait to be published: a version brought back would replace them."""


@dataclass(frozen=True, slots=True)
class Edition:
    """A version, and what it changed in the one before it."""

    version: Version
    changes: list[Change] = field(default_factory=list)
    rules: list[tuple[str, object, object]] = field(default_factory=list)
    is_first: bool = False


def keep(
    session: Session,
    sequence: Sequence,
    *,
    author: str,
    now: datetime,
    restores: int | None = None,
) -> None:
    """Write down the list as it is published now; not committed."""
    session.add(
        Version(
            sequence_id=sequence.id,
            number=sequence.version,
            restores=restores,
            rules=sequence.rules,
            steps=[
                [step.id, step.revision_id or step.revision.id]
                for step in sorted(sequence.steps, key=lambda step: step.rank)
                if step.deleted_at is None and step.revision is not None
            ],
            author=author,
            published_at=now,
        )
    )


def history(session: Session, sequence: Sequence) -> list[Edition]:
    """Return every version with what it changed, the latest first."""
    rows = session.scalars(
        select(Version)
        .where(Version.sequence_id == sequence.id)
        .order_by(Version.number)
    ).all()
    texts = _revisions(session, rows)
    found = [
        _edition(sequence, texts, before, row)
        for before, row in zip([None, *rows], rows, strict=False)
    ]
    return found[::-1]


def before(session: Session, sequence: Sequence) -> int | None:
    """Return the number of the version that an undo would bring back, if any."""
    return session.scalar(
        select(Version.number).where(
            Version.sequence_id == sequence.id,
            Version.number == sequence.version - 1,
        )
    )


def restore(session: Session, sequence_id: int, number: int) -> None:
    """Make a draft of an older version; it is published like any other.

    Raises HasDrafts. Mails that an act calls for are never taken away by it.
    """
    sequence = session.get_one(Sequence, sequence_id, with_for_update=True)
    version = session.scalars(
        select(Version).where(
            Version.sequence_id == sequence_id, Version.number == number
        )
    ).one()
    alive = [step for step in sequence.steps if step.deleted_at is None]
    if sequence.draft or any(step.draft for step in alive):
        raise HasDrafts
    texts = _revisions(session, [version])
    steps = {step.id: step for step in sequence.steps}
    for step_id, revision_id in version.steps:
        _redraft(steps[step_id], Content.of(texts[revision_id]))
    wanted = [step_id for step_id, _ in version.steps]
    order = [one for one in wanted if steps[one].role is Role.LISTED]
    structure.set_order(sequence, order)
    structure.set_rules(sequence, version.rules)
    if sequence.draft or any(step.draft for step in sequence.steps):
        sequence.draft = {**(sequence.draft or {}), "restores": number}
    session.commit()


def _redraft(step: Step, content: Content) -> None:
    is_same = step.revision is not None and Content.of(step.revision) == content
    step.draft = None if is_same else content.as_draft()


def _revisions(session: Session, rows: Any) -> Mapping[int, Revision]:
    wanted = {revision_id for row in rows for _, revision_id in row.steps}
    found = session.scalars(select(Revision).where(Revision.id.in_(wanted)))
    return {row.id: row for row in found}


def _edition(
    sequence: Sequence,
    texts: Mapping[int, Revision],
    before: Version | None,
    after: Version,
) -> Edition:
    if before is None:
        return Edition(after, is_first=True)
    steps = {step.id: step for step in sequence.steps}
    old, new = before.texts, after.texts
    moved = structure.moved(_places(before, steps), _places(after, steps))
    found = [
        _change(
            steps[step_id],
            texts,
            old.get(step_id),
            new.get(step_id),
            moved,
            after.number,
        )
        for step_id in [*new, *(gone for gone in old if gone not in new)]
        if old.get(step_id) != new.get(step_id) or step_id in moved
    ]
    rules = structure.changed_rules(before.rules, after.rules)
    return Edition(after, found, rules)


def _places(version: Version, steps: Mapping[int, Step]) -> list[int]:
    return [one for one, _ in version.steps if steps[one].role is Role.LISTED]


def _change(
    step: Step,
    texts: Mapping[int, Revision],
    old: int | None,
    new: int | None,
    moved: set[int],
    number: int,
) -> Change:
    before = Content.of(texts[old]) if old else None
    after = Content.of(texts[new]) if new else None
    return Change(
        step,
        Contents(before, after),
        is_gone=after is None,
        is_back=before is None and texts[new or 0].version < number,
        is_moved=step.id in moved,
    )
