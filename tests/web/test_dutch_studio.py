"""A marketer who works in Dutch writes Dutch, and what is kept stays the one form."""

from datetime import timedelta

import factories
import pytest
from flask import Flask
from sending import course, enrolled
from sqlalchemy.orm import Session
from studio import Colleague, colleague, confirmed

from funnel import clock
from funnel.domain.status import DeliveryState, Kind
from funnel.flow import events, publishing
from funnel.models import EventKind, Sequence

MORNING = {"kind": Kind.MARKETING, "timing": "1 day at 08:30"}
REMINDER = {"kind": Kind.SERVICE, "timing": "start - 24 hours", "subject": "Morgen"}


@pytest.fixture(autouse=True)
def profile(session: Session) -> None:
    factories.business(session, is_sample=False)


@pytest.fixture
def mara(app: Flask, session: Session) -> Colleague:
    found = colleague(app, session)
    found.user.language = "nl"
    return found


@pytest.fixture
def sequence(session: Session) -> Sequence:
    return course(session, MORNING, REMINDER)


def settings(sequence: Sequence, **changes: str) -> dict[str, object]:
    """Return the form of the settings as it is filled at first, and these changes."""
    return {
        "enter": "confirmed",
        "hour": "08:30",
        "send_days": ["mon"],
        "late_marketing": "48 uur",
        "late_reminder": "3 uur",
        "late_last_hour": "5 minuten",
        "late_live": "10 minuten",
        "late_service": "168 uur",
        "seen": publishing.settings_mark(sequence),
        **changes,
    }


def test_a_moment_is_written_in_dutch_kept_as_in_files_and_shown_in_dutch(
    mara: Colleague, sequence: Sequence
) -> None:
    step = sequence.steps[0]
    content = publishing.contents(step).latest
    page = f"/admin/steps/{step.id}"
    fields = {"subject": content.subject, "body": content.body, "is_on": "on"}

    shown = mara.get(page).text
    answer = mara.post(
        page,
        **fields,
        seen=content.fingerprint,
        timing="einde herhaling − 24 u",  # noqa: RUF001 - a minus
    )

    assert 'value="1 dag om 08:30"' in shown
    assert '<option value="einde + 2 uur">' in shown
    assert "at 08:30" not in shown
    assert answer.status_code == 303
    assert publishing.contents(step).latest.timing == "replay end - 24 hours"
    assert 'value="einde herhaling - 24 uur"' in mara.get(page).text


def test_a_moment_that_is_none_is_kept_and_said_with_dutch_examples(
    mara: Colleague, sequence: Sequence
) -> None:
    step = sequence.steps[0]
    content = publishing.contents(step).latest
    typed = {"subject": "Rust", "body": "Dag", "timing": "1 dag"}

    answer = mara.post(f"/admin/steps/{step.id}", **typed, seen=content.fingerprint)

    assert answer.status_code == 303
    page = mara.get(f"/admin/steps/{step.id}").text
    assert "is geen moment. Schrijf het zoals een van deze" in page
    assert "meteen · 3 uur · 1 dag om 08:30 · start - 24 uur" in page
    assert 'value="1 dag"' in page
    assert "hours" not in page.partition("geen moment")[2].partition("</p>")[0]


def test_who_would_leave_is_counted_and_asked_about_before_it_holds(
    mara: Colleague, session: Session, sequence: Sequence
) -> None:
    for tags in (["klant"], ["klant"], []):
        person = factories.subscriber(session, tags=tags)
        later = clock.real() + timedelta(days=9)
        seat = factories.registration(session, subscriber=person)
        enrolled(session, sequence, registration=seat, due_at=later)
    path = f"/admin/sequences/{sequence.slug}/settings"
    form = settings(sequence, leave="label klant")

    asked = mara.post(path, **form)
    before = publishing.settings_of(sequence)["doors"]["leave"]
    yes = confirmed(asked)
    other = mara.post(path, **form | {"leave": "gekocht of label klant"}, confirmed=yes)
    done = mara.post(path, **form, confirmed=yes)
    nobody = mara.post(path, **settings(sequence, leave="label nergens"))

    assert (asked.status_code, before) == (200, "")
    assert "2 mensen gaan er dan meteen uit." in asked.text
    assert "Bewaren, en 2 mensen laten gaan" in asked.text
    assert other.status_code == 200  # seen was another condition
    assert (done.status_code, nobody.status_code) == (303, 303)
    assert publishing.settings_of(sequence)["doors"]["leave"] == "tag nergens"
    assert 'value="label nergens"' in mara.get(path).text


def test_a_pause_names_the_reminders_that_it_would_swallow(
    mara: Colleague, session: Session, sequence: Sequence
) -> None:
    soon = clock.real() + timedelta(days=3)
    seat = factories.registration(
        session, occurrence=factories.occurrence(session, starts_at=soon)
    )
    enrolled(session, sequence, registration=seat)

    page = mara.get(f"/admin/sequences/{sequence.slug}/pause").text

    assert "Deze herinnering gaat verloren als de pauze een week duurt" in page
    assert "<b>Morgen</b>" in page
    assert "Er gaat niets verloren" not in page


def test_going_on_names_the_reminders_that_were_swallowed(
    mara: Colleague, session: Session, sequence: Sequence
) -> None:
    soon, before = clock.real() + timedelta(hours=12), clock.real() - timedelta(days=2)
    date = factories.occurrence(session, starts_at=soon)
    seat = factories.registration(session, occurrence=date, seated_at=before)
    enrolled(session, sequence, registration=seat, confirmed_at=before, due_at=before)
    publishing.pause(session, sequence.id, now=before)

    page = mara.get(f"/admin/sequences/{sequence.slug}/resume").text

    assert "1 daarvan is te laat en gaat niet meer:" in page
    assert "<li>Morgen · 1 persoon</li>" in page


def test_her_timeline_says_why_a_mail_came_later(
    mara: Colleague, session: Session, sequence: Sequence
) -> None:
    way = enrolled(session, sequence, due_at=None)
    mail = factories.delivery(
        session,
        state=DeliveryState.SENT,
        subscriber_id=way.subscriber_id,
        enrollment_id=way.id,
        step_id=sequence.steps[0].id,
        moved=["one-a-day", "hold"],
    )
    events.record(
        session,
        EventKind.SENT,
        at=factories.NOW,
        subscriber_id=way.subscriber_id,
        delivery_id=mail.id,
        step_id=mail.step_id,
    )

    page = mara.get(f"/admin/subscribers/{way.subscriber_id}").text

    assert "(verschoven: hoogstens één marketingmail per dag, rond de" in page


def test_the_banner_does_not_say_that_publishing_waits(
    mara: Colleague, session: Session
) -> None:
    factories.business(session, is_sample=True)
    mara.post("/admin/business/later")

    page = mara.get("/admin/sequences").text

    assert "Het staat onder elke mail" in page
    assert "Je kunt publiceren" not in page
