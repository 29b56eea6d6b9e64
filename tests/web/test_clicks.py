"""Following a link of a mail: at once to where it was written to lead, and counted."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import factories
import pytest
import tracking
from flask.testing import FlaskClient
from sending import agree
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from funnel import clock
from funnel.app import create_app
from funnel.config import Settings
from funnel.db import db
from funnel.domain.status import Purpose
from funnel.flow import preferences
from funnel.models import Delivery

PERSON = {"User-Agent": tracking.BROWSER}
PAYLOADS = [
    *("//evil.example", "/\\evil.example", "\\\\evil.example", "///evil.example"),
    *("https://evil.example", "http:evil.example", "https:/evil.example"),
    *("%2f%2fevil.example", "%2F%2Fevil.example", "%5cevil.example", "%00"),
    *("javascript:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd"),
    *("%0d%0aLocation:%20https://evil.example", "%0aSet-Cookie:a=b", "%09//evil"),
    *("https://localhost@evil.example", "https://evil.example#@localhost"),
    *("https://evil.example?localhost", "https://localhost.evil.example"),
    *("〱evil.example", "https://evil。example", "https://xn--evl-1ma.example"),
    *("https://ⓔⓥⓘⓛ.example", "//evil.example/%2e%2e", "/%09/evil.example"),
    *("/.evil.example", "//;@evil.example", "https:evil.example", "https:////evil"),
]


def follow(client: FlaskClient, path: str, **more: Any) -> TestResponse:
    return client.get(path, headers={**PERSON, **more})


@pytest.fixture
def mail(session: Session) -> Delivery:
    return tracking.mail(session, tracking.step(session))


def test_a_link_leads_at_once_to_where_it_was_written_to(
    client: FlaskClient, mail: Delivery
) -> None:
    answers = [follow(client, path) for path in tracking.both(mail)]

    assert [answer.status_code for answer in answers] == [302, 302]
    assert [answer.location for answer in answers] == list(tracking.TARGETS)
    for answer in answers:
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Set-Cookie" not in answer.headers


def test_an_address_of_ours_is_short_and_names_neither_her_nor_the_target(
    mail: Delivery,
) -> None:
    path = tracking.path(mail)

    assert len(path) <= 43
    assert urlsplit(path).query == ""


def test_without_her_consent_a_click_is_only_a_number(
    client: FlaskClient, session: Session, mail: Delivery
) -> None:
    assert mail.subscriber_id is not None
    her = factories.subscriber(session)
    agree(session, her)  # to the mail series: which says nothing of clicks
    mail.subscriber_id = her.id
    session.flush()

    follow(client, tracking.path(mail))
    tracking.count(session)

    assert tracking.counts(session) == [(1, 0)]
    assert tracking.seen(session) == []
    assert tracking.waiting(session) == 0


def test_with_her_consent_it_is_known_who_followed_what(
    client: FlaskClient, session: Session, mail: Delivery
) -> None:
    her = factories.subscriber(session)
    agree(session, her, purpose=Purpose.CLICKS)
    mail.subscriber_id = her.id
    session.flush()

    follow(client, tracking.both(mail)[1])
    tracking.count(session)

    event = tracking.seen(session)[0]
    assert (event.subscriber_id, event.delivery_id) == (her.id, mail.id)
    assert (event.step_id, event.data["position"]) == (mail.step_id, 2)
    assert tracking.counts(session) == [(1, 0)]


def test_the_moment_of_a_click_is_domain_time(
    client: FlaskClient, session: Session, mail: Delivery
) -> None:
    her = factories.subscriber(session)
    agree(session, her, purpose=Purpose.CLICKS)
    mail.subscriber_id = her.id
    month = timedelta(days=30)
    session.execute(
        text("INSERT INTO system (id, clock_offset) VALUES (1, :by)"), {"by": month}
    )

    follow(client, tracking.path(mail))
    tracking.count(session)

    ahead = tracking.seen(session)[0].at - clock.real()
    assert abs(ahead - month) < timedelta(hours=1)


@pytest.mark.parametrize("agent", ["", "curl/8", "Mozilla/5.0 (compatible; Mimecast)"])
def test_a_scanner_gets_there_and_is_not_counted_as_a_person(
    client: FlaskClient, session: Session, mail: Delivery, agent: str
) -> None:
    answer = client.get(tracking.path(mail), headers={"User-Agent": agent})
    tracking.count(session)

    assert answer.location == tracking.TARGETS[0]
    assert tracking.counts(session) == [(0, 1)]


def test_a_scanner_that_looks_like_a_browser_gives_itself_away(
    client: FlaskClient, session: Session
) -> None:
    step = tracking.step(session)
    mail = tracking.mail(session, step, handed_at=clock.real() - timedelta(seconds=20))

    for path in tracking.both(mail):
        follow(client, path)
    tracking.count(session)

    assert tracking.counts(session) == [(0, 1), (0, 1)]


def test_who_only_asks_what_would_come_is_not_written_down(
    client: FlaskClient, session: Session, mail: Delivery
) -> None:
    answer = client.head(tracking.path(mail), headers=PERSON)
    follow(client, tracking.path(mail), **{"Sec-Purpose": "prefetch"})
    tracking.count(session)

    assert answer.location == tracking.TARGETS[0]
    assert tracking.counts(session) == [(0, 1)]


def test_an_impatient_finger_is_one_click(
    client: FlaskClient, session: Session, mail: Delivery
) -> None:
    for _ in range(3):
        follow(client, tracking.path(mail))
    tracking.count(session)

    assert tracking.counts(session) == [(1, 0)]


def test_a_click_is_judged_only_when_the_others_of_its_mail_would_have_come(
    client: FlaskClient, session: Session, mail: Delivery
) -> None:
    follow(client, tracking.path(mail))

    assert tracking.count(session, clock.real() + timedelta(seconds=30)) == 0
    assert tracking.waiting(session) == 1
    assert tracking.count(session, clock.real() + timedelta(seconds=61)) == 1


def test_a_changed_letter_anywhere_leads_nowhere(
    client: FlaskClient, mail: Delivery
) -> None:
    path = tracking.path(mail)

    for place in range(len("/c/"), len(path)):
        other = "A" if path[place] != "A" else "B"
        changed = path[:place] + other + path[place + 1 :]
        assert follow(client, changed).status_code == 404, changed


@pytest.mark.parametrize("token", ["", "x", "AbCd", "a" * 39, "a" * 5000, "%00", "é"])
def test_a_token_that_is_not_ours_leads_nowhere(
    client: FlaskClient, token: str
) -> None:
    assert follow(client, f"/c/{token}").status_code == 404


def test_the_link_of_another_mail_does_not_open_with_this_one(
    client: FlaskClient, session: Session, mail: Delivery
) -> None:
    target = "https://voorbeeld.nl/anders"
    tracking.step(session, target)

    assert follow(client, tracking.path(mail, 1, target)).status_code == 404


def test_nothing_in_the_address_decides_where_it_leads(
    client: FlaskClient, mail: Delivery
) -> None:
    good, ours = tracking.path(mail), {"", "localhost"}

    for payload in PAYLOADS:
        for knob in ("?next=", "?url="):
            answer = follow(client, good + knob + payload)
            assert answer.location in {tracking.TARGETS[0], None}, payload
        for path in (good + payload, f"/c/{payload}"):
            answer = follow(client, path)
            assert urlsplit(answer.location or "").netloc in ours, payload


def test_a_link_to_our_own_page_leads_to_hers(
    client: FlaskClient, session: Session
) -> None:
    step = tracking.step(session, "{{ article_url }}#slaap", "{{ landing_url }}")
    values = {"links": {"article": "magnesium", "masterclass": "rust"}}
    mail = tracking.mail(session, step, values=values)

    first = follow(client, tracking.path(mail, 1, "{{ article_url }}#slaap"))
    second = follow(client, tracking.path(mail, 2, "{{ landing_url }}"))

    base = tracking.SETTINGS.base_url
    assert first.location == f"{base}/artikel/magnesium#slaap"
    assert second.location == f"{base}/rust"


def test_who_was_erased_still_gets_there_and_leaves_no_trace(
    client: FlaskClient, session: Session
) -> None:
    step = tracking.step(session, "{{ article_url }}", *tracking.TARGETS)
    factories.masterclass(
        session, sequence_id=step.sequence_id, slug="rust", article_slug="magnesium"
    )
    her = factories.subscriber(session)
    agree(session, her, purpose=Purpose.CLICKS)
    mail = tracking.mail(session, step, subscriber_id=her.id)
    follow(client, tracking.path(mail, 2, tracking.TARGETS[0]))
    tracking.count(session)
    assert len(tracking.seen(session)) == 1

    preferences.erase(session, her.id, now=clock.real())
    after = follow(client, tracking.path(mail, 1, "{{ article_url }}"))
    tracking.count(session)

    base = tracking.SETTINGS.base_url
    assert after.location == f"{base}/artikel/magnesium"
    assert tracking.seen(session) == []
    assert tracking.counts(session) == [(1, 0), (1, 0)]


def test_a_test_send_is_counted_nowhere(client: FlaskClient, session: Session) -> None:
    mail = tracking.mail(session, tracking.step(session), is_test=True)

    answer = follow(client, tracking.path(mail))

    assert answer.location == tracking.TARGETS[0]
    assert tracking.waiting(session) == 0


def test_she_gets_there_even_when_the_click_cannot_be_written(
    engine: Engine, settings: Settings, commit_session: Session
) -> None:
    mail = tracking.mail(commit_session, tracking.step(commit_session))
    commit_session.commit()
    app = create_app(settings)

    with engine.connect() as other:
        other.execute(text("LOCK TABLE click IN ACCESS EXCLUSIVE MODE"))
        answer = follow(app.test_client(), tracking.path(mail))
    commit_session.commit()
    again = follow(app.test_client(), tracking.path(mail))

    assert answer.location == again.location == tracking.TARGETS[0]
    assert tracking.waiting(commit_session) == 1
    with app.app_context():
        db.engine.dispose()


def test_taking_the_tick_away_forgets_what_was_seen_and_keeps_the_numbers(
    client: FlaskClient, session: Session, mail: Delivery
) -> None:
    factories.business(session)
    her = factories.subscriber(session)
    mail.subscriber_id = her.id
    session.flush()
    page = tracking.LINKS.preferences(her.id).removeprefix(tracking.SETTINGS.base_url)
    form = {"action": "save", "zone": "Europe/Amsterdam", "first_name": "Sanne"}

    client.post(page, data={**form, "clicks": "yes"})
    follow(client, tracking.path(mail))
    tracking.count(session)
    told = [event.subscriber_id for event in tracking.seen(session)]
    client.post(page, data=form)

    assert told == [her.id]
    assert tracking.seen(session) == []
    assert tracking.counts(session) == [(1, 0)]


def test_a_yes_to_being_seen_is_no_yes_to_mails(
    client: FlaskClient, session: Session
) -> None:
    factories.business(session)
    her = factories.subscriber(session)
    agree(session, her)
    page = tracking.LINKS.preferences(her.id).removeprefix(tracking.SETTINGS.base_url)
    form = {"action": "save", "zone": "Europe/Amsterdam", "first_name": "Sanne"}

    blank = client.get(page).text
    client.post(page, data={**form, "clicks": "yes"})
    session.expire_all()

    assert 'name="clicks"' in blank
    assert preferences.in_force(session, her.id) == {Purpose.CLICKS}
    assert her.state == "unsubscribed"
