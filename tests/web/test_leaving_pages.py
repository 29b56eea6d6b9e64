"""Leaving by one click or on the page, preferences, and one's own data."""

from datetime import timedelta

import factories
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from visitors import mails, stage

from funnel import clock
from funnel.domain.links import Links
from funnel.domain.status import MAILINGS, Purpose, Role
from funnel.flow import preferences
from funnel.flow.preferences import Wording, consent
from funnel.models import (
    Consent,
    Delivery,
    Event,
    Registration,
    Subscriber,
    Suppression,
    System,
)

YES = Wording("Stuur me de mailserie", "nl", "form")
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


class Reader:
    """Somebody with a seat, consents, and a mail that she can leave from."""

    def __init__(self, session: Session) -> None:
        on = stage(session, is_home=True)
        self.row: Subscriber = factories.subscriber(session)
        self.seat: Registration = factories.registration(
            session, subscriber=self.row, occurrence=on.tuesday
        )
        factories.enrollment(
            session,
            subscriber=self.row,
            registration=self.seat,
            sequence=on.sequence,
        )
        consent.grant(session, self.row, MAILINGS, YES, factories.NOW)
        self.mail: Delivery = factories.delivery(session, subscriber_id=self.row.id)


@pytest.fixture
def reader(session: Session) -> Reader:
    session.add(System(id=1, clock_offset=factories.NOW - clock.real()))
    return Reader(session)


@pytest.fixture
def links(app: Flask) -> Links:
    found: Links = app.extensions["funnel"].links
    return found


def path(link: str) -> str:
    return link.removeprefix("http://localhost")


def facts(session: Session) -> list[int]:
    tables = (Consent, Event, Suppression, Delivery)
    return [len(session.scalars(select(table)).all()) for table in tables]


@pytest.mark.parametrize(
    "encoding", ["application/x-www-form-urlencoded", "multipart/form-data"]
)
def test_one_click_needs_no_cookie_and_answers_shortly(
    client: FlaskClient, session: Session, reader: Reader, links: Links, encoding: str
) -> None:
    link = path(links.unsubscribe(reader.mail.id))

    answers = [
        client.post(link, data=ONE_CLICK, content_type=encoding) for _ in range(5)
    ]

    assert {answer.status_code for answer in answers} == {200}
    assert all(len(answer.data) < 100 for answer in answers)
    assert not any("Set-Cookie" in answer.headers for answer in answers)
    assert preferences.in_force(session, reader.row.id) == frozenset()
    assert len(session.scalars(select(Suppression)).all()) == 1
    session.refresh(reader.seat)
    assert reader.seat.cancelled_at is None


def test_looking_at_the_way_out_changes_nothing(
    client: FlaskClient, session: Session, reader: Reader, links: Links
) -> None:
    before = facts(session)
    until = factories.NOW + timedelta(days=1)
    pages = [
        path(links.unsubscribe(reader.mail.id)),
        path(links.preferences(reader.row.id)),
        path(links.personal_data(reader.row.id, until)),
    ]

    for page in pages:
        for _ in range(20):
            assert client.get(page).status_code == client.head(page).status_code == 200

    assert facts(session) == before
    assert preferences.in_force(session, reader.row.id) == MAILINGS


def test_the_page_has_one_button_and_says_what_stays(
    client: FlaskClient, session: Session, reader: Reader, links: Links
) -> None:
    link = path(links.unsubscribe(reader.mail.id))
    shown = client.get(link)

    response = client.post(link, data={"page": "1"})

    assert shown.text.count("<button") == 1
    assert response.status_code == 303
    after = client.get(response.headers["Location"])
    assert "<button" not in after.text
    assert 'role="status"' in after.text
    assert preferences.in_force(session, reader.row.id) == frozenset()


def test_a_link_from_an_erased_persons_mail_still_answers(
    client: FlaskClient, session: Session, reader: Reader, links: Links
) -> None:
    link = path(links.unsubscribe(reader.mail.id))
    preferences.erase(session, reader.row.id, now=factories.NOW)

    assert client.post(link, data=ONE_CLICK).status_code == 200
    assert client.get(path(links.preferences(reader.row.id))).status_code == 404


def test_preferences_are_saved_as_they_are_ticked(
    client: FlaskClient, session: Session, reader: Reader, links: Links
) -> None:
    link = path(links.preferences(reader.row.id))
    wishes = {
        "action": "save",
        "series": "yes",
        "first_name": "Roos",
        "zone": "Asia/Tokyo",
    }

    response = client.post(link, data=wishes)

    session.refresh(reader.row)
    last = session.scalars(select(Consent).order_by(Consent.id)).all()[-1]
    assert response.status_code == 303
    assert preferences.in_force(session, reader.row.id) == {Purpose.SERIES}
    assert (reader.row.first_name, reader.row.zone) == ("Roos", "Asia/Tokyo")
    assert (last.place, last.network) == ("preferences", "127.0.0.0/24")
    assert last.wording in client.get(link).text
    assert "Stille Avond" in last.wording
    assert "Afmelden kan in elke mail" in last.wording
    assert 'role="status"' in client.get(response.headers["Location"]).text


def test_an_unknown_zone_leaves_hers_as_it_was(
    client: FlaskClient, session: Session, reader: Reader, links: Links
) -> None:
    link = path(links.preferences(reader.row.id))

    client.post(link, data={"action": "save", "zone": "../etc/passwd"})

    session.refresh(reader.row)
    assert reader.row.zone == "Europe/Amsterdam"


def test_only_her_own_seat_can_be_given_back(
    client: FlaskClient, session: Session, reader: Reader, links: Links
) -> None:
    link = path(links.preferences(reader.row.id))
    other = factories.registration(session, occurrence=reader.seat.occurrence)

    for seat in (other, reader.seat):
        client.post(link, data={"action": "cancel-seat", "seat": str(seat.id)})

    session.refresh(other)
    session.refresh(reader.seat)
    assert other.cancelled_at is None
    assert reader.seat.cancelled_at


def test_an_unknown_action_does_nothing(
    client: FlaskClient, session: Session, reader: Reader, links: Links
) -> None:
    before = facts(session)

    response = client.post(path(links.preferences(reader.row.id)), data={"action": "x"})

    assert response.status_code == 422
    assert facts(session) == before


def test_her_data_needs_a_link_from_her_own_mailbox(
    client: FlaskClient, session: Session, reader: Reader, links: Links
) -> None:
    client.post(path(links.preferences(reader.row.id)), data={"action": "request-data"})
    until = factories.NOW + timedelta(hours=1)
    link = path(links.personal_data(reader.row.id, until))

    response = client.post(link, data={"action": "download"})

    assert len(mails(session, Role.PERSONAL_DATA)) == 1
    assert response.headers["Content-Disposition"].startswith("attachment")
    assert response.get_json()["subscriber"]["address"] == reader.row.address


def test_erasing_asks_for_a_tick(
    client: FlaskClient, session: Session, reader: Reader, links: Links
) -> None:
    until = factories.NOW + timedelta(hours=1)
    link = path(links.personal_data(reader.row.id, until))

    unsure = client.post(link, data={"action": "erase"})
    assert unsure.status_code == 422
    session.refresh(reader.row)
    assert reader.row.address
    sure = client.post(link, data={"action": "erase", "sure": "yes"})

    session.refresh(reader.row)
    assert sure.status_code == 200
    assert reader.row.address is None
    assert client.get(link).status_code == 404


def test_an_old_link_to_her_data_is_dead(
    client: FlaskClient, reader: Reader, links: Links
) -> None:
    passed = factories.NOW - timedelta(seconds=1)
    link = path(links.personal_data(reader.row.id, passed))

    assert client.get(link).status_code == 404
    assert client.post(link, data={"action": "download"}).status_code == 404
