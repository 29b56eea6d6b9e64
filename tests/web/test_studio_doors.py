"""The studio's doors: log-in, roles, forged forms, links that lead away."""

import re
from collections.abc import Iterator
from typing import Any

import factories
import pytest
from flask import Flask
from sqlalchemy import event, select, text
from sqlalchemy.orm import Session
from studio import PASSWORD, Colleague, colleague

from funnel.domain.status import DeliveryState, Kind, TeamRole
from funnel.models import Link, Login

SAFE = {"GET", "HEAD", "OPTIONS"}
OPEN = {
    *("auth.login", "auth.enter", "auth.leave", "doors.ask_code", "doors.enter_code"),
    *("doors.ask_forgotten", "doors.forgotten", "doors.ask_password", "doors.choose"),
}


@pytest.fixture(autouse=True)
def profile(session: Session) -> None:
    factories.business(session, is_sample=False)


@pytest.fixture
def rows(session: Session) -> dict[str, Any]:
    """Return a row for every argument that a path of the studio can have."""
    step = factories.step(session, kind=Kind.SERVICE)
    masterclass = factories.masterclass(session, sequence_id=step.sequence_id)
    date = factories.occurrence(session, masterclass=masterclass)
    seat = factories.registration(session, occurrence=date)
    assert step.revision is not None
    link = Link(position=1, code="AAAA", target="https://voorbeeld.nl")
    step.revision.links.append(link)
    session.flush()
    return {
        "link_id": link.id,
        "delivery_id": factories.delivery(session, state=DeliveryState.PARKED).id,
        "act": "retry",
        "slug": step.sequence.slug,
        "step_id": step.id,
        "number": 1,
        "occurrence_id": date.id,
        "subscriber_id": seat.subscriber_id,
        "user_id": factories.user(session).id,
        "token": "nobodys",
        "table": "weeks",
        "name": factories.picture(session).name,
        "import_id": factories.subscriber_import(session).id,
    }


def routes(app: Flask, rows: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield method, path and endpoint of every page and form of the studio."""
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            if not rule.rule.startswith("/admin"):
                continue
            values = {name: rows[name] for name in rule.arguments}
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
                yield method, rule.build(values)[1], rule.endpoint  # type: ignore[index]  # it can be built


def test_every_page_of_the_studio_asks_for_a_log_in(
    app: Flask, rows: dict[str, Any]
) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    stranger = app.test_client()

    answers = {
        (method, path): stranger.open(path, method=method)
        for method, path, endpoint in routes(app, rows)
        if endpoint not in OPEN
    }

    assert len(answers) > 20
    for answer in answers.values():
        assert answer.status_code in {302, 303}
        assert answer.location.startswith("/admin/login")


def test_every_form_of_the_studio_refuses_a_forged_request(
    app: Flask, session: Session, rows: dict[str, Any]
) -> None:
    owner = colleague(app, session, TeamRole.OWNER)

    forms = [path for method, path, _ in routes(app, rows) if method not in SAFE]

    assert len(forms) > 10
    assert {owner.client.post(path).status_code for path in forms} == {400}


def test_looking_at_pages_changes_nothing(
    app: Flask, session: Session, rows: dict[str, Any]
) -> None:
    owner = colleague(app, session, TeamRole.OWNER)
    written: list[str] = []

    def note(*call: Any) -> None:
        if re.match(r"\s*(INSERT|UPDATE|DELETE)", call[2]):
            written.append(call[2])

    event.listen(session.get_bind(), "before_cursor_execute", note)
    codes = {
        path: owner.get(path).status_code
        for method, path, _ in routes(app, rows)
        if method == "GET"
    }

    assert written == []
    of_ours = {path: code for path, code in codes.items() if "nobodys" not in path}
    assert set(of_ours.values()) <= {200, 302}, codes


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/admin//evil.example",
        "/admin/../../evil",
        "/admin\\@evil.example",
        "/admin@evil.example",
        "/admin.evil.example",
        "/adminevil",
        "/%2f%2fevil.example",
        "/admin/%2f%2fevil.example",
        "https:evil.example",
        "http:///evil.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "/admin/\r\nLocation: https://evil.example",
        "/admin/\tevil",
        " /admin",
        "/admin/\uff45\uff56\uff49\uff4c",
        "/admin?x=https://evil.example",
        "",
    ],
)
def test_after_log_in_nobody_is_led_away(
    app: Flask, session: Session, target: str
) -> None:
    her = colleague(app, session)

    answer = her.log_in(next=target)

    assert answer.status_code == 303
    assert answer.location == "/admin/"


def test_after_log_in_she_comes_where_she_wanted_to_be(
    app: Flask, session: Session
) -> None:
    her = colleague(app, session)
    asked = app.test_client().get("/admin/subscribers?q=anna&state=active")
    login = app.test_client().get(asked.location)

    answer = her.log_in(next="/admin/subscribers?q=anna&state=active")

    assert "/admin/subscribers?q=anna&amp;state=active" in login.text
    assert answer.location == "/admin/subscribers?q=anna&state=active"


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(
    app: Flask, session: Session
) -> None:
    known = colleague(app, session)
    unknown = Colleague(
        app, session, factories.user(session, address="gone@example.nl")
    )
    session.delete(unknown.user)
    session.flush()

    answers = [one.log_in("niet het wachtwoord") for one in (known, unknown)]

    plain = [re.sub(r'value="[^"]*"', "", answer.text) for answer in answers]
    assert [answer.status_code for answer in answers] == [422, 422]
    assert plain[0] == plain[1]


def test_after_too_many_tries_the_page_says_how_long_to_wait(
    app: Flask, session: Session
) -> None:
    her = colleague(app, session)

    answers = [her.log_in("wrong") for _ in range(5)]

    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["Retry-After"]) > 0


def test_logging_out_ends_a_copied_cookie_too(app: Flask, session: Session) -> None:
    her = colleague(app, session)
    cookie = her.client.get_cookie("funnel")
    assert cookie is not None
    thief = app.test_client()
    thief.set_cookie("funnel", cookie.value)
    assert thief.get("/admin/subscribers").status_code == 200

    her.post("/admin/logout")

    assert thief.get("/admin/subscribers").status_code == 303


def test_a_changed_password_ends_the_other_log_ins_and_keeps_this_one(
    app: Flask, session: Session
) -> None:
    here = colleague(app, session)
    there = Colleague(app, session, here.user)
    there.log_in()

    answer = here.post("/admin/account/password", old=PASSWORD, new="een ander geheim!")

    assert answer.status_code == 303
    assert here.get("/admin/subscribers").status_code == 200
    assert there.get("/admin/subscribers").status_code == 303


def test_all_log_ins_end_at_once(app: Flask, session: Session) -> None:
    here = colleague(app, session)

    here.post("/admin/account/end")

    assert here.get("/admin/subscribers").status_code == 303
    open_ones = select(Login).where(Login.ended_at.is_(None))
    assert session.scalars(open_ones).all() == []


def test_the_cookie_says_nothing_about_who_she_is_and_scripts_cannot_read_it(
    app: Flask, session: Session
) -> None:
    her = colleague(app, session)

    answer = her.log_in()

    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_pages_of_the_studio_stay_out_of_caches(app: Flask, session: Session) -> None:
    her = colleague(app, session)

    answer = her.get("/admin/subscribers")

    assert answer.headers["Cache-Control"] == "no-store"
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


def test_a_query_that_fails_shows_a_page_with_a_name_to_ask_about(
    app: Flask, session: Session
) -> None:
    mara = colleague(app, session)
    session.execute(text("ALTER TABLE sequence RENAME TO elsewhere"))
    app.testing = False

    answer = mara.get("/admin/sequences")

    assert answer.status_code == 500
    assert "<h1>" in answer.text
    assert "<code>" in answer.text


@pytest.mark.parametrize(
    ("spoken", "title", "word"),
    [("en-GB,en;q=0.8", "You are logged out", "Log in"), ("nl", "Je bent", "Inloggen")],
)
def test_a_form_whose_log_in_is_gone_leads_back_to_its_page(
    app: Flask, spoken: str, title: str, word: str
) -> None:
    browser = {"Accept-Language": spoken, "Referer": "http://localhost/admin/steps/7"}

    answer = app.test_client().post("/admin/steps/7", headers=browser)

    assert answer.status_code == 400
    assert title in answer.text
    way = f'href="/admin/login?next=/admin/steps/7&amp;language={spoken[:2]}">{word}<'
    assert way in answer.text
    assert 'href="/"' not in answer.text


def test_a_form_whose_log_in_ended_comes_back_to_its_page(
    app: Flask, session: Session
) -> None:
    her = colleague(app, session)
    token = her.token(her.get("/admin/account"))
    session.execute(text("UPDATE login SET ended_at = now()"))
    session.commit()

    browser = {"Referer": "http://localhost/admin/steps/7"}
    sent = {"csrf_token": token}
    answer = her.client.post("/admin/steps/7", data=sent, headers=browser)

    assert answer.status_code == 303
    assert answer.location == "/admin/login?next=/admin/steps/7"


def test_a_page_that_is_not_there_leads_back_to_where_she_was(
    app: Flask, session: Session
) -> None:
    mara = colleague(app, session)

    assert 'href="/admin/"' in mara.get("/admin/sequences/nothing").text
    assert 'href="/"' in mara.get("/nothing").text
