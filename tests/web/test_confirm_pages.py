"""The confirming click and the way into the masterclass: GET shows, POST acts."""

import re
from datetime import timedelta

import factories
import pytest
from flask import Flask
from flask.testing import FlaskClient
from icalendar import Calendar
from sqlalchemy import select
from sqlalchemy.orm import Session
from visitors import Stage, form, mails, stage

from funnel import clock
from funnel.domain.links import Links
from funnel.domain.status import MAILINGS, Purpose, Role
from funnel.flow import preferences, signup
from funnel.models import Consent, Registration, Signup, Subscriber, System

DAY = timedelta(days=1)
SCANNER = {"User-Agent": "Mozilla/5.0 (compatible; SafeLinks scanner)"}


@pytest.fixture
def on(session: Session) -> Stage:
    session.add(System(id=1, clock_offset=factories.NOW - clock.real()))
    return stage(session, is_home=True, page={"consent": {"ask": ASK}})


ASK = {"heading": "De mailserie erbij?", "text": "Vijf mails.", "yes": "Ja, graag"}


@pytest.fixture
def links(app: Flask) -> Links:
    found: Links = app.extensions["funnel"].links
    return found


def path(link: str) -> str:
    return link.removeprefix("http://localhost")


def travel(session: Session, to: timedelta) -> None:
    """Move the domain clock to that long after the tests' moment."""
    system = session.get_one(System, 1)
    system.clock_offset = factories.NOW + to - clock.real()
    session.flush()


def submitted(session: Session, app: Flask, on: Stage, *, series: bool = False) -> int:
    return signup.submit(
        session,
        form(on, series=series),
        now=factories.NOW,
        real=clock.real(),
        limits=app.extensions["funnel"].settings,
    )


@pytest.fixture
def seat(session: Session, on: Stage) -> Registration:
    person = factories.subscriber(session, zone="America/New_York")
    return factories.registration(session, subscriber=person, occurrence=on.tuesday)


def test_only_the_button_confirms(
    app: Flask, client: FlaskClient, session: Session, on: Stage, links: Links
) -> None:
    link = path(links.confirm(submitted(session, app, on)))

    for _ in range(20):
        assert client.get(link, headers=SCANNER).status_code == 200
        assert client.head(link, headers=SCANNER).status_code == 200
    assert session.scalars(select(Registration)).all() == []
    response = client.post(link, data={"series": "no"})

    assert response.status_code == 303
    assert session.scalars(select(Registration)).one().occurrence_id == on.tuesday.id
    page = client.get(link)
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "<form" not in page.text
    assert page.headers["X-Robots-Tag"] == "noindex"


def test_an_empty_box_is_asked_once_more_with_two_equal_buttons(
    app: Flask, client: FlaskClient, session: Session, on: Stage, links: Links
) -> None:
    link = path(links.confirm(submitted(session, app, on)))
    page = client.get(link).text
    button = r'<button class="([^"]+)"\s+name="series"\s+value="(\w+)"'
    buttons = re.findall(button, page)

    client.post(link, data={"series": "yes"})

    proof = session.scalars(select(Consent)).all()
    assert buttons == [("button button-line", "yes"), ("button button-line", "no")]
    assert {row.wording for row in proof} == {
        "De mailserie erbij? Vijf mails. Ja, graag"
    }
    assert {row.place for row in proof} == {"confirmation"}
    assert {row.network for row in proof} == {"127.0.0.0/24"}


def test_who_moves_her_seat_is_told_which_one_it_replaces(
    app: Flask, client: FlaskClient, session: Session, on: Stage, links: Links
) -> None:
    first = submitted(session, app, on)
    signup.confirm(session, first, series=False, now=factories.NOW)
    made = form(on, occurrence_id=on.sunday.id)
    second = signup.submit(
        session,
        made,
        now=factories.NOW,
        real=clock.real(),
        limits=app.extensions["funnel"].settings,
    )

    page = client.get(path(links.confirm(second))).text

    assert "zondag 6 december" not in page
    assert "dinsdag 1 december" in page
    assert ">6<" in page.replace("\n", "").replace(" ", "")


def test_a_ticked_box_gets_one_button(
    app: Flask, client: FlaskClient, session: Session, on: Stage, links: Links
) -> None:
    link = path(links.confirm(submitted(session, app, on, series=True)))

    page = client.get(link).text
    client.post(link)

    person = session.scalars(select(Subscriber)).one()
    assert page.count("<button") == 1
    assert preferences.in_force(session, person.id) == MAILINGS


def test_an_expired_link_gets_a_new_mail_with_one_click(
    app: Flask, client: FlaskClient, session: Session, on: Stage, links: Links
) -> None:
    signup_id = submitted(session, app, on)
    early = clock.real() - timedelta(hours=1)
    session.get_one(Signup, signup_id).received_at = early
    travel(session, 7 * DAY + timedelta(minutes=1))
    link = path(links.confirm(signup_id))

    page = client.get(link)
    fields = dict(re.findall(r'name="(t|token)" value="([^"]+)"', page.text))
    assert client.post(link).status_code == 410
    response = client.post("/magnesium/opnieuw", data=fields)

    assert page.status_code == 410
    assert response.status_code == 303
    assert len(mails(session, Role.CONFIRMATION)) == 2
    assert session.scalars(select(Registration)).all() == []


def test_a_forgotten_sign_up_points_to_the_start(
    app: Flask, client: FlaskClient, session: Session, on: Stage, links: Links
) -> None:
    link = path(links.confirm(submitted(session, app, on)))
    signup.purge(session, factories.NOW + 8 * DAY)

    page = client.get(link)

    assert page.status_code == 410
    assert 'href="/"' in page.text


@pytest.mark.parametrize(
    "page", ["confirm", "join", "replay", "u", "preferences", "data"]
)
def test_a_token_of_another_kind_or_with_a_flipped_letter_is_a_dead_link(
    client: FlaskClient, seat: Registration, links: Links, page: str
) -> None:
    made = path(links.calendar("magnesium", seat.id)).split("/")[-1]
    foreign = made.removesuffix(".ics")

    for method in (client.get, client.post):
        assert method(f"/{page}/{foreign}").status_code == 404
        assert method(f"/{page}/AAAA").status_code == 404


def test_the_door_opens_half_an_hour_before_the_start(
    client: FlaskClient, session: Session, seat: Registration, links: Links
) -> None:
    link = path(links.join(seat.id))
    start = factories.START - factories.NOW

    early = client.post(link)
    page = client.get(link)
    assert early.headers["Location"] == link
    assert "data-countdown" in page.text
    assert "14.00" in page.text  # her own time, in New York
    session.refresh(seat)
    assert seat.joined_at is None
    travel(session, start - timedelta(minutes=29))
    assert client.get(link).status_code == client.head(link).status_code == 200
    session.refresh(seat)
    assert seat.joined_at is None
    entered = client.post(link)

    session.refresh(seat)
    assert entered.status_code == 303
    assert entered.headers["Location"] == "https://room.example/a"
    assert seat.joined_at


def test_the_button_may_lead_to_the_rooms_host_and_no_other(
    client: FlaskClient, session: Session, seat: Registration, links: Links
) -> None:
    travel(session, factories.START - factories.NOW)

    policy = client.get(path(links.join(seat.id))).headers["Content-Security-Policy"]

    assert "form-action 'self' https://room.example;" in policy + ";"


def test_the_recording_is_there_until_its_deadline(
    client: FlaskClient, session: Session, seat: Registration, links: Links
) -> None:
    link = path(links.replay(seat.id))
    start = factories.START - factories.NOW

    before = client.post(link)
    travel(session, start + 7 * DAY - timedelta(minutes=1))
    inside = client.post(link)
    travel(session, start + 7 * DAY)
    after = client.post(link)

    assert before.headers["Location"] == after.headers["Location"] == link
    assert inside.headers["Location"] == "https://replay.example/a"
    assert client.get(link).status_code == 200


@pytest.mark.parametrize("what", ["returned", "off", "dateless"])
def test_a_seat_without_a_date_says_so(
    client: FlaskClient, session: Session, seat: Registration, links: Links, what: str
) -> None:
    if what == "returned":
        seat.cancelled_at = factories.NOW
    elif what == "off" and seat.occurrence:
        seat.occurrence.cancelled_at = factories.NOW
    else:
        seat.occurrence = None
    session.flush()

    for link in (path(links.join(seat.id)), path(links.replay(seat.id))):
        assert 'href="/magnesium"' in client.get(link).text
        assert client.post(link).headers["Location"] == link


def test_the_calendar_file_carries_its_zone_and_moves_along(
    client: FlaskClient, session: Session, seat: Registration, links: Links
) -> None:
    link = path(links.calendar("magnesium", seat.id))
    first = Calendar.from_ical(client.get(link).data)
    assert seat.occurrence
    seat.occurrence.starts_at += DAY
    seat.occurrence.ends_at += DAY
    seat.occurrence.calendar_sequence += 1
    session.flush()

    second = Calendar.from_ical(client.get(link).data)

    old, new = first.walk("VEVENT")[0], second.walk("VEVENT")[0]
    assert first.walk("VTIMEZONE")[0]["TZID"] == "Europe/Amsterdam"
    assert old["DTSTART"].to_ical() == b"20261201T200000"
    assert old["DTSTART"].params["TZID"] == "Europe/Amsterdam"
    assert new["DTSTART"].to_ical() == b"20261202T200000"
    assert old["UID"] == new["UID"]
    assert (old["SEQUENCE"], new["SEQUENCE"]) == (0, 1)


@pytest.mark.parametrize("what", ["seat", "date"])
def test_the_calendar_file_says_that_it_does_not_take_place(
    client: FlaskClient, session: Session, seat: Registration, links: Links, what: str
) -> None:
    link = path(links.calendar("magnesium", seat.id))
    before = Calendar.from_ical(client.get(link).data).walk("VEVENT")[0]
    assert seat.occurrence
    (seat if what == "seat" else seat.occurrence).cancelled_at = factories.NOW
    session.flush()

    after = Calendar.from_ical(client.get(link).data).walk("VEVENT")[0]

    assert (before["STATUS"], after["STATUS"]) == ("CONFIRMED", "CANCELLED")
    assert before["UID"] == after["UID"]


def test_sample_rooms_are_for_ones_own_machine_only(
    app: Flask, client: FlaskClient, on: Stage
) -> None:
    assert client.get("/voorbeeld/zaal").status_code == 200
    assert client.get("/voorbeeld/opname").status_code == 200
    funnel = app.extensions["funnel"]
    outside = funnel.settings.model_copy(update={"embedded": False})

    app.extensions["funnel"] = type(funnel).of(outside)

    assert client.get("/voorbeeld/zaal").status_code == 404
    assert on


def test_nobody_has_joined_a_room_that_is_not_there(
    client: FlaskClient, session: Session, seat: Registration, links: Links
) -> None:
    link = path(links.join(seat.id))
    travel(session, factories.START - factories.NOW)
    assert seat.occurrence
    seat.occurrence.room_url = ""
    session.flush()

    response = client.post(link)

    session.refresh(seat)
    assert response.headers["Location"] == link
    assert seat.joined_at is None


def test_offers_are_asked_for_apart_where_the_series_comes_with_the_seat(
    app: Flask, client: FlaskClient, session: Session, on: Stage, links: Links
) -> None:
    on.masterclass.consent_mode = "stated"
    on.masterclass.page = {"consent": {"offers": {"text": "Soms een aanbod."}}}
    session.flush()
    link = path(links.confirm(submitted(session, app, on, series=True)))
    client.post(f"{link}/offers", data={"offers": "yes"})
    assert session.scalars(select(Consent)).all() == [], "not before her click"
    client.post(link)

    page = client.get(link).text
    client.post(f"{link}/offers", data={})
    person = session.scalars(select(Subscriber)).one()
    assert preferences.in_force(session, person.id) == {Purpose.SERIES}
    response = client.post(f"{link}/offers", data={"offers": "yes"})

    proof = session.scalars(
        select(Consent).where(Consent.purpose == Purpose.OFFERS)
    ).one()
    assert response.status_code == 303
    assert re.search(r'<input[^>]+name="offers"[^>]+>', page)
    assert "checked" not in page
    assert (proof.wording, proof.place) == ("Soms een aanbod.", "confirmation")
    assert 'name="offers"' not in client.get(link).text
