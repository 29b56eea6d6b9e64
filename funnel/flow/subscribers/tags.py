"""Tags: on one person at once, on a selection batch by batch in the background."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Session

from funnel.flow import enrollment, reports
from funnel.flow.reports import Selection
from funnel.models import Subscriber, Tag, Tagging
from funnel.models.base import held

BATCH, BATCHES = 1000, 10
"""Rows in a transaction, and transactions in a tick: a worker has more to do."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A tag (as `domain.tag.name` returns it) that is put on, or taken off."""

    tag: str
    is_added: bool


class Miscounted(Exception):  # noqa: N818 - it says what happened
    """There are other people in the selection than she was shown; `count` now."""

    def __init__(self, count: int) -> None:
        """Keep the number of now."""
        super().__init__(f"{count} people now")
        self.count = count


def known_tags(session: Session) -> Sequence[str]:
    return session.scalars(select(Tag.name).order_by(Tag.name)).all()


def remember(session: Session, names: Sequence[str]) -> None:
    """Let the studio suggest these tags from now on; not committed."""
    if names:
        rows = [{"name": name} for name in names]
        session.execute(insert(Tag).values(rows).on_conflict_do_nothing())


def mark(session: Session, subscriber_id: int, mark: Mark, *, now: datetime) -> bool:
    """Give one person a tag, or take it off; False when it was so already."""
    changed = _mark(session, Subscriber.id == subscriber_id, mark, now)
    if mark.is_added:
        remember(session, [mark.tag])
    session.commit()
    return changed


def tag_selection(
    session: Session,
    selection: Selection,
    mark: Mark,
    *,
    counted: int,
    user_id: int | None,
    now: datetime,
) -> Tagging:
    """Begin to tag everybody in a selection; raises Miscounted.

    `counted` is the number that she confirmed. Who comes later is not meant.
    """
    total = reports.count(session, selection)
    if total != counted:
        raise Miscounted(total)
    newest = session.scalar(select(func.max(Subscriber.id))) or 0
    tagging = Tagging(
        user_id=user_id,
        tag=mark.tag,
        is_added=mark.is_added,
        selection=selection.as_json(),
        below=newest + 1,
        total=total,
        created_at=now,
    )
    session.add(tagging)
    if mark.is_added:
        remember(session, [mark.tag])
    session.commit()
    return tagging


def open_taggings(session: Session) -> Sequence[Tagging]:
    waiting = Tagging.finished_at.is_(None)
    return session.scalars(select(Tagging).where(waiting).order_by(Tagging.id)).all()


def work(session: Session, *, now: datetime) -> int:
    """Go on with what waits, for a few batches; return how many people it was."""
    done = 0
    for _ in range(BATCHES):
        tagged = _batch(session, now)
        session.commit()
        if tagged is None:
            break
        done += tagged
    return done


def _batch(session: Session, now: datetime) -> int | None:
    """Tag the next people in one transaction; None: nothing waits."""
    tagging = session.scalar(
        held(
            select(Tagging)
            .where(Tagging.finished_at.is_(None))
            .order_by(Tagging.id)
            .limit(1),
            skip_locked=True,
        )
    )
    if tagging is None:
        return None
    is_rare = tagging.total <= reports.MOST_COUNTED
    where = Selection.of(tagging.selection).conditions(is_rare=is_rare)
    ids = session.scalars(
        select(Subscriber.id)
        .where(*where, Subscriber.id < tagging.below)
        .order_by(Subscriber.id.desc())
        .limit(BATCH)
    ).all()
    if ids:
        mark = Mark(tagging.tag, tagging.is_added)
        _mark(session, Subscriber.id.in_(ids), mark, now)
        tagging.below = ids[-1]
        tagging.done += len(ids)
    if len(ids) < BATCH:
        # What was looked for can be an address, and would outlive her erasure.
        tagging.finished_at, tagging.selection = now, {}
    return len(ids)


def _mark(
    session: Session, who: ColumnElement[bool], mark: Mark, now: datetime
) -> bool:
    """Put a tag on, or take it off, in the row itself: two at once lose nothing."""
    has_it = Subscriber.tags.contains([mark.tag])
    if mark.is_added:
        tags = Subscriber.tags.concat(func.jsonb_build_array(mark.tag, type_=JSONB))
        who = who & ~has_it & Subscriber.address.is_not(None)
    else:
        tags = Subscriber.tags.op("-", return_type=JSONB())(mark.tag)
        who = who & has_it
    changed = session.scalars(
        update(Subscriber)
        .where(who)
        .values(tags=tags)
        .returning(Subscriber.id)
        .execution_options(synchronize_session=False)
    ).all()
    enrollment.tagged(session, changed, mark.tag, on=mark.is_added, now=now)
    return bool(changed)
