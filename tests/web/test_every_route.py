"""What holds for every address of the map: looking is free, forms prove themselves.

A new route has to be named here before this passes.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import cluster
import factories
import pytest
import tracking
from flask import Flask
from flask.testing import FlaskClient
from markupsafe import escape
from sqlalchemy import event, text, update
from sqlalchemy.orm import Session
from studio import Colleague, colleague
from visitors import form, stage
from werkzeug.routing import Rule

from funnel import clock
from funnel.config import Settings
from funnel.domain import tokens
from funnel.domain.links import Links
from funnel.domain.status import DeliveryState, Purpose, TeamRole
from funnel.domain.tokens import TokenKind
from funnel.flow import preferences, signup
from funnel.flow.preferences import Wording, consent
from funnel.mail.mailbox import Mailbox
from funnel.models import Signup, Subscriber, System

BASE = "http://localhost"
SCANNER = {"User-Agent": "Mozilla/5.0 (compatible; LinkScanner/1.0)"}
WITHOUT_COOKIE = {
    "pages.sign_up": "brings a signed time token of its own",
    "pages.again": "the same",
    "confirm.confirm": "the token in the address is the proof",
    "confirm.offers": "the same",
    "masterclass.enter": "the same",
    "masterclass.watch": "the same",
    "preferences.left": "the same; RFC 8058 forbids a cookie",
    "preferences.act": "the same",
    "preferences.use_data": "the same, and it expires",
}
"""Forms that no log-in and no cookie stands behind."""

OF_A_SEQUENCE = (
    *("exchange", "pauses", "rules", "sequences", "shelf", "simulator", "structure"),
    "versions",
)

LED_AWAY = {"tracking.follow": "a click is written down, and judged later"}
"""The one page that writes when it is fetched: who follows a link has clicked."""

KEPT_FOR_GOOD = {"static", "media.show"}
"""Files whose address changes with their content; nobody's own."""

NOT_SHOWN = {
    "auth.login": 302,  # she is in
    "doors.ask_code": 302,  # the same
    "pages.host": 404,  # this business has no picture
}
"""What a logged-in owner is not shown, of all there is to look at."""

MAIL = b"From: a@example.nl\r\nTo: b@example.nl\r\nSubject: x\r\n\r\nx\r\n"


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    (tmp_path / "mail").mkdir()
    return cluster.settings(database_url, data_dir=tmp_path)


@pytest.fixture
def owner(app: Flask, session: Session) -> Colleague:
    return colleague(app, session, TeamRole.OWNER)


@pytest.fixture
def known(app: Flask, session: Session) -> dict[str, dict[str, Any]]:
    """Return the arguments of every route that has any, with rows behind them."""
    session.add(System(id=1, clock_offset=factories.NOW - clock.real()))
    on = stage(session, is_home=True, article_slug="magnesium")
    factories.business(session, is_sample=False)  # else every page leads to its form
    reader = factories.subscriber(session)
    seat = factories.registration(session, subscriber=reader, occurrence=on.tuesday)
    words = Wording("Ja", "nl", "form")
    consent.grant(session, reader, set(Purpose), words, factories.NOW)
    mail = tracking.mail(session, tracking.step(session), subscriber_id=reader.id)
    settings = app.extensions["funnel"].settings
    times = {"now": factories.NOW, "real": clock.real(), "limits": settings}
    came = {"utm_source": "instagram", "utm_medium": "bio"}
    sent = signup.submit(session, form(on, source=came), **times)
    number = Mailbox(settings.data_dir / "mail").keep(MAIL, "a@b.nl", ["b@example.nl"])
    links: Links = app.extensions["funnel"].links

    def token(link: str) -> dict[str, str]:
        return {"token": link.rpartition("/")[2]}

    slug, date = {"slug": "magnesium"}, {"occurrence_id": on.tuesday.id}
    sequence = {"slug": on.sequence.slug, "number": 1}
    step = tracking.step(session, sequence=on.sequence)
    assert step.revision is not None
    her, parked = {"subscriber_id": reader.id}, DeliveryState.PARKED
    delivery = factories.delivery(session, state=parked, step_id=step.id)
    invitation = factories.user_link(session)
    calendar = token(links.calendar("magnesium", seat.id).removesuffix(".ics"))
    data = links.personal_data(reader.id, factories.NOW + timedelta(hours=1))
    picture = {"name": factories.picture(session).name}
    return {
        "static": {"filename": "css/base.css"},
        "inbox": {"number": number},
        "admin.clicks": {"link_id": step.revision.links[0].id},
        "admin.dashboard": {"table": "weeks"},
        "admin.deliveries": {"delivery_id": delivery.id, "act": "retry"},
        "admin.imports": {"import_id": factories.subscriber_import(session).id},
        "admin.occurrences": date,
        **{f"admin.{name}": sequence for name in OF_A_SEQUENCE},
        "admin.selections": her,
        "admin.steps": {"step_id": step.id},
        "admin.subscribers": her,
        "admin.team": {"user_id": factories.user(session).id},
        "admin.departures": her,
        "admin.ways": her | sequence,
        "doors": token(links.account(invitation.id)),
        "confirm": token(links.confirm(sent)),
        "tracking": {"token": tracking.path(mail).rpartition("/")[2]},
        "preferences.leave": token(links.unsubscribe(mail.id)),
        "preferences.left": token(links.unsubscribe(mail.id)),
        "preferences.wishes": token(links.preferences(reader.id)),
        "preferences.act": token(links.preferences(reader.id)),
        "preferences.personal_data": token(data),
        "preferences.use_data": token(data),
        "masterclass.join": token(links.join(seat.id)),
        "masterclass.enter": token(links.join(seat.id)),
        "masterclass.replay": token(links.replay(seat.id)),
        "masterclass.watch": token(links.replay(seat.id)),
        "calendar.file": slug | calendar,
        "media": picture,
        "admin.media": picture,
        "pages.sheet": {"slug": "boodschappenlijst"},
        "pages": slug,
    }


def paths(app: Flask, known: dict[str, dict[str, Any]], method: str) -> dict[str, str]:
    """Return an address that leads somewhere for every endpoint of the method."""
    with app.test_request_context(base_url=BASE):
        found = {
            rule.endpoint: address(rule, known)
            for rule in app.url_map.iter_rules()
            if method in (rule.methods or ())
        }
    if "pages.thanks" in found:
        thanks = tokens.issue(app.extensions["funnel"].keys, TokenKind.THANKS, 0)
        found["pages.thanks"] += f"?t={thanks}"
    return found


def address(rule: Rule, known: dict[str, dict[str, Any]]) -> str:
    """Fill in a rule with what is known of its endpoint, or of its blueprint."""
    owners = (rule.endpoint, rule.endpoint.rpartition(".")[0])
    given = next((known[name] for name in owners if name in known), {})
    assert rule.arguments <= set(given), f"say in this test where {rule} leads"
    values = {name: given[name] for name in rule.arguments}
    return str(rule.build(values)[1])  # type: ignore[index]  # it can be built


@contextmanager
def writes(session: Session) -> Iterator[list[str]]:
    """Collect the statements that change a row."""
    written: list[str] = []

    def note(*call: Any) -> None:
        if re.match(r"\s*(INSERT|UPDATE|DELETE|TRUNCATE)", call[2]):
            written.append(call[2])

    event.listen(session.get_bind(), "before_cursor_execute", note)
    yield written
    event.remove(session.get_bind(), "before_cursor_execute", note)


def test_whoever_looks_changes_nothing_however_often(
    app: Flask, session: Session, owner: Colleague, known: dict[str, dict[str, Any]]
) -> None:
    addresses = paths(app, known, "GET")
    session.flush()

    with writes(session) as written:
        codes = {
            (name, method): looked(owner.client, method, path)
            for name, path in addresses.items()
            for method in ("GET", "HEAD", "GET")
            if name not in LED_AWAY
        }

    assert written == []
    assert len(addresses) >= 40
    elsewhere = {name: code for (name, _), code in codes.items() if code != 200}
    assert elsewhere == NOT_SHOWN


def looked(client: FlaskClient, method: str, path: str) -> int:
    """Fetch a page as a scanner of links does, and return the status."""
    with client.open(path, method=method, headers=SCANNER) as answer:
        return answer.status_code


def test_every_answer_says_what_may_run_and_who_may_keep_it(
    app: Flask, session: Session, owner: Colleague, known: dict[str, dict[str, Any]]
) -> None:
    addresses = paths(app, known, "GET")
    session.flush()

    for name, path in addresses.items():
        with owner.client.get(path) as answer:
            policy = answer.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy, name
            assert "script-src 'self'" in policy or "sandbox" in policy, name
            assert answer.headers["X-Content-Type-Options"] == "nosniff", name
            assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin", name
            if name not in KEPT_FOR_GOOD:
                assert answer.headers["Cache-Control"] == "no-store", name
            referrer = answer.headers["Referrer-Policy"]
            ours = "same-origin" if path.startswith("/admin") else "no-referrer"
            assert referrer == ours, name


def test_a_form_proves_where_it_comes_from(
    app: Flask, session: Session, owner: Colleague, known: dict[str, dict[str, Any]]
) -> None:
    forms = paths(app, known, "POST")
    session.flush()

    codes = {name: owner.client.post(path).status_code for name, path in forms.items()}

    assert {name for name, code in codes.items() if code != 400} == set(WITHOUT_COOKIE)


def test_no_page_believes_the_host_that_a_proxy_is_said_to_have_seen(
    app: Flask, session: Session, owner: Colleague, known: dict[str, dict[str, Any]]
) -> None:
    forged = {
        "X-Forwarded-Host": "evil.example",
        "X-Original-Host": "evil.example",
        "Forwarded": "host=evil.example",
        "X-Forwarded-Prefix": "//evil.example",
        "Origin": "https://evil.example",
    }
    addresses = paths(app, known, "GET")
    session.flush()

    for name, path in addresses.items():
        with owner.client.get(path, headers=forged) as answer:
            assert b"evil.example" not in answer.data, name
            assert "evil.example" not in str(answer.headers), name


def test_a_link_to_nobody_and_a_forged_one_get_the_same_answer(
    app: Flask, session: Session, known: dict[str, dict[str, Any]]
) -> None:
    """A good signature under a number that is nobody's tells nothing of others."""
    links: Links = app.extensions["funnel"].links
    nobody, stranger = 10**9, app.test_client()
    made = [links.join(nobody), links.replay(nobody), links.preferences(nobody)]
    session.flush()

    answers = [
        stranger.get(link.removeprefix(links.base_url))
        for link in [*made, *(f"{link[:-4]}AAAA" for link in made)]
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.data for answer in answers}) == 1
    assert known


def test_leaving_needs_the_button_and_only_once(
    app: Flask, session: Session, known: dict[str, dict[str, Any]]
) -> None:
    path = f"/u/{known['preferences.left']['token']}"
    reader_id = known["admin.subscribers"]["subscriber_id"]
    scanner = app.test_client()

    for method in ("GET", "HEAD", "OPTIONS", "GET"):
        scanner.open(path, method=method, headers=SCANNER)
    before = preferences.in_force(session, reader_id)
    refused = [scanner.open(path, method=other) for other in ("PUT", "DELETE")]
    scanner.post(path, data={"List-Unsubscribe": "One-Click"})

    assert before == set(Purpose)
    assert {answer.status_code for answer in refused} == {405}
    assert preferences.in_force(session, reader_id) == frozenset()


HOSTILE = (
    "<script>grab()</script>",
    "\"'><img src=x onerror=grab()>",
    "</textarea></title><svg/onload=grab()>",
    "' autofocus onfocus=grab() x='",
    "javascript:grab()//",
    "--></style><iframe srcdoc='<script>grab()</script>'>",
    "{{ 1117*1123*1129 }}{% for x in y %}",
    "\u202e<a href=//evil.example>\u2066",
)
FILLED_FROM_OUTSIDE = {
    "subscriber": ("address", "first_name"),
    "signup": ("first_name", "wording", "page", "network", "user_agent"),
    "consent": ("wording", "wording_version", "place", "network"),
    "delivery": ("address", "reply", "worker"),
    "user": ("name",),
    "subscriber_import": ("name", "wording", "tag", "encoding"),
    "import_row": ("address",),
    "audit_entry": ("who", "deed"),
    "heartbeat": ("worker",),
    "source": ("name", "medium", "campaign"),
}
"""The columns that a visitor, a file, a colleague or a mail server can fill."""


class Injected(HTMLParser):
    """Collects what a page would run that no template of ours says."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "script" and not (values.get("src") or "").startswith("/static/"):
            self.found.append(tag)
        self.found += [f"{tag} {name}" for name in values if name.startswith("on")]
        for name in ("href", "src", "action", "formaction", "srcdoc"):
            target = (values.get(name) or "").strip().lower()
            if target.startswith(("javascript:", "data:text", "//")) or "<" in target:
                self.found.append(f"{tag} {name}={target}")


@pytest.mark.parametrize("words", HOSTILE)
def test_words_from_outside_are_only_ever_words(
    app: Flask,
    session: Session,
    owner: Colleague,
    known: dict[str, dict[str, Any]],
    words: str,
) -> None:
    addresses = paths(app, known, "GET")
    for table, columns in FILLED_FROM_OUTSIDE.items():
        for column in columns:
            fill = f'UPDATE "{table}" SET "{column}" = :words'
            key = " || id" if (table, column) == ("subscriber", "address") else ""
            session.execute(text(fill + key), {"words": words})
    told = {"tags": [words], "source": {"utm_source": words, words: words}}
    session.execute(update(Subscriber).values(tags=told["tags"]))
    session.execute(update(Signup).values(source=told["source"]))
    session.flush()

    shown = 0
    for name, path in addresses.items():
        with owner.client.get(path) as answer:
            assert answer.status_code < 500, name
            page = Injected()
            if answer.mimetype == "text/html":
                read = answer.get_data(as_text=True)
                page.feed(read)
                shown += str(escape(words)) in read
            assert page.found == [], name
            assert b"1416207439" not in answer.data, name
    assert shown >= 5
