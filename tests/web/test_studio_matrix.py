"""Who may do what: every route of the studio, every role, hers and another's rows."""

from typing import Any

import factories
import pytest
from flask import Flask
from sqlalchemy.orm import Session
from studio import HASH, PASSWORD, Colleague

from funnel.domain.status import DeliveryState, Kind, TeamRole
from funnel.models import Link
from funnel.web.admin import deeds

VIEWER, MARKETER, OWNER = TeamRole.VIEWER, TeamRole.MARKETER, TeamRole.OWNER
RANKS = [VIEWER, MARKETER, OWNER]
NEEDED = {
    "account.end": VIEWER,
    "account.language": VIEWER,
    "account.password": VIEWER,
    "account.show": VIEWER,
    "business.later": MARKETER,
    "business.save": MARKETER,
    "business.show": MARKETER,
    "clicks.show": VIEWER,
    "deliveries.ask": MARKETER,
    "deliveries.decide": MARKETER,
    "deliveries.index": VIEWER,
    "deliveries.progress": VIEWER,
    "deliveries.show": VIEWER,
    "dashboard.file": VIEWER,
    "dashboard.show": VIEWER,
    "departures.erase": OWNER,
    "departures.unsubscribe": MARKETER,
    "exchange.bring_in": MARKETER,
    "exchange.write_out": MARKETER,
    "imports.cancel": MARKETER,
    "imports.check": MARKETER,
    "imports.index": MARKETER,
    "imports.report": MARKETER,
    "imports.show": MARKETER,
    "imports.start": MARKETER,
    "imports.upload": MARKETER,
    "media.add": MARKETER,
    "media.index": MARKETER,
    "media.remove": MARKETER,
    "occurrences.add": MARKETER,
    "occurrences.ask_cancel": MARKETER,
    "occurrences.blank": MARKETER,
    "occurrences.cancel": MARKETER,
    "occurrences.edit": MARKETER,
    "occurrences.form": MARKETER,
    "occurrences.index": VIEWER,
    "pauses.ask": MARKETER,
    "pauses.choose": MARKETER,
    "pauses.choose_all": OWNER,
    "pauses.pause": MARKETER,
    "pauses.resume": MARKETER,
    "pauses.resume_all": OWNER,
    "rules.save": MARKETER,
    "rules.show": MARKETER,
    "second_step.show": VIEWER,
    "second_step.turn_off": VIEWER,
    "second_step.turn_on": VIEWER,
    "selections.ask": MARKETER,
    "selections.export": MARKETER,
    "selections.tag": MARKETER,
    "selections.tag_one": MARKETER,
    "sequences.go_live": MARKETER,
    "sequences.impact": MARKETER,
    "sequences.index": VIEWER,
    "sequences.publish": MARKETER,
    "sequences.review": MARKETER,
    "sequences.show": VIEWER,
    "shelf.add": MARKETER,
    "shelf.archive": MARKETER,
    "shelf.blank": MARKETER,
    "shelf.take_out": MARKETER,
    "simulator.show": VIEWER,
    "steps.discard": MARKETER,
    "steps.edit": VIEWER,
    "steps.keep": MARKETER,
    "steps.preview": VIEWER,
    "steps.preview_typed": MARKETER,
    "steps.readers": VIEWER,
    "steps.save": MARKETER,
    "steps.test": MARKETER,
    "steps.switch": MARKETER,
    "structure.add": MARKETER,
    "structure.blank": MARKETER,
    "structure.discard": MARKETER,
    "structure.move": MARKETER,
    "structure.put_back": MARKETER,
    "structure.remove": MARKETER,
    "structure.show": MARKETER,
    "subscribers.edit": MARKETER,
    "subscribers.export": MARKETER,
    "subscribers.index": VIEWER,
    "subscribers.show": VIEWER,
    "team.change": OWNER,
    "team.disable": OWNER,
    "team.enable": OWNER,
    "team.end": OWNER,
    "team.index": OWNER,
    "team.invite": OWNER,
    "team.invite_again": OWNER,
    "team.reset_second_step": OWNER,
    "team.show": OWNER,
    "trail.index": OWNER,
    "versions.index": VIEWER,
    "versions.restore": MARKETER,
    "ways.finish": MARKETER,
    "ways.start": MARKETER,
}
"""The least role for each page and form; a new one must say which it needs."""


@pytest.fixture(autouse=True)
def profile(session: Session) -> None:
    factories.business(session, is_sample=False)


@pytest.fixture
def rows(session: Session) -> dict[str, Any]:
    step = factories.step(session, kind=Kind.SERVICE)
    masterclass = factories.masterclass(session, sequence_id=step.sequence_id)
    date = factories.occurrence(session, masterclass=masterclass)
    seat = factories.registration(session, occurrence=date)
    parked = factories.delivery(session, state=DeliveryState.PARKED)
    link = Link(position=1, code="AAAA", target="https://voorbeeld.nl")
    assert step.revision is not None
    step.revision.links.append(link)
    session.flush()
    return {
        "slug": step.sequence.slug,
        "step_id": step.id,
        "occurrence_id": date.id,
        "subscriber_id": seat.subscriber_id,
        "user_id": factories.user(session).id,
        "import_id": factories.subscriber_import(session).id,
        "delivery_id": parked.id,
        "act": "retry",
        "link_id": link.id,
        "number": 1,
        "name": factories.picture(session).name,
        "table": "weeks",
    }


def routes(app: Flask, values: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return endpoint, method and path of every page and form behind the log-in."""
    with app.test_request_context():
        return [
            (
                rule.endpoint.removeprefix("admin."),
                method,
                rule.build({name: values[name] for name in rule.arguments})[1],  # type: ignore[index]  # it can be built
            )
            for rule in app.url_map.iter_rules()
            if rule.endpoint.startswith("admin.")
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
        ]


def test_every_route_says_which_role_it_needs(app: Flask, rows: dict[str, Any]) -> None:
    assert {endpoint for endpoint, _, _ in routes(app, rows)} == set(NEEDED)


def test_every_form_has_its_sentence_in_the_trail(
    app: Flask, rows: dict[str, Any]
) -> None:
    forms = {one for one, method, _ in routes(app, rows) if method != "GET"}

    assert forms == set(deeds.DEEDS)


@pytest.mark.parametrize("role", RANKS)
def test_each_role_gets_what_it_may_and_nothing_else(
    app: Flask, session: Session, rows: dict[str, Any], role: TeamRole
) -> None:
    answers = walk(app, session, role, rows)

    wrong = {
        (endpoint, method): code
        for (endpoint, method), code in answers.items()
        if (code == 403) is may(role, endpoint)
    }
    assert wrong == {}
    assert [one for one, code in answers.items() if code >= 500] == []


@pytest.mark.parametrize("role", RANKS)
def test_a_row_that_is_not_there_is_nowhere_and_breaks_nothing(
    app: Flask, session: Session, rows: dict[str, Any], role: TeamRole
) -> None:
    nothing = dict.fromkeys(rows, 987654321) | {"slug": "nowhere", "act": "retry"}
    answers = walk(app, session, role, nothing, only_with_rows=True)

    allowed = {one: code for one, code in answers.items() if may(role, one[0])}
    assert [one for one, code in answers.items() if code >= 500] == []
    assert {code for one, code in answers.items() if one not in allowed} <= {403}
    assert set(allowed.values()) <= {404, 303, 422}, allowed


def may(role: TeamRole, endpoint: str) -> bool:
    return RANKS.index(role) >= RANKS.index(NEEDED[endpoint])


def walk(
    app: Flask,
    session: Session,
    role: TeamRole,
    values: dict[str, Any],
    *,
    only_with_rows: bool = False,
) -> dict[tuple[str, str], int]:
    """Return what this role gets from every route; each time freshly logged in."""
    app.config["WTF_CSRF_ENABLED"] = False
    app.testing = False
    app.config["PROPAGATE_EXCEPTIONS"] = False
    user = factories.user(session, role=role, password_hash=HASH, language="en")
    her = Colleague(app, session, user)
    sent = {"address": user.address, "password": PASSWORD}
    answers = {}
    for endpoint, method, path in routes(app, values):
        if only_with_rows and not any(str(one) in path for one in values.values()):
            continue
        if her.client.get("/admin/account").status_code != 200:
            assert her.client.post("/admin/login", data=sent).status_code == 303
        answers[endpoint, method] = her.client.open(path, method=method).status_code
    return answers
