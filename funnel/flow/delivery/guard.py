"""After a gap, nothing is sent before somebody has decided what becomes of it.

Workers that stood still for hours, or a database that came out of a backup, know of
mails that are long overdue, and perhaps not of those that went out meanwhile. So the
first tick after a gap opens a pause of everything. Signs of life are real time: time
travel makes no gap, and a start without a history has none.
"""

from datetime import timedelta

from sqlalchemy import ColumnElement, Insert, Interval, case, func, literal, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from funnel.domain.status import DeliveryState, EnrollmentState, SequenceState
from funnel.flow.delivery import verdict
from funnel.flow.delivery.verdict import NOW
from funnel.models import Delivery, Enrollment, Heartbeat, Pause, Sequence

WORKERS = ("scan", "drain")
GAP = timedelta(hours=6)


def trip(gap: timedelta) -> Insert:
    """Return the statement that opens the pause when it must; `now` is its argument.

    Only where something waits for longer than the gap: else nothing is to be decided.
    """
    span = literal(gap, Interval(native=True))
    last = (
        select(func.max(Heartbeat.at)).where(Heartbeat.name.in_(WORKERS))
    ).scalar_subquery()
    silence = func.now() - last
    must = case((silence > span, _overdue(span)), else_=False)
    found = select(NOW - silence, NOW).where(must)
    return (
        insert(Pause.__table__)  # type: ignore[arg-type]  # a Table, as Core takes it
        .from_select(["since", "found_at"], found)
        .on_conflict_do_nothing()
    )


def stands_still(session: Session) -> bool:
    """Say whether everything is paused."""
    return session.scalar(select(verdict.all_paused())) or False


def _overdue(span: ColumnElement[timedelta]) -> ColumnElement[bool]:
    live = select(Sequence.id).where(Sequence.state == SequenceState.LIVE)
    planned = select(Enrollment.id).where(
        Enrollment.state == EnrollmentState.ACTIVE,
        Enrollment.due_at < NOW - span,
        Enrollment.sequence_id.in_(live),
    )
    waiting = select(Delivery.id).where(
        Delivery.state == DeliveryState.SCHEDULED, Delivery.due_at < NOW - span
    )
    return or_(planned.exists(), waiting.exists())
