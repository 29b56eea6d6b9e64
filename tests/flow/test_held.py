"""Who waited for a colleague sees what she did, whatever was read before."""

from collections.abc import Iterator
from datetime import timedelta

import factories
import pytest
import walking
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


def test_a_mail_that_a_colleague_took_out_meanwhile_stays_out(
    commit_session: Session, colleague: Session
) -> None:
    sequence = walking.sequence(commit_session)
    gone, last = (walking.step(sequence, letter).id for letter in "bd")
    commit_session.commit()
    mine = commit_session.get_one(Sequence, sequence.id)
    shown = list(mine.steps)  # a page keeps what it has read

    publishing.remove(colleague, gone, now=NOW, seen=None)
    hers = colleague.get_one(Sequence, mine.id)
    walking.publish(colleague, hers)
    publishing.move(commit_session, last, after=None)

    assert walking.order(mine) == "dac"
    assert len(shown) == 4
    assert gone not in {change.step.id for change in publishing.unpublished(mine)}


def test_words_that_are_saved_while_it_is_published_are_not_lost(
    engine: Engine, commit_session: Session, colleague: Session
) -> None:
    sequence = walking.sequence(commit_session, "a")
    step = walking.step(sequence, "a")
    publishing.save_draft(commit_session, step.id, {"subject": "Eerst"}, seen=None)
    looked, version = publishing.seen(sequence), sequence.version

    def publish() -> None:
        with Session(engine) as session:
            publishing.publish(
                session,
                sequence.id,
                base_version=version,
                author="",
                now=NOW,
                drafts=looked,
            )

    commit_session.commit()
    hers = Step.held(colleague, step.id)  # she saves, and has not committed yet
    hers.draft = {**(hers.draft or {}), "subject": "Van haar"}
    colleague.flush()
    done = walking.in_background(publish)
    assert walking.is_waiting(engine)
    colleague.commit()
    with pytest.raises(publishing.VersionConflict):
        done()

    commit_session.expire_all()
    assert publishing.contents(step).latest.subject == "Van haar"
