"""A mail before anybody gets it: previews, and tests to the team."""

import factories
import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session
from studio import HASH, Colleague, colleague

from funnel import clock
from funnel.domain.status import TeamRole
from funnel.flow import publishing
from funnel.models import Business, Delivery, Step
from funnel.web.admin import steps


@pytest.fixture(autouse=True)
def profile(session: Session) -> Business:
    return factories.business(session, is_sample=False)


def editor(step: Step, **changes: str) -> dict[str, str]:
    """Return the editor's fields as the page shows them, and these changes."""
    content = publishing.contents(step).latest
    fields = {
        name: getattr(content, name)
        for name in ("timing", "condition", "subject", "preheader", "body")
    }
    return fields | {"seen": content.fingerprint, "is_on": "on"} | changes


def test_a_test_of_a_mistake_keeps_what_was_typed_and_says_where_it_is(
    mara: Colleague, session: Session, step: Step
) -> None:
    body = "Hoi,\n\nDag {{ frist_name }}, ik bleef staan."
    sent = editor(step, body=body, timing="x")

    answer = mara.post(f"/admin/steps/{step.id}/test", **sent)

    assert answer.status_code == 422
    assert "no test was sent" in answer.text
    assert session.scalars(select(Delivery)).all() == []
    assert "ik bleef staan." in answer.text
    assert "Line 3, place 8:" in answer.text
    assert "Did you mean “first_name”?" in answer.text
    assert 'aria-describedby="body-error body-hint"' in answer.text
    assert "“x” is not a timing." in answer.text
    assert publishing.contents(step).latest.body == body


def test_saving_and_testing_sends_her_one_test_mail(
    mara: Colleague, session: Session, step: Step
) -> None:
    mara.post(f"/admin/steps/{step.id}/test", **editor(step, subject="Proef"))

    mail = session.scalars(select(Delivery)).one()
    assert (mail.is_test, mail.address) == (True, mara.user.address)
    assert mail.draft is not None
    assert mail.draft["subject"] == "Proef"


def test_a_test_goes_to_a_colleague_and_the_trail_says_to_whom(
    app: Flask, mara: Colleague, session: Session, step: Step
) -> None:
    noor = factories.user(session, name="Noor", password_hash=HASH)
    page = mara.get(f"/admin/steps/{step.id}").text
    assert f'<option value="{noor.id}" >' in page
    assert f'<option value="{mara.user.id}" selected>' in page

    path, sent = f"/admin/steps/{step.id}", editor(step, subject="Voor Noor")
    assert mara.post(f"{path}/test", **sent, to=str(noor.id)).status_code == 303

    mail = session.scalars(select(Delivery)).one()
    assert (mail.is_test, mail.address, mail.user_id) == (True, noor.address, noor.id)
    owner = colleague(app, session, TeamRole.OWNER)
    trail = " ".join(owner.get("/admin/trail").text.split())
    assert "asked for a test of it" in trail
    assert "test to: Noor" in trail


def test_a_test_goes_to_nobody_whose_address_is_not_proven(
    mara: Colleague, session: Session, step: Step
) -> None:
    invited = factories.user(session, name="Genodigd", password_hash="")
    gone = factories.user(session, name="Weg", disabled_at=clock.real())
    page = mara.get(f"/admin/steps/{step.id}").text
    assert "Genodigd" not in page
    assert "Weg" not in page

    path, sent = f"/admin/steps/{step.id}/test", editor(step)
    for who in (str(invited.id), str(gone.id), "987654321", "lezer@lezer.example", ""):
        assert mara.post(path, **sent, to=who).status_code == 404

    assert session.scalars(select(Delivery)).all() == []


def test_tests_end_after_many_within_an_hour(
    mara: Colleague, session: Session, step: Step, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "MOST_TESTS", 2)

    for number in range(4):
        path, sent = f"/admin/steps/{step.id}/test", editor(step, subject=str(number))
        assert mara.post(path, **sent).status_code == 303

    assert "Wait a while" in mara.get(f"/admin/steps/{step.id}").text
    assert len(session.scalars(select(Delivery)).all()) == 2
    assert publishing.contents(step).latest.subject == "3"


def test_a_preview_is_a_mail_in_a_frame_that_runs_nothing(
    mara: Colleague, step: Step
) -> None:
    page = mara.get(f"/admin/steps/{step.id}").text
    kept = mara.get(f"/admin/steps/{step.id}/preview")
    typed = mara.post(
        f"/admin/steps/{step.id}/preview", **editor(step, body="Vers getypt.")
    )
    text = mara.get(f"/admin/steps/{step.id}/preview?part=text")

    assert 'sandbox="allow-same-origin"' in page  # and no script, no form, no window
    for answer in (kept, typed, text):
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script-src" not in policy
        assert "form-action 'none'" in policy
    assert "Hoi Anna," in kept.text
    assert "Vers getypt." in typed.text
    assert "Hoi Anna," in text.text
    assert step.draft is None


def test_a_preview_of_a_mistake_says_what_it_is(mara: Colleague, step: Step) -> None:
    answer = mara.post(
        f"/admin/steps/{step.id}/preview", **editor(step, body="{{ <b> }}")
    )

    assert answer.status_code == 422
    assert "cannot be shown yet" in answer.text
