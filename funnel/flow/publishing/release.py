"""Publishing: drafts become immutable revisions, in one version, seen beforehand."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict, Unpack

from sqlalchemy.orm import Session

from funnel.domain.status import Reason, Role, SequenceState
from funnel.flow import enrollment, events, team
from funnel.flow.publishing import draft, jobs, outlook, review, structure, versions
from funnel.flow.publishing.changes import is_retimed, seen, unpublished
from funnel.flow.publishing.content import Content, contents, drafted
from funnel.mail.compile import Use
from funnel.mail.problem import N_
from funnel.models import (
    Enrollment,
    EventKind,
    Link,
    Revision,
    Sequence,
    Step,
)

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
class Wishes:
    """What a marketer may ask for beside the change itself."""

    also_passed: bool = False  # who had passed the place of a new step gets it too
    reopen: bool = False  # who had finished goes on


class Looked(TypedDict, total=False):
    """What the marketer looked at beside the version, and asked for."""

    drafts: str | None
    wishes: Wishes


NONE = Wishes()


def publish(
    session: Session,
    sequence_id: int,
    *,
    base_version: int,
    author: str,
    now: datetime,
    **looked: Unpack[Looked],
) -> Sequence:
    """Publish every draft as the next version, and have people planned again.

    `base_version` and `drafts` (of `seen`) are what the marketer looked at; raises
    VersionConflict when that is no longer so, or BadDraft.
    """
    sequence = structure.held(session, sequence_id)
    drafts, wishes = looked.get("drafts"), looked.get("wishes", NONE)
    if sequence.version != base_version or drafts not in {None, seen(sequence)}:
        raise VersionConflict
    release(session, sequence, author=author, now=now, wishes=wishes)
    session.commit()
    return sequence


def go_live(
    session: Session, sequence_id: int, *, now: datetime, embedded: bool = False
) -> None:
    """Let a published sequence send: who is in it is planned again.

    Raises NotReady while the business profile is not the business's own; only the
    embedded mode, which mails nobody outside, goes without.
    """
    sequence = Sequence.held(session, sequence_id)
    if sequence.state is SequenceState.DRAFT and sequence.version:
        if not embedded and not team.is_ready(session):
            raise NotReady
        sequence.state = SequenceState.LIVE
        enrollment.look_again(session, Enrollment.sequence_id == sequence_id, now=now)
    session.commit()


def release(
    session: Session,
    sequence: Sequence,
    *,
    author: str,
    now: datetime,
    wishes: Wishes = NONE,
) -> None:
    """Turn the drafts into the next version of the whole; not committed.

    Raises BadDraft, also for what `review` keeps back, and when a masterclass calls
    for a mail that is not there.
    """
    _check_roles(session, sequence)
    review.check(sequence)
    changed = [change.step.slug for change in unpublished(sequence)]
    retimed = is_retimed(sequence)
    restores = (sequence.draft or {}).get("restores")
    moved = structure.by_hand(sequence)
    sequence.version += 1
    sequence.published_at = now
    _take_over(sequence, now, is_late=sequence.version > 1 and not wishes.also_passed)
    for step in drafted(sequence.steps):
        _revise(session, step, author=author, now=now)
    session.flush()
    versions.keep(
        session, sequence, author=author, now=now, restores=restores, moved=moved
    )
    if retimed:
        _plan_again(session, sequence, now, wishes)
    events.record(
        session,
        EventKind.PUBLISHED,
        at=now,
        sequence_id=sequence.id,
        version=sequence.version,
        author=author,
        steps=changed,
    )


def _take_over(sequence: Sequence, now: datetime, *, is_late: bool) -> None:
    """Make the draft of the list the list; `is_late` keeps new steps from who passed.

    Every step keeps its id, and the places are shared out anew.
    """
    places, ids = structure.layout(sequence), set(structure.order(sequence))
    entries = structure.entries(sequence, now if is_late else None)
    ranks = sorted(step.rank for step in places)
    for rank, step in zip(ranks, places, strict=True):
        step.rank = rank
        if step.id not in ids:
            step.deleted_at, step.draft = step.deleted_at or now, None
        elif step.id in entries:
            step.deleted_at = None
            step.added_at, step.added_between = entries[step.id]
    sequence.rules = structure.rules(sequence)
    sequence.draft = None


def _plan_again(
    session: Session, sequence: Sequence, now: datetime, wishes: Wishes
) -> None:
    sequence.retimed_at = now
    inside = Enrollment.sequence_id == sequence.id
    if wishes.reopen:
        enrollment.reopen(session, inside, reasons={Reason.FINISHED}, now=now)
    count = enrollment.look_again(session, inside, now=now)
    jobs.watch_replanning(session, sequence, count, now=now)


def _check_roles(session: Session, sequence: Sequence) -> None:
    if not outlook.has_masterclass(session, sequence.id):
        return
    here = {step.role for step in sequence.steps if step.deleted_at is None}
    missing = [role for role in CALLED_FOR if role not in here]
    if missing:
        details = {"roles": ", ".join(missing)}
        raise draft.BadDraft(sequence.slug, [draft.Problem("role", NO_ROLE, details)])


def _revise(session: Session, step: Step, *, author: str, now: datetime) -> None:
    content = contents(step).latest
    compiled = draft.check(step, content, use=Use.SENDING)
    step.revision = Revision(
        step_id=step.id,
        version=step.sequence.version,
        **_fields(content),
        html=compiled.html,
        text=compiled.text,
        author=author,
        published_at=now,
        links=[
            Link(position=one.position, code=one.code, target=one.url)
            for one in compiled.links
        ],
    )
    session.add(step.revision)
    step.draft = None


def _fields(content: Content) -> Mapping[str, object]:
    return {name: getattr(content, name) for name in Content.__dataclass_fields__}
