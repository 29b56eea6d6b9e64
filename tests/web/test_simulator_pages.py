"""The simulator, as a marketer asks it."""

from datetime import timedelta

import factories
import pytest
import sending
import walking
from factories import START
from pages import said
from sqlalchemy.orm import Session
from studio import Colleague
from walking import step, walker

from funnel.domain.status import (
    Kind,
)
from funnel.flow import enrollment, publishing
from funnel.models import Sequence

pytestmark = pytest.mark.usefixtures("that_monday")


def test_the_simulator_tells_an_invented_person_what_and_why(
    mara: Colleague, session: Session, row: Sequence
) -> None:
    publishing.save_draft(
        session, step(row, "b").id, {"condition": "joined"}, seen=None
    )
    asked = "version={}&day=2026-11-28&at=23:50&zone={}&date=&series=on"
    path = f"/admin/sequences/rust/simulator?{asked}"

    live = said(mara.get(path.format("live", "Europe/Amsterdam")).text)
    draft = said(mara.get(path.format("draft", "America/Curacao")).text)
    without = said(mara.get(path.format("live", "Europe/Amsterdam")[:-10]).text)

    assert "b Comes on Mon 30 Nov 08:30." in live
    assert "b Not for her: only who joined." in draft
    assert "America/Curacao" in draft
    assert "Will not come: she did not ask for these mails." in without


def test_the_answer_stands_in_the_list_and_each_mail_leads_to_its_text(
    mara: Colleague, session: Session, row: Sequence
) -> None:
    publishing.save_draft(
        session, step(row, "b").id, {"timing": "3 days at 09:15"}, seen=None
    )
    path = "/admin/sequences/rust"
    asked = "version={}&day=2026-11-28&at=23:50&zone=Europe/Amsterdam&series=on"

    opened = mara.get(path).text
    live, draft = (
        mara.get(f"{path}/simulator?{asked.format(one)}").text
        for one in ("live", "draft")
    )

    assert f'href="{path}/simulator"' in opened
    assert f'href="{path}"' in live
    assert f'href="/admin/steps/{step(row, "b").id}">b</a>' in live
    assert "+1 day 08:30 b Comes on Mon 30 Nov 08:30." in said(live)
    assert "+3 days 09:15 b Comes on Wed 2 Dec 09:15." in said(draft)


def test_the_simulator_tells_a_subscribers_own_story(
    mara: Colleague, session: Session, row: Sequence
) -> None:
    her = walker(session, row, days=1).subscriber
    path = "/admin/sequences/rust/simulator?version=live&who="

    page = said(mara.get(path + str(her.address).upper()).text)

    assert "a Sent on Mon 23 Nov 08:30." in page
    assert "b Comes on Tue 24 Nov 08:30" in page
    assert mara.get(f"{path}nobody@example.nl").status_code == 422


def test_a_paused_sequence_says_that_nothing_comes_before_it_goes_on(
    mara: Colleague, session: Session, row: Sequence
) -> None:
    her = walker(session, row, days=1).subscriber
    simulator = f"/admin/sequences/rust/simulator?version=live&who={her.address}"
    pages = [simulator, f"/admin/subscribers/{her.id}"]
    assert not any("is paused" in mara.get(page).text for page in pages)

    publishing.pause(session, row.id, now=walking.NOW)

    assert all("This sequence is paused" in mara.get(page).text for page in pages)


def test_a_reminder_for_another_date_is_ahead_again(
    mara: Colleague, session: Session
) -> None:
    """She had the reminder of one date, and then took another."""
    reminder = {"kind": Kind.SERVICE, "timing": "start - 24 hours", "subject": "Straks"}
    row = sending.course(session, reminder, slug="dag", name="Dag")
    course = factories.masterclass(session, sequence_id=row.id)
    first, second = (
        factories.occurrence(session, masterclass=course, starts_at=START + span)
        for span in (timedelta(), timedelta(days=7))
    )
    seat = factories.registration(session, occurrence=first)
    her = factories.enrollment(session, registration=seat, sequence=row)
    taken = START - timedelta(hours=12)
    walking.walk(session, walking.NOW, taken)
    seat.occurrence_id, seat.seated_at = second.id, taken
    enrollment.start(session, seat, now=taken)
    session.flush()
    session.expire_all()
    address = her.subscriber.address

    for path in (
        f"/admin/sequences/dag/simulator?version=live&who={address}",
        f"/admin/subscribers/{her.subscriber_id}",
    ):
        assert "Straks Comes on Mon 7 Dec 20:00." in said(mara.get(path).text)


def test_who_registered_for_a_masterclass_is_simulated_with_its_dates(
    mara: Colleague, session: Session
) -> None:
    before = {"kind": Kind.SERVICE, "timing": "start - 24 hours", "subject": "Straks"}
    enter = {"enter": "registered rust"}
    sending.course(session, before, slug="erbij", name="Erbij", doors=enter)
    course = factories.masterclass(session, slug="rust")
    factories.occurrence(session, masterclass=course)
    factories.occurrence(session)  # of another one

    page = mara.get("/admin/sequences/erbij/simulator").text

    assert page.count("Tue 1 Dec 20:00") == 1
    assert "Straks Comes on Mon 30 Nov 20:00." in said(page)


def test_a_mail_that_is_not_in_the_sequence_cannot_have_been_clicked(
    mara: Colleague, row: Sequence
) -> None:
    asked = "version=live&day=2026-11-28&at=23:50&zone=Europe/Amsterdam&clicked="
    path = f"/admin/sequences/{row.slug}/simulator?{asked}"

    answer = mara.get(f"{path}01-a,99-z")

    assert answer.status_code == 422
    assert "No mail of this sequence is called 99-z." in answer.text
    assert mara.get(f"{path}01-a").status_code == 200


@pytest.mark.parametrize(
    "asked",
    ["zone=Mars/Base&day=2026-11-28&at=10:00", "zone=Europe/Amsterdam&day=x&at=y"],
)
def test_a_question_that_cannot_be_read_says_what_to_fill_in(
    mara: Colleague, row: Sequence, asked: str
) -> None:
    answer = mara.get(f"/admin/sequences/{row.slug}/simulator?version=live&{asked}")

    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
