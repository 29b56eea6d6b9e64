"""How far the people who signed up on a day have come, each counted once."""

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from funnel.domain.status import Stage
from funnel.flow.counts import calendar
from funnel.models import Signup, StageCount
from funnel.models.base import held

_earlier = aliased(Signup)


def reached(
    session: Session,
    stage: Stage,
    subscriber_id: int,
    masterclass_id: int | None = None,
) -> None:
    """Count her at a stage, in the transaction that brings her there; not committed.

    She counts on the day, with the source and the date of her first form for the
    masterclass; for the latest she signed up for, where none is given. Who never
    sent a form, such as somebody from a file, is not part of the funnel.
    """
    session.flush()
    signup = _first(session, subscriber_id, masterclass_id)
    if signup is None or stage in signup.reached:
        return
    signup.reached = [*signup.reached, stage]
    row = insert(StageCount).values(
        day=signup.created_at.astimezone(calendar.zone(session)).date(),
        stage=stage,
        masterclass_id=signup.masterclass_id,
        occurrence_id=signup.occurrence_id,
        source_id=signup.source_id,
        people=1,
    )
    key = ["day", "stage", "masterclass_id", "occurrence_id", "source_id"]
    more = {"people": StageCount.people + 1}
    session.execute(row.on_conflict_do_update(index_elements=key, set_=more))


def _first(
    session: Session, subscriber_id: int, masterclass_id: int | None
) -> Signup | None:
    before = select(_earlier.id).where(
        _earlier.subscriber_id == Signup.subscriber_id,
        _earlier.masterclass_id == Signup.masterclass_id,
        _earlier.id < Signup.id,
    )
    wanted = select(Signup).where(
        Signup.subscriber_id == subscriber_id, ~before.exists()
    )
    if masterclass_id is not None:
        wanted = wanted.where(Signup.masterclass_id == masterclass_id)
    latest = wanted.order_by(Signup.id.desc()).limit(1)
    return session.scalar(held(latest, key_share=True, of=Signup))
