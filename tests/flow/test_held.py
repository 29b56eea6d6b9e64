"""Who waited for a colleague sees what she did, whatever was read before."""

from collections.abc import Iterator
from datetime import timedelta

import factories
import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from funnel.flow import occurrences, publishing
from funnel.flow.occurrences import Entry, Stale
from funnel.flow.publishing import structure
from funnel.models import Occurrence, Sequence, Step

NOW, HOUR = factories.NOW, timedelta(hours=1)


@pytest.fixture
def colleague(engine: Engine) -> Iterator[Session]:
    with Session(engine) as session:
        yield session


def test_of_two_who_save_one_mail_at_once_the_second_is_told(
    commit_session: Session, colleague: Session
) -> None:
    made = factories.step(commit_session)
    commit_session.commit()
    mine = commit_session.get_one(Step, made.id)
    opened = publishing.contents(mine).latest.fingerprint  # read, as a page does

    publishing.save_draft(colleague, mine.id, {"subject": "Van haar"}, seen=opened)
    with pytest.raises(publishing.DraftConflict) as conflict:
        publishing.save_draft(
            commit_session, mine.id, {"subject": "Van mij"}, seen=opened
        )

    assert conflict.value.latest.subject == "Van haar"


def test_a_date_that_was_called_off_meanwhile_is_not_moved(
    commit_session: Session, colleague: Session
) -> None:
    made = factories.occurrence(commit_session)
    commit_session.commit()
    date = commit_session.get_one(Occurrence, made.id)
    was = Entry(
        starts_at=date.starts_at + HOUR,
        ends_at=date.ends_at + HOUR,
        zone=date.zone,
        room_url=date.room_url,
        replay_url=date.replay_url,
        replay_until=date.replay_until,
    )

    occurrences.cancel(colleague, date.id, now=NOW)
    with pytest.raises(Stale):
        occurrences.edit(commit_session, date.id, was, now=NOW)


def test_new_settings_leave_the_order_that_a_colleague_gave(
    commit_session: Session, colleague: Session
) -> None:
    sequence = factories.sequence(commit_session)
    steps = [factories.step(commit_session, sequence=sequence, rank=n) for n in (1, 2)]
    commit_session.commit()
    mine = commit_session.get_one(Sequence, sequence.id)
    seen = publishing.settings_mark(mine)
    first, second = (one.id for one in steps)

    publishing.move(colleague, second, after=None, seen=None)
    publishing.change_settings(
        commit_session,
        mine.id,
        {**mine.rules, "hour": "09:00"},
        mine.doors,
        seen=seen,
        now=NOW,
    )

    colleague.expire_all()
    kept = colleague.get_one(Sequence, mine.id)
    assert structure.order(kept) == [second, first]
    assert structure.rules(kept)["hour"] == "09:00"
