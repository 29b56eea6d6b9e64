"""What a marketer does to a running sequence in the studio, page by page."""

import json
import re
from datetime import timedelta

import factories
import pytest
import walking
from flask import Flask
from pages import said
from sqlalchemy import select
from sqlalchemy.orm import Session
from studio import Colleague, colleague
from walking import put_in, step, walker

from funnel.domain.status import (
    EnrollmentState,
    Role,
    SequenceState,
    TeamRole,
)
from funnel.flow import due, publishing
from funnel.flow.publishing import jobs, structure
from funnel.models import Job, Sequence

pytestmark = pytest.mark.usefixtures("that_monday")


def order(row: Sequence) -> str:
    return "".join(one.slug[-1] for one in structure.listed(row))


def published(mara: Colleague, row: Sequence, **wishes: str) -> int:
    """Send the form of the review, as it is shown."""
    page = mara.get(f"/admin/sequences/{row.slug}/publish").text
    fields = dict(re.findall(r'name="(version|drafts)"\s+value="([^"]*)"', page))
    answer = mara.post(f"/admin/sequences/{row.slug}/publish", **fields, **wishes)
    return answer.status_code


def test_a_mail_is_put_in_written_and_published(
    mara: Colleague, session: Session, row: Sequence
) -> None:
    after = str(step(row, "a").id)
    page = mara.get(f"/admin/sequences/rust/list/add?after={after}").text
    assert "It comes after “a”." in page

    answer = mara.post(
        "/admin/sequences/rust/list/add", after=after, subject="Nieuw", purpose="series"
    )

    new = next(one for one in row.steps if one.slug == "01b-nieuw")
    assert answer.location == f"/admin/steps/{new.id}"
    assert "cannot be shown yet" in mara.get(f"/admin/steps/{new.id}/preview").text
    review = "/admin/sequences/rust/publish"
    assert "1 mail cannot be published like this" in mara.get(review).text
    forged = {"version": str(row.version), "drafts": publishing.seen(row)}
    assert mara.post(review, **forged).status_code == 422
    publishing.save_draft(session, new.id, {"body": "Dag"}, seen=None)
    assert published(mara, row) == 303
    assert [one.slug for one in structure.listed(row)][:2] == ["01-a", "01b-nieuw"]


def test_the_arrows_move_a_mail_without_javascript(
    mara: Colleague, row: Sequence
) -> None:
    page = mara.get("/admin/sequences/rust/list").text
    assert page.count("data-up") == 4
    sent = {"step": str(step(row, "d").id), "seen": structure.mark(row)}

    up = mara.post(
        "/admin/sequences/rust/list/move", after=str(step(row, "b").id), **sent
    )
    assert (up.status_code, order(row)) == (303, "abdc")
    stale = mara.post("/admin/sequences/rust/list/move", after="", **sent)

    assert (stale.status_code, order(row)) == (409, "abdc")
    assert "nothing was done" in stale.text
    assert "draft: moved" in mara.get("/admin/sequences/rust/list").text


def test_a_mail_is_deleted_put_back_and_every_draft_dropped(
    mara: Colleague, row: Sequence
) -> None:
    sent = {"step": str(step(row, "b").id)}

    mara.post("/admin/sequences/rust/list/remove", **sent, seen=structure.mark(row))
    assert order(row) == "acd"
    assert "draft: deleted" in mara.get("/admin/sequences/rust/list").text
    mara.post("/admin/sequences/rust/list/put-back", **sent)
    assert order(row) == "abcd"
    mara.post("/admin/sequences/rust/list/remove", **sent, seen=structure.mark(row))
    mara.post("/admin/sequences/rust/list/discard")

    assert (order(row), row.draft) == ("abcd", None)


def test_a_deleted_mail_stands_where_it_stood_on_both_pages(
    mara: Colleague, session: Session, row: Sequence
) -> None:
    publishing.remove(session, step(row, "b").id, now=walking.NOW, seen=None)

    for path in ("/admin/sequences/rust", "/admin/sequences/rust/list"):
        names = re.findall(r"<h2>\s*<(?:a|del)[^>]*>(\w)</", mara.get(path).text)
        assert names == ["a", "b", "c", "d"]


def test_what_it_means_for_people_is_said_before_publishing(
    mara: Colleague, session: Session, row: Sequence
) -> None:
    publishing.remove(session, step(row, "b").id, now=walking.NOW, seen=None)
    put_in(session, row, "nieuw", after="d")

    page = said(mara.get("/admin/sequences/rust/publish").text)

    assert "something moves for 3 of the 3 people inside" in page
    assert "1 who waits for it goes on with “c”" in page
    assert "Go on with the 1 who had finished" in page
    assert published(mara, row, reopen="on") == 303
    assert step(row, "b").deleted_at is not None


def test_many_people_are_counted_by_a_job_that_the_page_follows(
    mara: Colleague,
    session: Session,
    row: Sequence,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(jobs, "AT_ONCE", 1)
    publishing.remove(session, step(row, "b").id, now=walking.NOW, seen=None)

    before = mara.get("/admin/sequences/rust/publish").text
    assert "3 people would be looked at" in before
    assert 'name="drafts"' not in before
    forged = {"version": str(row.version), "drafts": publishing.seen(row)}
    refused = mara.post("/admin/sequences/rust/publish", **forged)
    assert (refused.status_code, row.version) == (422, 1)
    assert session.scalars(select(Job)).all() == []  # a look asks for nothing
    mara.post("/admin/sequences/rust/impact")
    during = mara.get("/admin/sequences/rust/publish").text
    publishing.work(session, now=walking.NOW)
    after = mara.get("/admin/sequences/rust/publish").text

    assert "<progress" in during
    assert 'name="drafts"' not in during
    assert "1 who waits for it goes on with “c”" in after
    assert published(mara, row) == 303


def test_where_only_words_change_nobody_has_to_be_counted(
    mara: Colleague, session: Session, row: Sequence, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "AT_ONCE", 1)
    publishing.save_draft(session, step(row, "b").id, {"subject": "nieuw"}, seen=None)

    page = said(mara.get("/admin/sequences/rust/publish").text)

    assert "nothing moves for the people inside" in page
    assert "would be looked at" not in page
    assert published(mara, row) == 303


def test_earlier_and_later_are_shown_with_the_dates_of_somebody_who_signs_up_now(
    mara: Colleague, session: Session, row: Sequence
) -> None:
    later = {"timing": "2 days at 08:30"}
    publishing.save_draft(session, step(row, "b").id, later, seen=None)
    publishing.remove(session, step(row, "d").id, now=walking.NOW, seen=None)

    page = said(mara.get("/admin/sequences/rust/publish").text)

    assert "b Wed 25 Nov 08:30 → Thu 26 Nov 08:30" in page
    assert "c Thu 26 Nov 08:30 → Fri 27 Nov 08:30" in page
    assert "d Fri 27 Nov 08:30 → not any more" in page


def test_undo_stands_beside_the_news_and_takes_who_finished_in_between_along(
    mara: Colleague, session: Session, row: Sequence
) -> None:
    her = walker(session, row, days=3)
    publishing.remove(session, step(row, "d").id, now=walking.NOW, seen=None)
    sequence_page = "/admin/sequences/rust"
    assert 'form="undo"' not in mara.get(sequence_page).text
    assert published(mara, row) == 303

    news = mara.get(sequence_page).text
    assert re.search(r'is published\.\s*<button[^>]*form="undo"', news)
    assert 'id="undo"' in news
    assert 'form="undo"' not in mara.get(sequence_page).text
    due.scan(session, now=walking.NOW + timedelta(seconds=5))
    session.expire_all()
    assert her.state is EnrollmentState.COMPLETED
    mara.post("/admin/sequences/rust/versions/1/restore")
    review = mara.get("/admin/sequences/rust/publish").text

    assert re.search(r'name="reopen"\s+checked', review)


def test_the_list_says_how_many_wait_for_each_mail(
    mara: Colleague, session: Session, row: Sequence
) -> None:
    walker(session, row, days=1)

    page = mara.get("/admin/sequences/rust/list").text

    assert f'waiting={step(row, "b").id}">2 people wait for it' in page
    assert f'waiting={step(row, "a").id}">1 person waits for it' in page


def test_who_is_second_reads_what_a_colleague_did_and_goes_on(
    mara: Colleague, app: Flask, session: Session, row: Sequence
) -> None:
    bo = colleague(app, session)
    bo.user.name = "Bo"
    publishing.save_draft(session, step(row, "a").id, {"subject": "mijn"}, seen=None)
    page = mara.get("/admin/sequences/rust/publish").text
    assert "mijn" in page
    looked = publishing.looked_at(row)
    sent = {"version": "1", "drafts": publishing.seen(row), "looked": looked}
    publishing.save_draft(session, step(row, "a").id, {"subject": "hare"}, seen=None)
    assert published(bo, row) == 303
    publishing.save_draft(session, step(row, "b").id, {"subject": "nog een"}, seen=None)

    answer = mara.post("/admin/sequences/rust/publish", **sent)

    assert answer.status_code == 409
    assert "Bo published version 2" in answer.text
    assert "<del>mijn</del><ins>hare</ins>" in answer.text
    assert 'name="version" value="2"' in answer.text
    assert published(mara, row) == 303


def test_who_is_second_with_nothing_left_still_reads_what_was_published(
    mara: Colleague, app: Flask, session: Session, row: Sequence
) -> None:
    publishing.save_draft(session, step(row, "d").id, {"subject": "mijn"}, seen=None)
    sent = {"version": "1", "drafts": publishing.seen(row)}
    sent["looked"] = publishing.looked_at(row)
    publishing.save_draft(session, step(row, "a").id, {"subject": "hare"}, seen=None)
    structure.set_rules(row, {"hour": "09:00"})
    assert published(colleague(app, session), row) == 303

    answer = mara.post("/admin/sequences/rust/publish", **sent)

    page = said(answer.text)
    assert answer.status_code == 409
    assert "Nothing to publish" in page
    assert "<del>a</del><ins>hare</ins>" in answer.text
    assert "A moved mail goes at: 08:30 09:00" in page
    assert "nothing is left to publish" in page


@pytest.mark.parametrize(
    "looked", ["", "[", "[]", '{"drafts": 3}', '{"drafts": {"1": 2}}']
)
def test_a_form_that_was_tampered_with_is_only_a_conflict(
    mara: Colleague, row: Sequence, looked: str
) -> None:
    answer = mara.post(
        f"/admin/sequences/{row.slug}/publish", version="0", drafts="", looked=looked
    )

    assert answer.status_code == 409


def test_a_text_over_a_colleagues_shows_what_would_change_in_it(
    mara: Colleague, session: Session, row: Sequence
) -> None:
    a = step(row, "a")
    content = publishing.contents(a).latest
    fields = {
        name: getattr(content, name) for name in ("timing", "condition", "preheader")
    }
    publishing.save_draft(session, a.id, {"subject": "hare"}, seen=None)

    answer = mara.post(
        f"/admin/steps/{a.id}",
        **fields,
        subject="mijne",
        body="a",
        seen=content.fingerprint,
        is_on="on",
    )

    assert answer.status_code == 409
    assert "<del>hare</del><ins>mijne</ins>" in answer.text


def test_a_version_is_read_brought_back_and_a_publish_undone(
    mara: Colleague, session: Session, row: Sequence
) -> None:
    publishing.save_draft(session, step(row, "a").id, {"subject": "anders"}, seen=None)
    published(mara, row)
    page = mara.get("/admin/sequences/rust/versions").text
    assert "Version 2" in page
    assert "<del>a</del><ins>anders</ins>" in page
    assert "Undo version 2…" in page

    answer = mara.post("/admin/sequences/rust/versions/1/restore")
    review = mara.get(answer.location).text
    assert "Version 1 comes back, as version 3." in review
    again = mara.post("/admin/sequences/rust/versions/1/restore")
    assert "/versions" in again.location  # the draft is in the way
    published(mara, row)

    assert publishing.contents(step(row, "a")).latest.subject == "a"
    assert "version 1 came back" in mara.get("/admin/sequences/rust/versions").text
    assert mara.post("/admin/sequences/rust/versions/77/restore").status_code == 404


def test_a_sequence_is_begun_copied_archived_and_taken_out(
    mara: Colleague, session: Session, row: Sequence
) -> None:
    assert mara.post("/admin/sequences/add", name=" ").status_code == 422
    begun = mara.post("/admin/sequences/add", name="Add", language="en")
    copied = mara.post("/admin/sequences/add", name="Rust", copy="rust")
    found = {one.slug: one for one in session.scalars(select(Sequence))}

    assert begun.location == "/admin/sequences/add-2/list"
    assert copied.location == "/admin/sequences/rust-2/list"
    assert found["add-2"].language == "en"
    assert [one.slug for one in found["rust-2"].steps] == [
        one.slug for one in structure.listed(row)
    ]
    assert (found["rust-2"].state, found["rust-2"].version) == ("draft", 0)
    mara.post("/admin/sequences/rust/archive")
    assert row.state.value == SequenceState.ARCHIVED.value
    mara.post("/admin/sequences/rust/take-out")
    assert row.state.value == "paused"


def test_a_sequence_that_a_masterclass_uses_is_not_archived(
    mara: Colleague, session: Session, row: Sequence
) -> None:
    factories.masterclass(session, sequence_id=row.id)

    mara.post("/admin/sequences/rust/archive")

    assert row.state == "live"


def test_who_only_looks_changes_nothing(
    app: Flask, session: Session, row: Sequence
) -> None:
    viewer = colleague(app, session, TeamRole.VIEWER)

    answers = [
        viewer.post(f"/admin/sequences/rust/{path}", step=str(step(row, "a").id))
        for path in ("list/move", "list/remove", "list/discard", "archive", "impact")
    ]

    assert {answer.status_code for answer in answers} == {403}
    assert viewer.get("/admin/sequences/rust/versions").status_code == 200
    assert viewer.get("/admin/sequences/rust/simulator").status_code == 200


def test_a_mail_that_an_act_calls_for_is_not_in_the_list(
    mara: Colleague, session: Session, row: Sequence
) -> None:
    called = factories.step(session, sequence=row, role=Role.MOVED)

    answer = mara.post(
        "/admin/sequences/rust/list/remove",
        step=str(called.id),
        seen=structure.mark(row),
    )

    assert answer.status_code == 404
    assert json.loads(publishing.looked_at(row))["order"] == structure.order(row)
