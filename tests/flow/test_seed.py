"""The data of a first day."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from funnel.domain.status import SequenceState, TeamRole
from funnel.flow import seed
from funnel.models import (
    Business,
    Masterclass,
    Occurrence,
    Revision,
    Sequence,
    Step,
    User,
)

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
BASE = "http://127.0.0.1:8000"


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=AMSTERDAM)


@pytest.mark.parametrize(
    ("now", "tuesday", "sunday"),
    [
        ("2026-11-23 10:00", "2026-12-01 20:00", "2026-12-06 10:30"),
        ("2026-11-23 20:00", "2026-12-01 20:00", "2026-12-06 10:30"),
        ("2026-11-23 20:01", "2026-12-08 20:00", "2026-12-13 10:30"),
        ("2026-11-24 10:00", "2026-12-08 20:00", "2026-12-13 10:30"),
        ("2027-03-19 12:00", "2027-03-30 20:00", "2027-04-04 10:30"),
    ],
)
def test_the_dates_are_a_tuesday_eight_days_ahead_and_the_sunday_after(
    now: str, tuesday: str, sunday: str
) -> None:
    dates = seed.first_dates(local(now))

    assert dates == (local(tuesday), local(sunday))


def test_the_masterclass_is_there_with_its_live_sequence(
    session: Session, now: datetime
) -> None:
    seed.plant(session, base_url=BASE, live=True, now=now)

    masterclass = session.scalars(select(Masterclass)).one()
    sequence = session.get_one(Sequence, masterclass.sequence_id)
    assert masterclass.is_home
    assert sequence.state is SequenceState.LIVE
    assert [one.ends_at - one.starts_at for one in masterclass.occurrences]
    assert all(one.room_url.startswith(BASE) for one in masterclass.occurrences)
    offer = select(Revision.is_on).join(Step, Step.revision_id == Revision.id)
    assert session.scalars(offer.where(Step.slug == "10-aanbod")).one() is False


def test_the_business_is_marked_as_a_sample(session: Session, now: datetime) -> None:
    seed.plant(session, base_url=BASE, live=True, now=now)

    business = session.get_one(Business, 1)
    assert business.is_sample
    assert not business.missing
    assert "voorbeeld" in business.name


def test_outside_the_embedded_mode_nothing_goes_live(
    session: Session, now: datetime
) -> None:
    seed.plant(session, base_url=BASE, live=False, now=now)

    assert session.scalars(select(Sequence.state)).all() == [SequenceState.DRAFT]
    assert set(session.scalars(select(Occurrence.room_url))) == {""}


def test_the_first_marketer_owns_it_and_her_password_is_told_once(
    session: Session, now: datetime
) -> None:
    first = seed.plant(session, base_url=BASE, live=True, now=now)
    second = seed.plant(session, base_url=BASE, live=True, now=now)

    user = session.scalars(select(User)).one()
    assert user.role is TeamRole.OWNER
    assert first.password
    assert first.password not in user.password_hash
    assert second.password is None


def test_planting_twice_changes_nothing(session: Session, now: datetime) -> None:
    tables = (Business, Masterclass, Occurrence, Sequence, Step, Revision, User)

    def counts() -> list[int | None]:
        rows = [select(func.count()).select_from(table) for table in tables]
        return [session.scalar(row) for row in rows]

    seed.plant(session, base_url=BASE, live=True, now=now)
    before = counts()

    again = seed.plant(session, base_url=BASE, live=True, now=now)

    assert counts() == before
    assert not again.masterclass
