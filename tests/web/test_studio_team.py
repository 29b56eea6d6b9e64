"""The team in the studio: invitations, forgotten passwords, codes, the trail."""

import re
from datetime import timedelta

import factories
import pyotp
import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session
from studio import PASSWORD, Colleague, colleague

from funnel import clock
from funnel.domain.links import Links
from funnel.domain.status import TeamRole
from funnel.domain.tokens import Keys
from funnel.models import AuditEntry, Delivery, Login, User, UserLink

NEW = "vier heel andere woorden"
SECRET = re.compile(r"<code>([A-Z2-7 ]+)</code>")
SEALED = re.compile(r'name="sealed" value="([^"]+)"')


@pytest.fixture(autouse=True)
def profile(session: Session) -> None:
    factories.business(session, is_sample=False)


@pytest.fixture
def owner(app: Flask, session: Session) -> Colleague:
    return colleague(app, session, TeamRole.OWNER)


def link(app: Flask, session: Session) -> str:
    """Return the path of the last link that was mailed."""
    row = session.scalars(select(UserLink).order_by(UserLink.id.desc())).first()
    assert row is not None
    keys: Keys = app.extensions["funnel"].keys
    return Links("", keys).account(row.id)


def send(app: Flask, path: str, **form: str) -> int:
    """Send a form of a page that needs no log-in."""
    client = app.test_client()
    token = Colleague.token(client.get(path))
    return client.post(path, data=form | {"csrf_token": token}).status_code


def test_somebody_is_invited_comes_in_and_the_link_is_spent(
    app: Flask, session: Session, owner: Colleague
) -> None:
    bad = owner.post("/admin/team", address="nothing", role="marketer")
    sent = owner.post("/admin/team", address="bo@example.nl", name="Bo", role="viewer")
    twice = owner.post("/admin/team", address="bo@example.nl")
    path = link(app, session)

    weak = send(app, path, password="kort")
    chosen = send(app, path, password=NEW)
    spent = app.test_client().get(path).status_code

    assert (bad.status_code, sent.status_code, twice.status_code) == (422, 303, 422)
    assert (weak, chosen, spent) == (422, 303, 404)
    bo = session.scalars(select(User).where(User.address == "bo@example.nl")).one()
    her = Colleague(app, session, bo)
    assert her.log_in(NEW).status_code == 303
    assert her.get("/admin/subscribers").status_code == 200
    assert her.get("/admin/team").status_code == 403


def test_a_link_whose_letters_were_changed_is_a_dead_one(
    app: Flask, session: Session, owner: Colleague
) -> None:
    owner.post("/admin/team", address="bo@example.nl")
    path = link(app, session)

    for place in range(len("/admin/choose/"), len(path), 7):
        other = "A" if path[place] != "A" else "B"
        forged = f"{path[:place]}{other}{path[place + 1 :]}"
        assert app.test_client().get(forged).status_code == 404


def test_a_forgotten_password_gets_the_same_answer_for_known_and_unknown(
    app: Flask, session: Session, owner: Colleague
) -> None:
    client = app.test_client()
    token = Colleague.token(client.get("/admin/forgotten"))

    answers = [
        client.post("/admin/forgotten", data={"csrf_token": token, "address": address})
        for address in (owner.user.address, "nobody@example.nl", "\0", "x" * 5000)
    ]

    plain = {re.sub(r'value="[^"]*"', "", answer.text) for answer in answers}
    assert {answer.status_code for answer in answers} == {200}
    assert len(plain) == 1
    assert session.scalars(select(Delivery.user_id)).all() == [owner.user.id]
    assert send(app, link(app, session), password=NEW) == 303
    assert Colleague(app, session, owner.user).log_in(NEW).status_code == 303


def turn_on(her: Colleague) -> tuple[str, str]:
    """Turn her second step on; return its secret and a code on paper."""
    page = her.get("/admin/account/second-step").text
    secret = SECRET.findall(page)[0].replace(" ", "")
    sealed = SEALED.findall(page)[0]
    code = pyotp.TOTP(secret).at(clock.real() - timedelta(seconds=30))
    form = {"sealed": sealed, "code": code, "password": PASSWORD}
    done = her.post("/admin/account/second-step", **form)
    assert done.status_code == 200, done.text
    papers: list[str] = re.findall(r"<code>([a-z2-9-]{19})</code>", done.text)
    assert len(papers) == 10
    return secret, papers[0]


def test_the_second_step_cannot_be_skipped(
    app: Flask, session: Session, owner: Colleague
) -> None:
    there = Colleague(app, session, owner.user)
    there.log_in()
    secret, _ = turn_on(owner)

    half = there.log_in()

    assert half.location == "/admin/code"
    for path in ("/admin/subscribers", "/admin/account", "/admin/team"):
        assert there.get(path).status_code == 303
    page = there.client.get("/admin/code")
    assert re.search(r'name="code"[^>]*autofocus', page.text)
    token = {"csrf_token": there.token(page)}
    wrong = there.client.post("/admin/code", data={"code": "123456", **token})
    code = {"code": pyotp.TOTP(secret).now()}
    right = there.client.post("/admin/code", data=code | token)
    assert (wrong.status_code, right.status_code) == (422, 303)
    assert there.get("/admin/subscribers").status_code == 200
    assert owner.get("/admin/subscribers").status_code == 200


def test_a_code_on_paper_lets_her_in_and_an_owner_can_reset_the_second_step(
    app: Flask, session: Session, owner: Colleague
) -> None:
    her = colleague(app, session)
    _, paper = turn_on(her)
    her.log_in()
    token = {"csrf_token": her.token(her.client.get("/admin/code"))}
    used = her.client.post("/admin/code", data={"code": paper, **token})

    owner.post(f"/admin/team/{her.user.id}/second-step")
    after = her.log_in()

    assert used.location == "/admin/"
    assert after.location == "/admin/"
    deeds = session.scalars(select(AuditEntry.deed)).all()
    assert "team.reset_second_step" in deeds


def test_a_forged_or_old_picture_turns_nothing_on(owner: Colleague) -> None:
    form = {"sealed": "gAAAAAforged", "code": "123456", "password": PASSWORD}

    answer = owner.post("/admin/account/second-step", **form)

    assert answer.location == "/admin/account/second-step"
    assert not owner.user.has_code


def test_an_owner_changes_ends_disables_and_enables_a_colleague(
    app: Flask, session: Session, owner: Colleague
) -> None:
    her = colleague(app, session)
    path = f"/admin/team/{her.user.id}"

    owner.post(path, name="Mara Nieuw", role="viewer")
    assert her.get("/admin/subscribers").status_code == 303
    her.log_in()
    owner.post(f"{path}/end")
    assert her.get("/admin/subscribers").status_code == 303
    owner.post(f"{path}/disable")
    assert her.log_in().status_code == 422
    owner.post(f"{path}/enable")

    assert her.log_in().status_code == 303
    assert (her.user.name, her.user.role) == ("Mara Nieuw", TeamRole.VIEWER)


def test_the_last_owner_stays_and_is_told_why(
    session: Session, owner: Colleague
) -> None:
    path = f"/admin/team/{owner.user.id}"

    for form in ({"role": "viewer"}, {"role": "evil"}):
        owner.post(path, name="O", **form)
    owner.post(f"{path}/disable")

    assert "last owner" in owner.get(path).text
    assert owner.user.role is TeamRole.OWNER
    assert session.scalars(select(Login).where(Login.ended_at.is_(None))).all()


def test_the_trail_says_who_did_what_and_can_be_narrowed(
    app: Flask, session: Session, owner: Colleague
) -> None:
    mara = colleague(app, session)
    her = factories.subscriber(session)
    mara.post(f"/admin/subscribers/{her.id}/tags", tag="lente")
    owner.post("/admin/team", address="bo@example.nl", role="viewer")

    everything = owner.get("/admin/trail").text
    hers = owner.get(f"/admin/trail?user={mara.user.id}").text
    invited = owner.get(
        "/admin/trail?deed=team.invite&after=999999999999999999999"
    ).text

    table = everything[everything.index("<tbody") :]
    assert "changed the tags of a subscriber" in table
    assert "invited a colleague" in table
    assert "invited a colleague" not in hers[hers.index("<tbody") :]
    assert "changed the tags" not in invited[invited.index("<tbody") :]


def test_the_trail_calls_rows_by_what_they_are_called(
    session: Session, owner: Colleague
) -> None:
    step = factories.step(session, subject="Rust in je dag")
    date = factories.occurrence(session)
    her = factories.subscriber(session, address="bo@example.nl")
    gone = factories.subscriber(session, address=None, address_key=None)
    parked = factories.delivery(session, address="an@example.nl")
    colleague_ = factories.user(session, name="Noor")
    for about in (
        {"step_id": step.id, "slug": "magnesium"},
        {"occurrence_id": date.id},
        {"subscriber_id": her.id, "what": "add", "tag": "lente"},
        {"subscriber_id": gone.id},
        {"subscriber_id": 987654321},
        {"delivery_id": parked.id, "act": "retry"},
        {"user_id": colleague_.id, "role": "viewer"},
        {"occurrence": str(date.id), "waiting": str(step.id), "state": "active"},
        {"occurrence": "9" * 30, "sequence": "'; --", "state": "nothing"},
    ):
        session.add(
            AuditEntry(at=clock.real(), who="Mara", deed="steps.save", about=about)
        )

    table = owner.get("/admin/trail").text.partition("<tbody")[2]

    for said in (
        "mail: Rust in je dag",
        "sequence: magnesium",
        "date: Tue 1 Dec 20:00",
        "subscriber: bo@example.nl",
        "what: put on",
        "subscriber: erased",
        "subscriber: 987654321",
        "mail to: an@example.nl",
        "decision: send it again",
        "colleague: Noor",
        "role: viewer",
        "waiting for: Rust in je dag",
        "state: active",
    ):
        assert said in table, said
    assert table.count("date: Tue 1 Dec 20:00") == 2
    assert "state: nothing" in table


def test_what_changed_nothing_leaves_no_trace(
    session: Session, owner: Colleague
) -> None:
    owner.post("/admin/account/password", old="wrong", new=NEW)
    owner.post("/admin/team", address="nothing")

    assert session.scalars(select(AuditEntry)).all() == []
