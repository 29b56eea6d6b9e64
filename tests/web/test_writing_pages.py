"""The editor of a mail: what it offers, and how a text saves itself."""

import json
import re

import factories
import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session
from studio import Colleague, colleague

from funnel.domain.status import Kind, TeamRole
from funnel.flow import publishing
from funnel.mail.blocks import READY
from funnel.mail.names import NAMES
from funnel.models import AuditEntry, Step
from funnel.web.admin import values


@pytest.fixture(autouse=True)
def profile(session: Session) -> None:
    factories.business(session, is_sample=False)


@pytest.fixture
def step(session: Session) -> Step:
    return factories.step(session, kind=Kind.SERVICE)


def fields(step: Step, **changes: str) -> dict[str, str]:
    content = publishing.contents(step).latest
    names = ("subject", "preheader", "body", "timing", "condition")
    known = {name: getattr(content, name) for name in names}
    return known | {"seen": content.fingerprint, "is_on": "on"} | changes


def mark(page: str) -> str:
    found = re.search(r'data-seen="(\w+)"', page)
    assert found, page
    return found[1]


def test_a_text_saves_itself_and_answers_with_what_changes_on_the_page(
    mara: Colleague, step: Step
) -> None:
    path = f"/admin/steps/{step.id}/keep"

    first = mara.post(path, **fields(step, subject="Een", body="Dag.\r\n\r\nTot dan."))
    second = mara.post(path, **fields(step, subject="Twee", seen=mark(first.text)))

    assert (first.status_code, second.status_code) == (200, 200)
    assert "<strong>Twee</strong>" in second.text
    assert "draft: subject" in second.text
    assert publishing.contents(step).latest.subject == "Twee"
    assert mark(second.text) == publishing.contents(step).latest.fingerprint


def test_the_same_text_twice_is_no_conflict_and_an_older_one_is(
    mara: Colleague, step: Step
) -> None:
    path, sent = f"/admin/steps/{step.id}/keep", fields(step, subject="Een")

    first, again = mara.post(path, **sent), mara.post(path, **sent)
    stale = mara.post(path, **sent | {"subject": "Twee"})

    assert (first.status_code, again.status_code) == (200, 200)
    assert mark(first.text) == mark(again.text)
    assert stale.status_code == 409
    assert "was saved elsewhere" in stale.text
    assert publishing.contents(step).latest.subject == "Een"


HALF = "Dag.\n\nHoi {% if start %}\nTot dan."


def test_what_is_half_written_is_kept_and_its_findings_stand_beside_it(
    mara: Colleague, step: Step
) -> None:
    path = f"/admin/steps/{step.id}"

    answer = mara.post(f"{path}/keep", **fields(step, body=HALF))
    page = mara.get(path).text

    assert answer.status_code == 200
    for said in (answer.text, page):
        assert "1 thing to put right before you can publish" in said
        assert "Line 3, place 5:" in said
        assert "This if is never closed" in said
    assert mark(answer.text) == publishing.contents(step).latest.fingerprint
    assert f"{HALF}</textarea>" in page
    assert 'id="problems"' not in page


def test_every_page_bears_a_draft_that_is_half_written(
    mara: Colleague, step: Step
) -> None:
    kept = fields(step, body=HALF, timing="ooit", condition="wie?")
    path, sequence = f"/admin/steps/{step.id}", f"/admin/sequences/{step.sequence.slug}"
    assert mara.post(path, **kept).status_code == 303
    said = " ".join(mara.get(path).text.split())
    assert "It cannot be published yet" in said
    assert "“ooit” is not a timing" in said

    for page in ("", "/list", "/simulator", "/versions", "/publish"):
        assert mara.get(sequence + page).status_code == 200
    for page in (path, "/admin/", "/admin/sequences"):
        assert mara.get(page).status_code == 200
    review = " ".join(mara.get(f"{sequence}/publish").text.split())
    assert "1 mail cannot be published like this" in review
    assert 'Line 3, place 5: <span class="soft">This if is never closed' in review
    preview = mara.get(f"{path}/preview")
    assert preview.status_code == 422
    assert "This if is never closed" in preview.text


def test_what_is_too_long_is_refused(mara: Colleague, step: Step) -> None:
    path, sent = f"/admin/steps/{step.id}", fields(step, subject="x" * 501)

    kept, saved = mara.post(f"{path}/keep", **sent), mara.post(path, **sent)

    assert (kept.status_code, saved.status_code) == (422, 422)
    assert "This is too long" in kept.text
    assert "Nothing was saved yet" in saved.text
    assert step.draft is None


def test_a_burst_of_saving_is_one_line_in_the_trail_for_each_mail(
    mara: Colleague, session: Session, step: Step
) -> None:
    other = factories.step(session, kind=Kind.SERVICE)
    for one in (step, step, other):
        words = str(len(str(one.draft)))
        sent = fields(one, subject=f"Nieuw {words}")
        assert mara.post(f"/admin/steps/{one.id}/keep", **sent).status_code == 200

    kept = select(AuditEntry.about).where(AuditEntry.deed == "steps.keep")
    noted = [about["step_id"] for about in session.scalars(kept)]
    assert sorted(noted) == sorted([step.id, other.id])


def test_readers_are_offered_by_name_with_their_address(
    mara: Colleague, session: Session, step: Step
) -> None:
    evil = '"><script>'
    factories.subscriber(session, address="fenna@lezer.example", first_name=evil)

    page = mara.get(f"/admin/steps/{step.id}/readers?words=fenna").text

    assert 'value="fenna@lezer.example"' in page
    assert "<script>" not in page


def test_a_preview_is_lit_by_day_or_by_night(mara: Colleague, step: Step) -> None:
    path = f"/admin/steps/{step.id}/preview"

    day, night = (mara.post(path, **fields(step), **way).text for way in ({}, NIGHT))

    assert "prefers-color-scheme" not in day + night
    assert "@media not all" in day
    assert "@media all" in night


NIGHT = {"dark": "on"}


def test_a_preview_for_nobody_says_so(mara: Colleague, step: Step) -> None:
    sent = fields(step, reader="niemand@lezer.example")

    answer = mara.post(f"/admin/steps/{step.id}/preview", **sent)

    assert answer.status_code == 422
    assert "Nobody here has the address “niemand@lezer.example”" in answer.text


def test_the_menu_says_how_many_lack_a_value(
    mara: Colleague, session: Session, step: Step
) -> None:
    for name in ("", "", "Noor"):
        her = factories.subscriber(session, first_name=name)
        factories.enrollment(
            session, subscriber=her, sequence=step.sequence, registration=None
        )

    page = " ".join(mara.get(f"/admin/steps/{step.id}").text.split())

    assert "2 people have none → “daar”" in page
    assert "3 people have none" in page  # of the date
    assert "{{ first_name|default(&#34;daar&#34;) }}" in page


def test_every_name_has_its_words(app: Flask) -> None:
    with app.test_request_context():
        words = values.words()

    shown = {name for name, one in NAMES.items() if not one.in_layout_only}
    assert set(words["values"]) == shown | READY
    assert set(words["ready"]) == READY
    assert all(one["label"] and one["clause"] for one in words["values"].values())
    assert set(values.LABELS) | set(values.CLAUSES) <= shown
    json.dumps(words)


def test_a_viewer_reads_the_mail_and_has_nothing_to_write_with(
    app: Flask, session: Session, step: Step
) -> None:
    viewer = colleague(app, session, TeamRole.VIEWER)

    page = viewer.get(f"/admin/steps/{step.id}").text

    assert "data-keep" not in page
    assert 'role="toolbar"' not in page
    assert "data-values-for" not in page
    assert "data-put-back" not in page
    fields = re.findall(r"<(?:input|textarea|select)\b[^>]*", page)
    written = [one for one in fields if 'type="hidden"' not in one]
    ways = r'name="(?:view|part|dark)"'
    shut = r"\b(?:readonly|disabled)\b"
    assert len(written) > 8
    assert all(re.search(f"{ways}|{shut}", one) for one in written), written


def test_who_works_alone_is_not_asked_to_whom_a_test_goes(
    mara: Colleague, step: Step
) -> None:
    page = mara.get(f"/admin/steps/{step.id}").text

    assert "Save and send me a test" in page
    assert 'name="to"' not in page


def test_a_new_mail_says_what_it_lacks_and_no_more(mara: Colleague, step: Step) -> None:
    sent = fields(step, subject="", preheader="", body="")

    page = mara.post(f"/admin/steps/{step.id}/keep", **sent).text

    assert re.search(r'id="inbox-line"\s+hidden', page)
    assert "Write a subject." in page
    assert "Write the text of the mail." in page
    assert "Some readers" not in page
