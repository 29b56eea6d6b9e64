"""The settings of a sequence, and its pause, as a marketer meets them."""

from collections.abc import Mapping
from datetime import timedelta

import factories
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sending import course, enrolled
from sqlalchemy import select
from sqlalchemy.orm import Session
from studio import Colleague, colleague, confirmed
from werkzeug.test import TestResponse

from funnel import clock
from funnel.domain.status import How, Kind, SequenceState, TeamRole
from funnel.flow import publishing
from funnel.models import Enrollment, Pause, Sequence, Subscriber

MORNING = {"kind": Kind.MARKETING, "timing": "1 day at 08:30"}
FORM: Mapping[str, object] = {
    "enter": "tag",
    "name": "vip",
    "again": "on",
    "leave": "purchased",
    "priority": "5",
    "hour": "09:15",
    "send_days": ["mon", "wed"],
    "quiet_from": "22:00",
    "quiet_to": "07:00",
    "hold_before": "24 hours",
    "hold_after": "48 hours",
    "late_marketing": "24 hours",
    "late_reminder": "3 hours",
    "late_last_hour": "5 minutes",
    "late_service": "168 hours",
    "late_live": "10 minutes",
}


@pytest.fixture(autouse=True)
def profile(session: Session) -> None:
    factories.business(session, is_sample=False)


@pytest.fixture
def sequence(session: Session) -> Sequence:
    return course(session, MORNING)


def path(sequence: Sequence, page: str) -> str:
    return f"/admin/sequences/{sequence.slug}/{page}"


def saved(mara: Colleague, sequence: Sequence, **form: object) -> TestResponse:
    """Send the settings, and say yes to what they change."""
    asked = mara.post(path(sequence, "settings"), **form)
    yes = confirmed(asked)
    return mara.post(path(sequence, "settings"), **form, confirmed=yes)


def test_who_comes_and_goes_holds_at_once_and_when_mails_go_is_a_draft(
    mara: Colleague, session: Session, sequence: Sequence
) -> None:
    inside = enrolled(session, sequence, due_at=clock.real() + timedelta(days=9))
    seen = publishing.settings_mark(sequence)

    answer = saved(mara, sequence, **FORM, seen=seen)

    assert answer.status_code == 303
    found = publishing.settings_of(sequence)
    assert found["doors"] == {
        "enter": "tag vip",
        "again": "once finished",
        "leave": "purchased",
        "priority": 5,
    }
    assert found["rules"]["send_days"] == ["mon", "wed"]
    assert found["rules"]["one_marketing_mail_a_day"] is False
    assert found["rules"]["quiet"] == {"from": "22:00", "to": "07:00"}
    assert found["rules"]["hold"] == {"before": "24 hours", "after": "48 hours"}
    assert found["rules"]["window"] is False
    assert sequence.rules == {}
    publishing.publish(
        session,
        sequence.id,
        base_version=sequence.version,
        author="Mara",
        now=clock.real(),
    )
    assert sequence.rules == found["rules"]
    due_at = session.get_one(Enrollment, inside.id).due_at
    assert due_at is not None
    assert due_at <= clock.real()


def test_the_form_shows_what_is_there_and_saving_it_changes_nothing(
    mara: Colleague, sequence: Sequence
) -> None:
    page = mara.get(path(sequence, "settings"))

    assert page.status_code == 200
    assert 'value="08:30"' in page.text
    assert page.text.count('name="send_days"') == 7


@pytest.mark.parametrize(
    ("field", "typed", "says"),
    [
        ("hour", "23:00", "outside the quiet hours"),
        ("hour", "soon", "Write a time such as 08:30"),
        ("send_days", [], "Choose one day at least"),
        ("hold_before", "", "leave both empty"),
        ("window_from", "09:00", "leave both empty"),
        ("late_live", "a while", "Write lengths such as"),
        ("name", "two words", "without spaces"),
        ("leave", "whenever", "Write a condition such as"),
        ("priority", "many", "Write a whole number"),
        ("priority", "9999999999999999999", "Write a whole number"),
        ("enter", "<script>", "Write the name of one tag"),
    ],
)
def test_a_mistake_is_named_at_its_field_and_what_was_typed_stays(
    mara: Colleague, sequence: Sequence, field: str, typed: object, says: str
) -> None:
    seen = publishing.settings_mark(sequence)

    answer = mara.post(
        path(sequence, "settings"), **{**FORM, field: typed, "seen": seen}
    )

    assert answer.status_code == 422
    assert says in answer.text
    assert 'value="purchased"' in answer.text or field == "leave"
    assert "<script>" not in answer.text
    assert sequence.doors == {}


def test_two_people_change_the_settings_and_the_second_is_told(
    mara: Colleague, sequence: Sequence
) -> None:
    seen = publishing.settings_mark(sequence)
    saved(mara, sequence, **FORM, seen=seen)

    answer = mara.post(
        path(sequence, "settings"), **{**FORM, "hour": "10:00"}, seen=seen
    )

    assert answer.status_code == 409
    assert "A colleague changed the settings" in answer.text
    assert publishing.settings_of(sequence)["rules"]["hour"] == "09:15"


def test_a_pause_says_beforehand_for_how_many_people(
    mara: Colleague, session: Session, sequence: Sequence
) -> None:
    for _ in range(2):
        enrolled(session, sequence)

    page = mara.get(path(sequence, "pause"))
    answer = mara.post(path(sequence, "pause"))

    assert "2 people are inside" in page.text
    assert answer.status_code == 303
    assert sequence.state is SequenceState.PAUSED


def test_going_on_shows_three_ways_with_their_numbers(
    mara: Colleague, session: Session, sequence: Sequence
) -> None:
    start = clock.real() - timedelta(days=4)
    way = enrolled(session, sequence, confirmed_at=start, due_at=start)
    assert way.registration is not None
    way.registration.seated_at = start
    sequence.published_at = start - timedelta(days=1)
    publishing.pause(session, sequence.id, now=start)

    page = mara.get(path(sequence, "resume"))

    assert page.text.count('name="how"') == 3
    assert "4 days" in page.text
    assert "1 mail that fell in the pause comes at its next time" in page.text
    assert "1 mail is never sent" in page.text


def test_after_a_pause_of_seconds_no_mail_is_said_to_come_later(
    mara: Colleague, session: Session
) -> None:
    soon = {"kind": Kind.MARKETING, "timing": "300 hours"}  # moves by the second
    sequence = course(session, soon, rules={"quiet": False})
    start = clock.real() - timedelta(seconds=20)
    enrolled(session, sequence, confirmed_at=start, due_at=start + timedelta(days=9))
    publishing.pause(session, sequence.id, now=start)

    page = mara.get(path(sequence, "resume")).text

    assert "It has stood still for less than a minute, since" in page
    assert page.count("No mail of after the pause comes later.") == 1


@pytest.mark.parametrize("how", How)
def test_the_way_that_was_chosen_is_the_way_that_is_gone(
    mara: Colleague, session: Session, sequence: Sequence, how: How
) -> None:
    publishing.pause(session, sequence.id, now=clock.real())

    nothing = mara.post(path(sequence, "resume"))
    answer = mara.post(path(sequence, "resume"), how=str(how))

    assert (nothing.status_code, answer.status_code) == (422, 303)
    assert session.scalars(select(Pause)).one().how is how
    assert sequence.state is SequenceState.LIVE


def test_a_standstill_is_seen_on_every_page_and_decided_by_an_owner(
    app: Flask, mara: Colleague, session: Session
) -> None:
    publishing.pause(session, None, now=clock.real())
    owner = colleague(app, session, TeamRole.OWNER)

    assert "Nothing is sent now" in mara.get("/admin/subscribers").text
    assert mara.get("/admin/standstill").status_code == 403
    assert owner.get("/admin/standstill").text.count('name="how"') == 3
    owner.post("/admin/standstill", how="continue")

    assert "Nothing is sent now" not in mara.get("/admin/subscribers").text


def test_a_standstill_is_not_ready(client: FlaskClient, session: Session) -> None:
    assert client.get("/readyz").json == {  # what a machine that watches reads
        **(client.get("/readyz").json or {}),
        "stands_still": False,
    }
    publishing.pause(session, None, now=clock.real())

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json is not None
    assert answer.json["stands_still"] is True


def test_lengths_are_shown_and_read_in_the_words_of_the_page(
    mara: Colleague, session: Session, sequence: Sequence
) -> None:
    mara.user.language = "nl"
    seen = publishing.settings_mark(sequence)
    dutch = {"hold_before": "36 uur", "hold_after": "1 U", "late_live": "10 min."}

    answer = saved(mara, sequence, **{**FORM, **dutch}, seen=seen)

    assert answer.status_code == 303, answer.text
    rules = publishing.settings_of(sequence)["rules"]
    assert rules["hold"] == {"before": "36 hours", "after": "1 hour"}
    assert rules["lateness"]["live"] == "10 minutes"
    form = mara.get(path(sequence, "settings")).text
    assert 'value="36 uur"' in form
    assert 'value="10 minuten"' in form
    review = mara.get(path(sequence, "publish")).text
    assert "36 uur / 1 uur" in review
    assert "36 hours / 1 hour" not in review
    session.expire_all()


DOORS: Mapping[str, object] = {
    "enter": "confirmed",
    "hour": "08:30",
    "send_days": ["mon"],
    "late_marketing": "48 hours",
    "late_reminder": "3 hours",
    "late_last_hour": "5 minutes",
    "late_live": "10 minutes",
    "late_service": "168 hours",
}


def test_another_way_in_is_asked_about_first_and_says_who_does_not_come_in_by_it(
    mara: Colleague, session: Session, sequence: Sequence
) -> None:
    enrolled(session, sequence)
    for _ in range(2):
        factories.subscriber(session, tags=["vip"])
    seen = publishing.settings_mark(sequence)
    form = {**DOORS, "enter": "tag", "name": "vip", "seen": seen}

    asked = mara.post(path(sequence, "settings"), **form)
    kept = dict(sequence.doors)
    other = mara.post(
        path(sequence, "settings"), **{**form, "name": "x"}, confirmed=confirmed(asked)
    )
    done = mara.post(path(sequence, "settings"), **form, confirmed=confirmed(asked))

    assert (asked.status_code, kept) == (200, {})
    assert "starts when she gets a tag (“vip”), and no longer when she conf" in (
        asked.text
    )
    assert "For 2 people that is so already: they do not start by it." in asked.text
    assert "1 person is inside and stays." in asked.text
    assert "Nothing is saved yet." in asked.text
    assert other.status_code == 200  # a yes to one tag is none to another
    assert done.status_code == 303
    assert publishing.settings_of(sequence)["doors"]["enter"] == "tag vip"


def test_another_priority_says_how_many_people_are_in_two_sequences_at_once(
    mara: Colleague, session: Session, sequence: Sequence
) -> None:
    other = course(session, MORNING, name="Slaap", doors={"priority": 1})
    for _ in range(2):
        way = enrolled(session, sequence)
        person = session.get_one(Subscriber, way.subscriber_id)
        factories.enrollment(
            session, sequence=other, subscriber=person, registration=None
        )
    seen = publishing.settings_mark(sequence)
    said = "2 people are in “Slaap” too: on a day that both want, "
    ends = {
        "2": "this sequence goes first from now on.",
        "1": "the mail that is due first goes from now on.",
        "-3": "",
    }

    pages = {
        priority: mara.post(
            path(sequence, "settings"), **DOORS, priority=priority, seen=seen
        )
        for priority in ends
    }

    assert said + ends["2"] in pages["2"].text
    assert said + ends["1"] in pages["1"].text
    assert pages["-3"].status_code == 303  # it went behind before, and still does


def test_what_changes_nothing_for_people_is_saved_without_a_question(
    mara: Colleague, session: Session
) -> None:
    draft = course(session, MORNING, state=SequenceState.DRAFT)
    seen = publishing.settings_mark(draft)

    answer = mara.post(path(draft, "settings"), **FORM, seen=seen)

    assert answer.status_code == 303
    assert publishing.settings_of(draft)["doors"]["enter"] == "tag vip"
