"""How many people of a sequence lack what a mail wants to say of them."""

from collections.abc import Mapping

from sqlalchemy import CompoundSelect, ScalarSelect, Select, func, select, union_all
from sqlalchemy.orm import Session

from funnel.domain.status import EnrollmentState
from funnel.flow.reports.people import MOST_COUNTED
from funnel.models import Enrollment, Registration, Subscriber

OF_A_DATE = ("start", "start_both", "start_day", "start_time")


def lacking(session: Session, sequence_id: int) -> Mapping[str, int]:
    """Return by value how many of the people inside have none.

    The count stops behind MOST_COUNTED, so that a large sequence costs no more.
    """
    inside = _inside(sequence_id)
    nameless = inside.join(Subscriber).where(Subscriber.is_nameless())
    # Each out of its own index; asked with an "or", everybody is looked at.
    dateless = union_all(
        inside.where(Enrollment.registration_id.is_(None)),
        inside.join(Registration).where(Registration.occurrence_id.is_(None)),
    )
    counted = select(_counted(nameless), _counted(dateless))
    names, dates = session.execute(counted).one()
    return {"first_name": names, **dict.fromkeys(OF_A_DATE, dates)}


def _inside(sequence_id: int) -> Select[int]:
    return select(Enrollment.id).where(
        Enrollment.sequence_id == sequence_id,
        Enrollment.state == EnrollmentState.ACTIVE,
    )


def _counted(people: Select[int] | CompoundSelect[int]) -> ScalarSelect[int]:
    some = people.limit(MOST_COUNTED + 1).subquery()
    return select(func.count()).select_from(some).scalar_subquery()
