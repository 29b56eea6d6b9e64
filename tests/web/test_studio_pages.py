"""What a marketer does in the studio, page by page."""

import io
from datetime import timedelta
from zoneinfo import ZoneInfo

import factories
import pytest
from PIL import Image
from sending import course, enrolled
from sqlalchemy import select
from sqlalchemy.orm import Session
from studio import Colleague

from funnel import clock
from funnel.domain.status import DeliveryState, Kind, Reason, Role
from funnel.flow import publishing
from funnel.models import Business, Delivery, Occurrence, Sequence, Step, Subscriber

EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"


@pytest.fixture(autouse=True)
def profile(session: Session) -> Business:
    return factories.business(session, is_sample=False)


@pytest.fixture
def date(session: Session, sequence: Sequence) -> Occurrence:
    masterclass = factories.masterclass(session, sequence_id=sequence.id)
    for role in (Role.MOVED, Role.CANCELLED, Role.NEW_DATE):
        factories.step(session, sequence=sequence, role=role, kind=Kind.SERVICE)
    start = clock.real().replace(microsecond=0, second=0) + timedelta(days=20)
    return factories.occurrence(session, masterclass=masterclass, starts_at=start)


def editor(step: Step, **changes: str) -> dict[str, str]:
    """Return the editor's fields as the page shows them, and these changes."""
    content = publishing.contents(step).latest
    fields = {
        name: getattr(content, name)
        for name in ("timing", "condition", "subject", "preheader", "body")
    }
    return fields | {"seen": content.fingerprint, "is_on": "on"} | changes


def test_a_sequence_shows_real_dates_for_somebody_who_signs_up_now(
    mara: Colleague, date: Occurrence, sequence: Sequence
) -> None:
    page = mara.get(f"/admin/sequences/{sequence.slug}").text

    assert "Rust &amp; ruimte" in page
    assert "+1 day 08:30" in page
    tomorrow = clock.real().astimezone(ZoneInfo(date.zone)) + timedelta(days=1)
    assert f"{tomorrow:%a} {tomorrow.day} {tomorrow:%b} 08:30" in page
    assert "Dates for somebody who signs up now" in page


def test_a_changed_text_is_a_draft_until_it_is_published(
    mara: Colleague, sequence: Sequence, step: Step
) -> None:
    sent = editor(step, subject="Nieuwe rust", timing="2 days at 09:15")
    assert mara.post(f"/admin/steps/{step.id}", **sent).status_code == 303
    assert step.revision is not None
    assert step.revision.subject == "Rust"
    review = mara.get(f"/admin/sequences/{sequence.slug}/publish").text

    answer = mara.post(
        f"/admin/sequences/{sequence.slug}/publish",
        version="1",
        drafts=publishing.seen(sequence),
    )

    assert "<del>Rust</del><ins>Nieuwe rust</ins>" in review
    assert answer.status_code == 303
    assert (step.revision.subject, step.revision.timing, step.revision.version) == (
        "Nieuwe rust",
        "2 days at 09:15",
        2,
    )
    assert step.revision.author == mara.user.name


def test_a_text_over_a_colleagues_newer_one_is_kept_and_asked_about(
    mara: Colleague, session: Session, step: Step
) -> None:
    opened = editor(step, subject="Van mij")
    publishing.save_draft(session, step.id, {"subject": "Van haar"}, seen=None)

    answer = mara.post(f"/admin/steps/{step.id}", **opened)

    assert answer.status_code == 409
    assert 'value="Van mij"' in answer.text
    assert publishing.contents(step).latest.subject == "Van haar"


def test_who_publishes_second_sees_what_changed_first(
    mara: Colleague, session: Session, sequence: Sequence, step: Step
) -> None:
    publishing.save_draft(session, step.id, {"subject": "Een"}, seen=None)
    looked_at = publishing.seen(sequence)
    publishing.save_draft(session, step.id, {"subject": "Twee"}, seen=None)

    answer = mara.post(
        f"/admin/sequences/{sequence.slug}/publish", version="1", drafts=looked_at
    )

    assert answer.status_code == 409
    assert "nothing was published" in answer.text
    assert "Twee" in answer.text
    assert sequence.version == 1


def test_a_step_can_be_switched_off_and_its_draft_dropped(
    mara: Colleague, step: Step
) -> None:
    mara.post(f"/admin/steps/{step.id}/switch")
    assert publishing.contents(step).latest.is_on is False

    mara.post(f"/admin/steps/{step.id}/discard")

    assert publishing.contents(step).latest.is_on is True


def test_a_sequence_is_paused_and_goes_on(mara: Colleague, sequence: Sequence) -> None:
    mara.post(f"/admin/sequences/{sequence.slug}/pause")
    assert sequence.state == "paused"
    assert "Nobody gets a mail" in mara.get(f"/admin/sequences/{sequence.slug}").text

    mara.post(f"/admin/sequences/{sequence.slug}/resume", how="shift")

    assert sequence.state == "live"


def test_what_strangers_write_is_shown_as_text_everywhere(
    mara: Colleague, session: Session, sequence: Sequence, step: Step, date: Occurrence
) -> None:
    her = factories.subscriber(session, first_name=EVIL, address=f"a{EVIL}@x.nl")
    seat = factories.registration(session, subscriber=her, occurrence=date)
    inside = factories.enrollment(session, registration=seat, sequence=sequence)
    factories.delivery(
        session,
        address=her.address,
        subscriber_id=her.id,
        enrollment_id=inside.id,
        step_id=step.id,
        state=DeliveryState.FAILED,
        reply=f"550 {EVIL}",
    )
    evil = {"subject": "Rust <script>alert(1)</script>", "body": f"Hoi {EVIL}"}
    mara.post(f"/admin/steps/{step.id}", **editor(step, **evil))

    pages = [
        mara.get(path).text
        for path in (
            "/admin/subscribers",
            f"/admin/subscribers/{her.id}",
            f"/admin/subscribers?q={EVIL}",
            "/admin/deliveries",
            f"/admin/sequences/{sequence.slug}",
            f"/admin/sequences/{sequence.slug}/publish",
            f"/admin/steps/{step.id}",
            f"/admin/steps/{step.id}/preview",
            f"/admin/steps/{step.id}/preview?part=text",
        )
    ]

    assert any("&lt;script&gt;" in page for page in pages)
    for page in pages:
        assert "<script>alert" not in page
        assert "<img src=x" not in page


def test_a_persons_page_tells_why_in_a_sentence(
    mara: Colleague, session: Session, sequence: Sequence, date: Occurrence
) -> None:
    now = clock.real()
    seat = factories.registration(session, occurrence=date, seated_at=now)
    inside = factories.enrollment(
        session, registration=seat, sequence=sequence, confirmed_at=now
    )
    factories.delivery(
        session,
        subscriber_id=seat.subscriber_id,
        enrollment_id=inside.id,
        occurrence_id=date.id,
        step_id=sequence.steps[0].id,
        state=DeliveryState.SKIPPED,
        reason=Reason.TOO_LATE,
    )

    page = mara.get(f"/admin/subscribers/{seat.subscriber_id}").text

    assert "Not sent on Mon 23 Nov 10:00: its moment had passed." in page
    assert "Will not come: she did not ask for these mails." in page


def test_before_a_move_the_page_says_for_whom_another_sequence_has_that_day(
    mara: Colleague, session: Session, date: Occurrence, sequence: Sequence
) -> None:
    series = {"kind": Kind.MARKETING, "timing": "start - 48 hours"}
    factories.step(session, sequence=sequence, rank=99, **series)
    seat = factories.registration(session, occurrence=date)
    her = enrolled(session, sequence, registration=seat)
    start = date.starts_at.astimezone(ZoneInfo("Europe/Amsterdam")) + timedelta(days=3)
    pinned = f"{(start - timedelta(days=2)).date().isoformat()} at 09:00"
    first = {"kind": Kind.MARKETING, "timing": pinned}
    other = course(session, first, doors={"priority": 5})
    person = session.get_one(Subscriber, her.subscriber_id)
    factories.enrollment(session, sequence=other, subscriber=person, registration=None)

    page = mara.post(
        f"/admin/occurrences/{date.id}",
        day=start.date().isoformat(),
        at="20:00",
        minutes="60",
        zone="Europe/Amsterdam",
        sequence="0",
    )

    assert "1 person gets it at another moment: a sequence that goes first" in page.text
    assert session.get_one(Occurrence, date.id).calendar_sequence == 0


def test_a_date_is_added_changed_moved_and_called_off(
    mara: Colleague, session: Session, date: Occurrence
) -> None:
    factories.registration(session, occurrence=date)
    day = (date.starts_at + timedelta(days=1)).date().isoformat()
    sent = {
        "day": day,
        "at": "20:00",
        "minutes": "60",
        "zone": "Europe/Amsterdam",
        "room_url": "https://room.example/nieuw",
        "sequence": "0",
    }

    asked = mara.post(f"/admin/occurrences/{date.id}", **sent)
    assert asked.status_code == 200
    assert "Move it and mail 1 person" in asked.text
    assert session.scalars(select(Delivery)).all() == []
    mara.post(f"/admin/occurrences/{date.id}", **sent, confirmed="yes")
    assert date.calendar_sequence == 1
    assert date.room_url == "https://room.example/nieuw"
    added = mara.post(
        "/admin/occurrences/add",
        **(sent | {"at": "10:30", "masterclass": str(date.masterclass_id)}),
    )
    assert added.status_code == 303
    asked = mara.get(f"/admin/occurrences/{date.id}/cancel")
    assert "1 person has a seat" in asked.text
    mara.post(f"/admin/occurrences/{date.id}/cancel", sequence="1")

    assert date.cancelled_at is not None
    assert len(session.scalars(select(Delivery)).all()) == 2


def test_a_date_in_the_past_is_refused_with_what_was_typed(
    mara: Colleague, date: Occurrence
) -> None:
    sent = {"day": "2020-02-30", "at": "20:00", "zone": "Europe/Amsterdam"}
    past = sent | {"day": "2020-02-20", "minutes": "60", "room_url": "http://x"}
    about = {"masterclass": str(date.masterclass_id)}

    first = mara.post("/admin/occurrences/add", **sent, **about)
    second = mara.post("/admin/occurrences/add", **past, **about)

    assert (first.status_code, second.status_code) == (422, 422)
    assert "Fill in a day and a time." in first.text
    assert "This moment has passed." in second.text
    assert 'value="http://x"' in second.text


def test_the_profile_is_asked_for_until_it_is_filled_in_or_put_off(
    mara: Colleague, profile: Business
) -> None:
    profile.is_sample = True
    assert mara.get("/admin/subscribers").location == "/admin/business"

    mara.post("/admin/business/later")

    page = mara.get("/admin/subscribers")
    assert page.status_code == 200
    assert "The business profile is a sample." in page.text


def test_a_filled_in_profile_is_the_businesss_own(
    mara: Colleague, profile: Business
) -> None:
    profile.is_sample = True
    picture = io.BytesIO()
    Image.new("RGB", (40, 40), "olive").save(picture, "PNG")
    picture.seek(0)
    fields = {name: getattr(profile, name) for name in Business.REQUIRED}

    answer = mara.post(
        "/admin/business",
        **(fields | {"zone": "Europe/Amsterdam", "host_name": "Bo"}),
        picture=(picture, "../../etc/passwd.svg"),
    )

    assert answer.status_code == 303
    assert (profile.is_complete, profile.host_name) == (True, "Bo")
    assert (profile.host_picture or b"").startswith(b"\xff\xd8")
    assert "banner" not in mara.get("/admin/subscribers").text


def test_a_profile_with_mistakes_comes_back_as_it_was_typed(
    mara: Colleague, profile: Business
) -> None:
    answer = mara.post("/admin/business", name="Rust", reply_to="geen adres")

    assert answer.status_code == 422
    assert 'value="geen adres"' in answer.text
    assert "Fill this in" in answer.text
    assert profile.name == "Stille Avond"


def test_she_chooses_the_language_of_the_studio(mara: Colleague) -> None:
    mara.post("/admin/account/language", language="nl")
    assert '<html lang="nl">' in mara.get("/admin/account").text

    mara.post("/admin/account/language", language="xx")

    assert '<html lang="nl">' in mara.get("/admin/account").text
