"""Every publish, kept as a whole: to be read, compared, and brought back."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from funnel.flow.publishing import snapshot, structure
from funnel.flow.publishing.changes import Change
from funnel.flow.publishing.content import Content
from funnel.flow.publishing.snapshot import Known, Snapshot
from funnel.models import Revision, Step, Version
from funnel.models import Sequence as SequenceRow


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
    sequence: SequenceRow,
    *,
    author: str,
    now: datetime,
    restores: int | None = None,
    moved: Collection[int] = (),
) -> None:
    """Write down the list as it is published now; not committed.

    `moved` are the steps that somebody moved by hand.
    """
    session.add(
        Version(
            sequence_id=sequence.id,
            number=sequence.version,
            restores=restores,
            rules=sequence.rules,
            steps=[
                [step.id, step.revision_id or step.revision.id, *_mark(step, moved)]
                for step in sorted(sequence.steps, key=lambda step: step.rank)
                if step.deleted_at is None and step.revision is not None
            ],
            author=author,
            published_at=now,
        )
    )


def numbered(session: Session, sequence_id: int) -> Sequence[Version]:
    """Return the versions of a sequence, the first one first."""
    mine = Version.sequence_id == sequence_id
    return session.scalars(select(Version).where(mine).order_by(Version.number)).all()


def history(session: Session, sequence: SequenceRow) -> list[Edition]:
    """Return every version with what it changed, the latest first."""
    rows = numbered(session, sequence.id)
    texts, steps = revisions(session, rows), {step.id: step for step in sequence.steps}
    found, seen = list[Edition](), set[int]()
    for before, row in zip([None, *rows], rows, strict=False):
        seen |= before.texts.keys() if before else set()
        stands = [
            snapshot.of_version(one, steps, texts) for one in (before, row) if one
        ]
        found.append(_edition(row, stands, Known(steps, frozenset(seen), row.moved)))
    return found[::-1]


def before(session: Session, sequence: SequenceRow) -> int | None:
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
    sequence = structure.held(session, sequence_id)
    version = session.scalars(
        select(Version).where(
            Version.sequence_id == sequence_id, Version.number == number
        )
    ).one()
    alive = [step for step in sequence.steps if step.deleted_at is None]
    if sequence.draft or any(step.draft for step in alive):
        raise HasDrafts
    steps = {step.id: step for step in sequence.steps}
    wanted = snapshot.of_version(version, steps, revisions(session, [version]))
    for step_id, content in wanted.texts.items():
        _redraft(steps[step_id], content)
    later = [row for row in numbered(session, sequence_id) if row.number > number]
    moved = {one for row in later for one in row.moved}
    structure.set_order(sequence, wanted.order, moved=moved)
    structure.set_rules(sequence, wanted.rules)
    if sequence.draft or any(step.draft for step in sequence.steps):
        sequence.draft = {**(sequence.draft or {}), "restores": number}
    session.commit()


def _mark(step: Step, moved: Collection[int]) -> list[int]:
    return [1] if step.id in moved else []


def _redraft(step: Step, content: Content) -> None:
    is_same = step.revision is not None and Content.of(step.revision) == content
    step.draft = None if is_same else content.as_draft()


def revisions(session: Session, rows: Sequence[Version]) -> Mapping[int, Revision]:
    """Return the texts of these versions, by their id."""
    wanted = {text for row in rows for text in row.texts.values()}
    found = session.scalars(select(Revision).where(Revision.id.in_(wanted)))
    return {row.id: row for row in found}


def _edition(version: Version, stands: list[Snapshot], known: Known) -> Edition:
    if len(stands) == 1:
        return Edition(version, is_first=True)
    before, after = stands
    rules = structure.changed_rules(before.rules, after.rules)
    return Edition(version, snapshot.differences(before, after, known), rules)
