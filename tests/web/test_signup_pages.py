"""The landing page and its form, as a browser without scripts sees them."""

import re
import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Any

import factories
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from visitors import Stage, mails, stage
from werkzeug.test import TestResponse

from funnel import clock
from funnel.domain import tokens
from funnel.domain.status import Role, SequenceState
from funnel.domain.tokens import TokenKind
from funnel.models import Event, EventKind, Signup, Subscriber, System
from funnel.web import Funnel, content

SENT = "/magnesium/signup"
SEEDED = content.FOLDER / "masterclasses" / "magnesium.toml"
LANDING = tomllib.loads(SEEDED.read_text("utf-8"))["page"]


@pytest.fixture(autouse=True)
def domain_time(session: Session) -> None:
    session.add(System(id=1, clock_offset=factories.NOW - clock.real()))


@pytest.fixture
def on(session: Session) -> Stage:
    return stage(session, is_home=True)


def text(response: TestResponse) -> str:
    return response.get_data(as_text=True)


def stamp(client: FlaskClient, path: str = "/magnesium") -> str:
    found = re.search(r'name="token" value="([^"]+)"', text(client.get(path)))
    assert found
    return found[1]


def send(client: FlaskClient, on: Stage, **overrides: Any) -> TestResponse:
    fields = {
        "token": overrides.get("token") or stamp(client),
        "occurrence": str(on.tuesday.id),
        "address": "sanne@example.nl",
        "first_name": "Sanne",
        "company": "",
    }
    return client.post(SENT, data=fields | overrides)


def count(session: Session, table: Any) -> int:
    return session.scalar(select(func.count()).select_from(table)) or 0


def bare(response: TestResponse) -> str:
    """Return the answer without its tokens."""
    head = sorted(f"{name}: {value}" for name, value in response.headers)
    whole = f"{response.status} {head} {text(response)}"
    return re.sub(r"[\w-]{24,}", "…", whole)


def test_the_landing_page_states_the_date_in_words_with_its_place(
    client: FlaskClient, on: Stage
) -> None:
    for path in ("/", "/magnesium"):
        page = text(client.get(path))

        assert '<html lang="nl">' in page
        assert "dinsdag 1 december" in page
        assert "20.00" in page
        assert "Amsterdam" in page
        assert page.count('name="occurrence"') == 2
    assert on


def test_no_cookie_is_set_and_the_box_is_not_ticked(
    client: FlaskClient, on: Stage
) -> None:
    response = client.get("/magnesium")

    box = re.search(r'<input type="checkbox" name="series"[^>]*>', text(response))
    assert "Set-Cookie" not in response.headers
    assert box
    assert "checked" not in box[0]
    assert on


def test_a_good_form_is_thanked_with_a_303(
    client: FlaskClient, session: Session, on: Stage
) -> None:
    response = send(client, on, series="yes", utm_source="article", zone="Asia/Tokyo")

    thanks = client.get(response.headers["Location"])
    row = session.scalars(select(Signup)).one()
    assert response.status_code == 303
    assert "Set-Cookie" not in response.headers
    assert "sanne@example.nl" in text(thanks)
    assert thanks.headers["Cache-Control"] == "no-store"
    assert thanks.headers["Referrer-Policy"] == "no-referrer"
    assert (row.series, row.zone) == (True, "Asia/Tokyo")
    assert row.source == {"utm_source": "article"}
    assert row.network == "127.0.0.0/24"
    assert row.wording in text(client.get("/magnesium"))


@pytest.mark.parametrize(
    ("typed", "help_"),
    [("", "naam@"), ("sanne", "@"), ("sanne@x", "@"), ("a b@c.nl", "naam@")],
)
def test_a_wrong_address_gets_the_page_back_with_help_at_the_field(
    client: FlaskClient, session: Session, on: Stage, typed: str, help_: str
) -> None:
    response = send(client, on, address=typed, first_name="Sanne B", series="yes")

    page = text(response)
    error = re.search(r'<p class="error" id="address-error">([^<]+)<', page)
    assert response.status_code == 422
    assert error
    assert help_ in error[1]
    assert 'aria-invalid="true" aria-describedby="address-error"' in page
    assert '<a href="#address">' in page
    assert 'value="Sanne B"' in page
    assert f'value="{typed}"' in page
    assert re.search(r'name="series" value="yes" checked', page)
    assert count(session, Signup) == 0


def test_the_form_can_be_sent_again_after_an_error(
    client: FlaskClient, session: Session, on: Stage
) -> None:
    page = text(send(client, on, address="sanne@"))
    again = re.search(r'name="token" value="([^"]+)"', page)

    assert again
    assert send(client, on, token=again[1]).status_code == 303
    assert len(mails(session, Role.CONFIRMATION)) == 1


@pytest.mark.parametrize("chosen", ["", "999999", "x", "past", "off", "foreign"])
def test_a_date_that_is_not_to_be_had_is_an_error_at_the_dates(
    client: FlaskClient, session: Session, on: Stage, chosen: str
) -> None:
    other = factories.occurrence(session)
    if chosen == "past":
        on.sunday.starts_at = factories.NOW - timedelta(minutes=1)
    if chosen == "off":
        on.sunday.cancelled_at = factories.NOW
    ids = {"past": on.sunday.id, "off": on.sunday.id, "foreign": other.id}
    session.flush()

    response = send(client, on, occurrence=str(ids.get(chosen, chosen)))

    assert response.status_code == 422
    assert 'id="occurrence-error"' in text(response)
    assert count(session, Signup) == 0


def test_without_a_date_the_page_takes_the_address_for_the_next_one(
    client: FlaskClient, session: Session, on: Stage
) -> None:
    for date in (on.tuesday, on.sunday):
        date.cancelled_at = factories.NOW
    session.flush()

    response = send(client, on, occurrence="")

    assert 'name="occurrence"' not in text(client.get("/magnesium"))
    assert response.status_code == 303
    assert "als eerste de datum" in text(client.get(response.headers["Location"]))
    assert session.scalars(select(Signup)).one().occurrence_id is None


def test_known_unknown_capped_and_suspected_get_the_same_answer(
    client: FlaskClient, session: Session, on: Stage
) -> None:
    known = {"address": "Known@example.nl", "address_key": "known@example.nl"}
    factories.subscriber(session, **known)
    answers = {
        "unknown": send(client, on, address="newer@example.nl"),
        "capped": send(client, on, address="newer@example.nl"),
        "known": send(client, on, address="known@example.nl"),
        "suspected": send(client, on, address="other@example.nl", company="x"),
    }

    assert len({bare(answer) for answer in answers.values()}) == 1
    pages = {
        name: bare(client.get(answer.headers["Location"]))
        .replace("newer@", "someone@")
        .replace("known@", "someone@")
        for name, answer in answers.items()
        if name != "suspected"
    }
    assert len(set(pages.values())) == 1


def give_time(app: Flask) -> None:
    """Let a form that is sent within ten minutes be too fast."""
    slow = {"form_min_seconds": 600}
    settings = app.extensions["funnel"].settings.model_copy(update=slow)
    app.extensions["funnel"] = Funnel.of(settings)


@pytest.mark.parametrize("sign", ["honeypot", "forged", "other", "none", "fast"])
def test_what_looks_like_a_bot_is_counted_and_nothing_else(
    app: Flask, client: FlaskClient, session: Session, on: Stage, sign: str
) -> None:
    if sign == "fast":
        give_time(app)
    moment, keys = int(clock.real().timestamp()), app.extensions["funnel"].keys
    other = tokens.issue(keys, TokenKind.FORM, 10**6, moment, 1)
    fields = {
        "honeypot": {"company": "ACME"},
        "forged": {"token": "A" * 40},
        "other": {"token": other},
        "none": {"token": "", "address": ""},
        "fast": {},
    }[sign]

    response = send(client, on, **fields)

    assert response.status_code == 303
    assert client.get(response.headers["Location"]).status_code == 200
    assert count(session, Subscriber) == 0
    assert session.scalars(select(Event)).one().kind is EventKind.SUSPECTED


def test_a_form_that_stood_open_for_a_day_is_asked_once_more(
    app: Flask, client: FlaskClient, on: Stage
) -> None:
    keys = app.extensions["funnel"].keys
    yesterday = int(clock.real().timestamp()) - 25 * 3600
    old = tokens.issue(keys, TokenKind.FORM, on.masterclass.id, yesterday, 1)

    response = send(client, on, token=old)

    fresh = re.search(r'name="token" value="([^"]+)"', text(response))
    assert response.status_code == 422
    assert 'value="sanne@example.nl"' in text(response)
    assert fresh
    assert send(client, on, token=fresh[1]).status_code == 303


def test_too_many_sign_ups_get_a_human_sentence_and_keep_the_form(
    app: Flask, client: FlaskClient, on: Stage
) -> None:
    tight = app.extensions["funnel"].settings.model_copy(
        update={"signups_per_network_per_hour": 1}
    )
    app.extensions["funnel"] = Funnel.of(tight)
    send(client, on)

    response = send(client, on, address="roos@example.nl")

    assert response.status_code == 429
    assert 'value="roos@example.nl"' in text(response)
    assert "anna@stilleavond.example" in text(response)


def test_a_mistyped_domain_is_never_refused_but_offered_better(
    app: Flask, client: FlaskClient, session: Session, on: Stage
) -> None:
    thanks = send(client, on, address="sanne@gmial.com").headers["Location"]
    give_time(app)  # the one button on the next page may be pressed at once
    page = text(client.get(thanks))
    token = re.search(r'name="t" value="([^"]+)"', page)
    assert token
    assert re.search(r'name="hint"\s+value="sanne@gmail.com"', page)

    response = client.post(
        "/magnesium/opnieuw",
        data={"t": token[1], "token": stamp(client), "hint": "sanne@gmail.com"},
    )

    assert response.status_code == 303
    assert [mail.address for mail in mails(session, Role.CONFIRMATION)] == [
        "sanne@gmial.com",
        "sanne@gmail.com",
    ]


@pytest.mark.parametrize(
    "name",
    ["https://spam.example", "www.spam.example", "win.example/x", "<b>x</b>", "a@b.nl"],
)
def test_a_name_that_is_a_link_or_code_is_left_out(
    client: FlaskClient, session: Session, on: Stage, name: str
) -> None:
    send(client, on, first_name=name)

    assert session.scalars(select(Signup)).one().first_name == ""


def test_markup_in_a_field_comes_back_as_text(client: FlaskClient, on: Stage) -> None:
    page = text(send(client, on, address='"><script>alert(1)</script>'))

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_looking_changes_nothing(
    client: FlaskClient, session: Session, on: Stage
) -> None:
    thanks = send(client, on).headers["Location"]
    before = [count(session, table) for table in (Signup, Event, Subscriber)]

    for path in ("/", "/magnesium", thanks, "/privacy", "/artikel/magnesium"):
        assert client.get(path).status_code == 200
        assert client.head(path).status_code == 200
    assert before == [count(session, table) for table in (Signup, Event, Subscriber)]


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/artikel/nothing",
        "/artikel/..%2fprivacy.nl",
        "/magnesium/bedankt",
        "/magnesium/bedankt?t=AAAA",
        "/host.jpg",
    ],
)
def test_what_is_not_there_is_a_404(client: FlaskClient, on: Stage, path: str) -> None:
    assert client.get(path).status_code == 404
    assert on


def test_reading_pages_carry_the_business_and_no_other_host(
    client: FlaskClient, on: Stage
) -> None:
    for path in ("/privacy", "/artikel/magnesium", "/blad/boodschappenlijst", "/"):
        page = text(client.get(path))

        assert "Stille Avond" in page
        assert "{{" not in page
        assert re.findall(r'(?:src|href)="(?:https?:)?//[^"]+"', page) == []
    assert "Dorpsstraat 1" in text(client.get("/privacy"))
    assert on


def test_the_landing_page_weighs_less_than_100_kilobytes(
    app: Flask, client: FlaskClient, on: Stage
) -> None:
    page = text(client.get("/"))
    files = set(re.findall(r'(?:src|href)="/static/([^"?]+)', page))

    sizes = [(Path(app.static_folder or "") / file).stat().st_size for file in files]

    assert len(files) > 5
    assert sum(sizes) + len(page.encode()) < 100_000
    assert on


def test_who_wants_to_read_first_finds_the_way(
    client: FlaskClient, session: Session, on: Stage
) -> None:
    on.masterclass.article_slug = "magnesium"
    on.masterclass.page = LANDING
    session.flush()

    page = text(client.get("/"))

    assert LANDING["article"]["heading"] in page
    assert LANDING["article"]["text"] in page
    assert page.count('href="/artikel/magnesium"') == 2


def test_before_the_masterclass_is_live_no_form_is_shown_or_taken(
    client: FlaskClient, session: Session, on: Stage
) -> None:
    token = stamp(client)
    on.sequence.state = SequenceState.DRAFT
    session.flush()

    page = text(client.get("/magnesium"))
    refused = send(client, on, token=token)

    assert 'id="plek"' in page
    assert "<form" not in page
    assert refused.status_code == 422
    assert count(session, Signup) == 0


def test_control_characters_in_a_campaign_are_left_out(
    client: FlaskClient, session: Session, on: Stage
) -> None:
    response = send(client, on, utm_source="nieuws\x00brief", utm_medium="\x00")

    assert response.status_code == 303
    assert session.scalars(select(Signup)).one().source == {"utm_source": "nieuwsbrief"}
