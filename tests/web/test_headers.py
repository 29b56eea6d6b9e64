"""What every answer carries, and what is refused before a view sees it."""

import re
from collections.abc import Iterator

import cluster
import factories
import pytest
import structlog
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from funnel.app import create_app
from funnel.config import Settings


@pytest.fixture
def production(database_url: str) -> Iterator[Flask]:
    """The application as the world sees it: over TLS, without the inbox."""
    base = "https://masterclass.example.nl"
    given = cluster.settings(database_url, embedded=False, base_url=base)
    with cluster.application(given) as app:
        yield app


def get(app: Flask, path: str) -> TestResponse:
    return app.test_client().get(path, base_url="https://masterclass.example.nl")


@pytest.mark.parametrize("path", ["/healthz", "/nowhere/at/all", "/inbox"])
def test_every_answer_says_who_may_show_it_and_run_in_it(
    client: FlaskClient, path: str
) -> None:
    answer = client.get(path)

    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe-inline" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"


def test_over_tls_browsers_are_told_to_stay_there(production: Flask) -> None:
    answer = get(production, "/healthz")

    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"


def test_over_tls_the_cookie_is_bound_to_the_host(production: Flask) -> None:
    config = production.config

    assert config["SESSION_COOKIE_NAME"].startswith("__Host-")
    assert config["SESSION_COOKIE_SECURE"]
    assert config["SESSION_COOKIE_HTTPONLY"]
    assert config["SESSION_COOKIE_SAMESITE"] == "Lax"


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", ""])
def test_another_host_name_is_refused(production: Flask, host: str) -> None:
    answer = production.test_client().get("/healthz", headers={"Host": host})

    assert answer.status_code == 400


def test_production_has_no_inbox_and_no_time_travel(production: Flask) -> None:
    assert get(production, "/inbox").status_code == 404
    assert get(production, "/inbox/messages.json").status_code == 404
    assert get(production, "/inbox/messages/000001.eml").status_code == 404


def test_the_keys_of_cookies_and_links_differ(settings: Settings, app: Flask) -> None:
    assert app.config["SECRET_KEY"] != settings.secret_key


def test_a_form_that_is_too_large_is_refused_kindly(
    client: FlaskClient, session: Session
) -> None:
    factories.masterclass(session, slug="magnesium")

    answer = client.post("/magnesium/signup", data={"address": "x" * 3_000_000})

    assert answer.status_code == 413
    assert "<h1>" in answer.text


def test_too_many_fields_are_refused(client: FlaskClient, session: Session) -> None:
    factories.masterclass(session, slug="magnesium")
    fields = {f"field{number}": "x" for number in range(1000)}

    answer = client.post(
        "/magnesium/signup", data=fields, content_type="multipart/form-data"
    )

    assert answer.status_code == 413


def test_an_unknown_page_says_what_to_do(client: FlaskClient) -> None:
    answer = client.get("/nowhere/at/all")

    assert answer.status_code == 404
    assert 'href="/"' in answer.text


def test_a_mistake_of_ours_shows_a_name_and_no_trace(settings: Settings) -> None:
    def fail() -> str:
        raise RuntimeError("the secret inside")

    app = create_app(settings)
    app.add_url_rule("/fail", view_func=fail)

    answer = app.test_client().get("/fail")

    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text
    assert "<code>" in answer.text


def test_while_the_database_is_away_pages_say_when_to_come_back() -> None:
    nowhere = "postgresql://nobody@127.0.0.1:1/nothing?connect_timeout=2"
    app = create_app(cluster.settings(nowhere))
    app.testing = False

    answer = app.test_client().get("/")

    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "30"
    assert app.test_client().get("/healthz").status_code == 200


def test_files_are_kept_by_browsers_and_change_their_address_with_their_content(
    client: FlaskClient, session: Session
) -> None:
    factories.masterclass(session, is_home=True)
    page = client.get("/").get_data(as_text=True)

    [sheet] = re.findall(r'href="(/static/css/base\.css\?v=\w+)"', page)
    [font] = re.findall(r'href="(/static/fonts/[^"]+)"', page)

    with client.get(sheet) as kept:
        assert kept.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    known = {"If-None-Match": kept.headers["ETag"]}
    with client.get(sheet, headers=known) as again:
        assert again.status_code == 304
    with client.get(font) as file:
        assert file.headers["Cache-Control"] == "public, max-age=86400"
    with client.get("/static/js/editor/read.js") as named:
        assert named.headers["Cache-Control"] == "public, no-cache"
    assert client.get("/static/nothing.css?v=1").headers["Cache-Control"] == "no-store"


def test_what_no_database_takes_is_refused_kindly(
    client: FlaskClient, session: Session
) -> None:
    factories.masterclass(session, is_home=True)

    answer = client.get("/%00")

    assert answer.status_code == 400


def test_a_line_of_the_log_names_the_page_and_not_the_key_in_its_address(
    app: Flask, client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever reads the logs could open her preferences with it."""
    client.get("/preferences/the-key-in-the-address")

    known = structlog.contextvars.get_contextvars()
    assert known["page"] == "preferences.wishes"
    assert "the-key-in-the-address" not in f"{known} {caplog.text}"
    assert app
