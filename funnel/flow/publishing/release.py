"""Publishing: drafts become immutable revisions, in one version, seen beforehand."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from funnel.domain.status import EnrollmentState, Role, SequenceState
from funnel.flow import enrollment, events, team
from funnel.flow.publishing import draft
from funnel.flow.publishing.content import Content, Contents, contents, drafted
from funnel.mail.problem import N_
from funnel.models import (
    Enrollment,
    EventKind,
    Masterclass,
    Revision,
    Sequence,
    Step,
)

RETIMED = {"timing", "condition", "is_on", "kind", "purpose"}
"""A change of one of these has people planned again."""

CALLED_FOR = (
    Role.CONFIRMATION,
    Role.KNOWN,
    Role.MOVED,
    Role.CANCELLED,
    Role.NEW_DATE,
    Role.PERSONAL_DATA,
)
"""The mails that somebody's act calls for, in every masterclass."""

NO_ROLE = N_("The masterclass of this sequence needs a mail for: %(roles)s.")


class VersionConflict(Exception):  # noqa: N818 - it says what happened
    """A colleague published, or changed a draft, since the page was shown."""


class NotReady(Exception):  # noqa: N818 - it says what is the matter
    """The business profile is not the business's own yet: nothing goes live."""


@dataclass(frozen=True, slots=True)
class Change:
    """What publishing would do to one step, and how many people wait for it."""

    step: Step
    both: Contents
    waiting: int

    @property
    def fields(self) -> list[str]:
        return self.both.changed

    @property
    def is_new(self) -> bool:
        return self.both.published is None

    @property
    def is_retimed(self) -> bool:
        return self.is_new or bool(RETIMED & set(self.fields))


def changes(session: Session, sequence: Sequence) -> list[Change]:
    """Return what waits to be published, in the order of the steps."""
    steps = drafted(sequence.steps)
    waiting = _waiting(session, [step.id for step in steps])
    return [Change(step, contents(step), waiting.get(step.id, 0)) for step in steps]


def seen(sequence: Sequence) -> str:
    """Return a short hash of all drafts: what somebody looked at before publishing."""
    marks = [f"{step.id} {step.draft}" for step in drafted(sequence.steps)]
    return hashlib.sha256("\n".join(marks).encode()).hexdigest()[:16]


def publish(
    session: Session,
    sequence_id: int,
    *,
    base_version: int,
    author: str,
    now: datetime,
    drafts: str | None = None,
) -> Sequence:
    """Publish every draft as the next version, and have people planned again.

    `base_version` and `drafts` (of `seen`) are what the marketer looked at; raises
    VersionConflict when that is no longer so, or BadDraft.
    """
    sequence = session.get_one(Sequence, sequence_id, with_for_update=True)
    if sequence.version != base_version or drafts not in {None, seen(sequence)}:
        raise VersionConflict
    release(session, sequence, author=author, now=now)
    session.commit()
    return sequence


def go_live(
    session: Session, sequence_id: int, *, now: datetime, embedded: bool = False
) -> None:
    """Let a published sequence send: who is in it is planned again.

    Raises NotReady while the business profile is not the business's own; only the
    embedded mode, which mails nobody outside, goes without.
    """
    sequence = session.get_one(Sequence, sequence_id, with_for_update=True)
    if sequence.state is SequenceState.DRAFT and sequence.version:
        if not embedded and not team.is_ready(session):
            raise NotReady
        sequence.state = SequenceState.LIVE
        enrollment.look_again(session, Enrollment.sequence_id == sequence_id, now=now)
    session.commit()


def release(
    session: Session, sequence: Sequence, *, author: str, now: datetime
) -> None:
    """Turn the drafts into revisions of the next version; not committed.

    Raises BadDraft, also when a masterclass calls for a mail that is not there.
    """
    steps = drafted(sequence.steps)
    _check_roles(session, sequence)
    is_retimed = any(Change(step, contents(step), 0).is_retimed for step in steps)
    sequence.version += 1
    sequence.published_at = now
    for step in steps:
        _revise(session, step, author=author, now=now)
    if is_retimed:
        enrollment.look_again(session, Enrollment.sequence_id == sequence.id, now=now)
    events.record(
        session,
        EventKind.PUBLISHED,
        at=now,
        sequence_id=sequence.id,
        version=sequence.version,
        author=author,
        steps=[step.slug for step in steps],
    )


def _check_roles(session: Session, sequence: Sequence) -> None:
    uses = select(Masterclass.id).where(Masterclass.sequence_id == sequence.id)
    if session.scalar(uses.limit(1)) is None:
        return
    here = {step.role for step in sequence.steps if step.deleted_at is None}
    missing = [role for role in CALLED_FOR if role not in here]
    if missing:
        details = {"roles": ", ".join(missing)}
        raise draft.BadDraft(sequence.slug, [draft.Problem("role", NO_ROLE, details)])


def _revise(session: Session, step: Step, *, author: str, now: datetime) -> None:
    content = contents(step).latest
    compiled = draft.check(step, content)
    step.revision = Revision(
        step_id=step.id,
        version=step.sequence.version,
        **_fields(content),
        html=compiled.html,
        text=compiled.text,
        author=author,
        published_at=now,
    )
    session.add(step.revision)
    step.draft = None


def _fields(content: Content) -> Mapping[str, object]:
    return {name: getattr(content, name) for name in Content.__dataclass_fields__}


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
