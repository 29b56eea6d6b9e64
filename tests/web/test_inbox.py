"""The inbox of the embedded mode."""

from pathlib import Path

import cluster
import factories
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from funnel.config import Settings
from funnel.mail.mailbox import Mailbox

LETTER = (
    b"From: Noor <noor@example.nl>\r\n"
    b"To: sanne@example.nl\r\n"
    b"Subject: Je plek\r\n"
    b"Date: Tue, 01 Dec 2026 20:00:00 +0100\r\n"
    b"MIME-Version: 1.0\r\n"
    b'Content-Type: multipart/alternative; boundary="b"\r\n'
    b"\r\n"
    b"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nDag Sanne\r\n"
    b"--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
    b"<html><head></head><body><script>alert(1)</script>"
    b'<a href="/confirm/x">Ja</a></body></html>\r\n'
    b"--b--\r\n"
)


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    (tmp_path / "mail").mkdir()
    return cluster.settings(database_url, data_dir=tmp_path)


@pytest.fixture
def number(settings: Settings, session: Session) -> str:
    """A message that came."""
    factories.business(session)
    box = Mailbox(settings.data_dir / "mail")
    return box.keep(LETTER, "noor@example.nl", ["sanne@example.nl"])


def test_an_empty_inbox_says_what_to_do_first(client: FlaskClient) -> None:
    page = client.get("/inbox")

    assert page.status_code == 200
    assert 'href="/"' in page.text


def test_messages_are_listed_for_machines(client: FlaskClient, number: str) -> None:
    found = client.get("/inbox/messages.json").json

    assert found == [
        {
            "id": number,
            "from": "noor@example.nl",
            "to": "sanne@example.nl",
            "subject": "Je plek",
            "date": "2026-12-01T19:00:00+00:00",
        }
    ]


def test_a_message_can_be_had_byte_for_byte(client: FlaskClient, number: str) -> None:
    answer = client.get(f"/inbox/messages/{number}.eml")

    assert answer.data == LETTER
    assert answer.headers["Content-Type"].startswith("message/rfc822")


def test_nothing_in_a_mail_runs(client: FlaskClient, number: str) -> None:
    page = client.get(f"/inbox/messages/{number}")
    letter = client.get(f"/inbox/messages/{number}/letter")

    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page.text
    assert "alert(1)" not in page.text
    policy = letter.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "sandbox allow-popups" in policy
    assert "allow-scripts" not in policy
    assert "frame-ancestors 'self'" in policy


def test_links_in_a_mail_open_beside_the_inbox(
    client: FlaskClient, number: str
) -> None:
    letter = client.get(f"/inbox/messages/{number}/letter")

    assert '<head><base target="_blank">' in letter.text


@pytest.mark.parametrize(
    ("part", "shows"), [("text", "Dag Sanne"), ("source", "multipart/alternative")]
)
def test_a_message_can_be_read_as_text_and_by_its_headers(
    client: FlaskClient, number: str, part: str, shows: str
) -> None:
    page = client.get(f"/inbox/messages/{number}?part={part}")

    assert shows in page.text


def test_a_message_that_is_not_there_is_404(client: FlaskClient) -> None:
    assert client.get("/inbox/messages/000009").status_code == 404
    assert client.get("/inbox/messages/000009.eml").status_code == 404


def test_the_clock_moves_for_our_own_form_only(app: Flask) -> None:
    answer = app.test_client().post("/inbox/clock", data={"to": "day"})

    assert answer.status_code == 400


def test_when_nothing_is_left_the_inbox_says_so(client: FlaskClient) -> None:
    page = client.get("/inbox").text
    token = page.split('name="csrf_token" value="')[1].split('"')[0]

    answer = client.post(
        "/inbox/clock",
        data={"to": "next", "csrf_token": token},
        follow_redirects=True,
    )

    assert answer.status_code == 200
    assert 'role="status"' in answer.text
