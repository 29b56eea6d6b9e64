"""What publishing means for people is said beforehand, and comes true."""

from collections.abc import Callable
from datetime import timedelta

import factories
import pytest
import walking
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session
from walking import NOW, gets, publish, put_in, sequence, step, walker

from funnel.domain.status import EnrollmentState
from funnel.flow import due, publishing
from funnel.flow.publishing import impact, jobs
from funnel.flow.publishing.impact import Impact
from funnel.models import Enrollment, Job, JobKind, JobState, Sequence

EVERYWHERE = (0, 1, 1, 2, 3, 4, 4)  # days inside: two wait for b, two have finished


def table(session: Session, row: Sequence) -> dict[str, dict[str, int]]:
    """Return the table by letter, with ids in its words as letters too."""
    found = publishing.impact_table(session, row, now=NOW)
    letters = {one.id: one.slug[-1] for one in row.steps} | {0: "nothing"}

    def said(word: str) -> str:
        head, _, step_id = word.partition(":")
        return f"to:{letters[int(step_id)]}" if head == "to" else word

    return {
        letters[step_id]: {said(word): count for word, count in words.items()}
        for step_id, words in found.steps.items()
    }


def totals(session: Session, row: Sequence) -> dict[str, int]:
    return dict(publishing.impact_table(session, row, now=NOW).totals)


def everywhere(session: Session) -> Sequence:
    row = sequence(session)
    for days in EVERYWHERE:
        walker(session, row, days=days)
    return row


def later(session: Session, row: Sequence) -> None:
    publishing.save_draft(
        session, step(row, "b").id, {"timing": "2 days at 08:30"}, seen=None
    )


def gone(session: Session, row: Sequence) -> None:
    publishing.remove(session, step(row, "b").id, now=NOW, seen=None)


def off(session: Session, row: Sequence) -> None:
    publishing.save_draft(session, step(row, "b").id, {"is_on": False}, seen=None)


def inserted(session: Session, row: Sequence) -> None:
    put_in(session, row, "x", after="a")


def moved(session: Session, row: Sequence) -> None:
    publishing.move(session, step(row, "d").id, after=None)


def test_a_later_mail_is_later_for_who_has_it_before_her(session: Session) -> None:
    row = everywhere(session)

    later(session, row)

    found = table(session, row)
    assert found["b"] == {"waiting": 2, "had": 2, "later": 3}
    assert found["c"] == {"waiting": 1, "had": 1, "later": 3}
    assert found["a"] == {"waiting": 1, "had": 4}
    assert totals(session, row) == {"people": 5, "changed": 3, "also": 0}


def test_a_deleted_mail_says_where_who_waited_goes_on(session: Session) -> None:
    row = everywhere(session)

    gone(session, row)

    found = table(session, row)
    assert found["b"] == {
        "waiting": 2,
        "had": 2,
        "to:c": 2,
        "never": 3,
        "why:": 3,
    }
    assert found["c"] == {"waiting": 1, "had": 1, "earlier": 3}


def test_a_mail_that_is_switched_off_says_why_it_does_not_come(
    session: Session,
) -> None:
    row = everywhere(session)

    off(session, row)

    found = table(session, row)
    assert found["b"]["why:switched-off"] == found["b"]["never"] == 3
    assert found["b"]["to:c"] == 2


def scheduled(session: Session, row: Sequence, days: int) -> Enrollment:
    """Return somebody whose next mail is planned and has not left yet."""
    her = walker(session, row, days=days)
    due.scan(session, now=NOW + timedelta(days=1))
    session.expire_all()
    return her


def test_a_mail_that_was_skipped_is_passed_and_was_not_had(session: Session) -> None:
    row = sequence(session)
    off(session, row)
    publish(session, row)
    row.retimed_at = None
    walker(session, row, days=3)

    publishing.save_draft(session, step(row, "b").id, {"is_on": True}, seen=None)

    found = table(session, row)
    assert (found["a"], found["b"]) == ({"had": 1}, {"passed": 1})


def test_a_mail_that_did_not_leave_yet_is_on_its_way(session: Session) -> None:
    row = sequence(session)
    scheduled(session, row, days=1)

    later(session, row)

    assert table(session, row)["b"] == {"on-its-way": 1}


@pytest.mark.parametrize("edit", [gone, off])
def test_a_mail_that_did_not_leave_yet_never_does_when_its_step_goes(
    session: Session, edit: Callable[[Session, Sequence], None]
) -> None:
    row = sequence(session)
    scheduled(session, row, days=1)

    edit(session, row)

    assert table(session, row)["b"] == {"never": 1, "why:switched-off": 1}
    assert totals(session, row)["changed"] == 1


def test_the_last_mail_that_did_not_leave_yet_is_lost_for_who_is_through(
    session: Session,
) -> None:
    row = sequence(session)
    her = scheduled(session, row, days=3)
    walker(session, row, days=8)
    assert her.state is EnrollmentState.COMPLETED

    publishing.remove(session, step(row, "d").id, now=NOW, seen=None)

    assert publishing.population(session, row) == 1
    assert table(session, row)["d"] == {"never": 1, "why:switched-off": 1}
    assert totals(session, row)["people"] == 1


def test_a_new_mail_says_who_gets_it_and_who_has_passed_it(session: Session) -> None:
    row = everywhere(session)

    inserted(session, row)

    found = table(session, row)
    assert found["x"] == {"gets": 3, "passed-over": 2}
    assert totals(session, row) == {
        "people": 5,
        "changed": 3,
        "also": 2,
        "finished": 0,
        "finished-also": 2,
    }


def test_a_mail_at_the_end_says_how_many_had_finished(session: Session) -> None:
    row = everywhere(session)

    put_in(session, row, "x", after="d")

    assert totals(session, row)["finished"] == 2


def test_an_overdue_mail_is_counted_for_the_next_slot(session: Session) -> None:
    row = sequence(session)
    slow, fast = {"timing": "5 days at 08:30"}, {"timing": "1 day at 08:30"}
    publishing.save_draft(session, step(row, "b").id, slow, seen=None)
    publish(session, row)
    row.retimed_at = None
    walker(session, row, days=3)

    publishing.save_draft(session, step(row, "b").id, fast, seen=None)

    assert table(session, row)["b"] == {
        "waiting": 1,
        "earlier": 1,
        "next-slot": 1,
    }


def test_a_new_text_changes_nothing_for_anybody(session: Session) -> None:
    row = everywhere(session)

    publishing.save_draft(session, step(row, "b").id, {"subject": "x"}, seen=None)

    assert totals(session, row)["changed"] == 0


@pytest.mark.parametrize("edit", [later, gone, off, inserted, moved])
@pytest.mark.parametrize("days", range(4))
def test_the_table_says_what_then_happens(
    session: Session, edit: Callable[[Session, Sequence], None], days: int
) -> None:
    row, other = sequence(session), sequence(session)
    her, twin = walker(session, row, days=days), walker(session, other, days=days)
    edit(session, row)

    found = table(session, row)
    publish(session, row)

    mine, hers = by_letter(gets(session, her)), by_letter(gets(session, twin))
    gained = {letter for letter in mine if letter not in hers}
    lost = {letter for letter in hers if letter not in mine}
    shifted = {one for one in mine if one in hers and mine[one] != hers[one]}
    assert {one for one in found if found[one].get("gets")} == gained
    assert {one for one in found if found[one].get("never")} == lost
    moved_on = {
        one for one in found if found[one].get("later") or found[one].get("earlier")
    }
    assert moved_on == shifted


def by_letter(lines: list[str]) -> dict[str, str]:
    return {line[0]: line for line in lines if "skipped" not in line}


def test_many_people_are_counted_piece_by_piece_to_the_same_table(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(impact, "BATCH", 2)
    row = everywhere(session)
    inserted(session, row)
    whole = publishing.impact_table(session, row, now=NOW)

    job = publishing.ask_impact(session, row.id, now=NOW)
    assert publishing.ask_impact(session, row.id, now=NOW).id == job.id
    seen = []
    while job.state is JobState.OPEN:
        publishing.work(session, now=NOW, pieces=1)
        session.refresh(job)
        seen.append(job.done)

    assert seen == [2, 4, 6, 7, 7]
    assert Impact.of(job.result) == whole
    assert publishing.latest_impact(session, row) == job


def test_a_piece_whose_worker_died_is_counted_once(
    commit_session: Session, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = commit_session
    monkeypatch.setattr(impact, "BATCH", 2)
    row = everywhere(session)
    later(session, row)
    job = publishing.ask_impact(session, row.id, now=NOW)

    class Died(BaseException):
        """What a kill looks like from inside."""

    def die(*_arguments: object) -> None:
        raise Died

    with Session(engine) as doomed, monkeypatch.context() as patch:
        patch.setattr(doomed, "commit", die)
        with pytest.raises(Died):
            publishing.work(doomed, now=NOW)
    with Session(engine) as next_one:
        publishing.work(next_one, now=NOW)

    session.refresh(job)
    assert (job.done, job.total, job.state) == (5, 5, JobState.DONE)
    assert Impact.of(job.result).row(step(row, "b").id)["later"] == 3


def test_a_table_of_drafts_that_changed_is_not_shown(session: Session) -> None:
    row = everywhere(session)
    later(session, row)
    job = publishing.ask_impact(session, row.id, now=NOW)

    off(session, row)
    publishing.work(session, now=NOW)

    assert job.state is JobState.STALE
    assert publishing.latest_impact(session, row) is None


def test_a_publish_shows_how_the_scan_gets_through_its_people(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "AT_ONCE", 2)
    row = everywhere(session)
    later(session, row)
    publish(session, row)
    job = publishing.replanning(session, row.id)
    assert job is not None
    assert (job.done, job.total) == (0, 5)
    publishing.work(session, now=NOW)
    assert (job.done, job.state) == (0, JobState.OPEN)

    due.scan(session, now=NOW + timedelta(seconds=2))
    publishing.work(session, now=NOW)

    assert (job.done, job.state) == (5, JobState.DONE)
    assert publishing.replanning(session, row.id) is None


def test_one_publish_that_waits_hides_the_progress_of_no_other(
    session: Session,
) -> None:
    slow, quick = sequence(session), sequence(session)
    for row in (slow, quick):
        session.add(Job(kind=JobKind.REPLAN, sequence_id=row.id, total=3, asked_at=NOW))
    walker(session, slow, days=1).due_at = NOW
    session.flush()

    publishing.work(session, now=NOW)

    assert publishing.replanning(session, slow.id) is not None
    assert publishing.replanning(session, quick.id) is None


def test_two_workers_never_do_the_same_piece(
    commit_session: Session, engine: Engine
) -> None:
    session = commit_session
    row = everywhere(session)
    later(session, row)
    publishing.ask_impact(session, row.id, now=NOW)

    with Session(engine) as busy:
        busy.scalars(select(Job).with_for_update()).one()
        with Session(engine) as other:
            assert publishing.work(other, now=NOW) == 0


def test_who_left_is_not_counted(session: Session) -> None:
    row = sequence(session)
    her = walker(session, row, days=1)
    session.get_one(Enrollment, her.id).subscriber.state = walking.BOUNCED
    later(session, row)

    assert totals(session, row) == {}


def test_the_days_that_other_sequences_will_want_are_counted_with(
    session: Session,
) -> None:
    """Three mails of another sequence go first: the one of this comes on Friday."""
    first = sequence(session, "abc", doors={"priority": 10})
    low = sequence(session, "x")
    her = walker(session, low, days=0)
    enrolled = factories.enrollment(
        session, subscriber=her.subscriber, registration=None, sequence=first
    )
    her.due_at = NOW
    due.scan(session, now=NOW)
    session.expire_all()
    assert her.due_at == NOW + timedelta(days=3, hours=22.5)
    assert enrolled.due_at == NOW + timedelta(hours=22.5)

    publishing.save_draft(
        session, step(low, "x").id, {"timing": "2 days at 08:30"}, seen=None
    )
    assert totals(session, low)["changed"] == 0
    publishing.save_draft(
        session, step(low, "x").id, {"timing": "5 days at 08:30"}, seen=None
    )

    assert table(session, low)["x"] == {"waiting": 1, "later": 1}
    for found in (
        publishing.ahead(session, [her, enrolled], now=NOW)[step(low, "x").id],
        publishing.real(
            session, low, str(her.subscriber.address), now=NOW, is_draft=False
        )
        .lines[0]
        .planned,
    ):
        assert found is not None
        assert found.at == her.due_at
