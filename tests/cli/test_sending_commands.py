"""The commands for who looks after the sending."""

import json

import cluster
import factories
import pytest
import sink
from click.testing import Result
from flask import Flask
from sending import course, enrolled
from sqlalchemy import select
from sqlalchemy.orm import Session

from funnel import cli, clock
from funnel.config import Settings
from funnel.domain.status import DeliveryState, Kind
from funnel.flow import events, travel
from funnel.models import Delivery, EventKind


def run(app: Flask, *words: str) -> Result:
    command = cli.command(words[0])
    assert command is not None
    return app.test_cli_runner().invoke(command, list(words[1:]))


def test_the_plain_loop_plans_and_sends_without_celery(
    commit_session: Session, settings: Settings
) -> None:
    factories.business(commit_session)
    at_once = {"kind": Kind.SERVICE, "timing": "at once"}
    enrolled(commit_session, course(commit_session, at_once))
    travel.shift(commit_session, factories.NOW, real=clock.real())

    with sink.running() as relay:
        given = settings.model_copy(update={"smtp_url": relay.url})
        with cluster.application(given) as app:
            result = run(app, "due", "scan", "--drain")

    assert result.exit_code == 0, result.output
    assert len(relay.kept) == 1
    assert "1 deliveries made" in result.output
    assert "1 accepted" in result.output
    sent = commit_session.scalars(select(Delivery)).one()
    assert (sent.state, "due scan" in (sent.worker or "")) == (DeliveryState.SENT, True)


def test_uncertain_deliveries_are_listed_shown_and_sent_again_by_hand(
    app: Flask, session: Session
) -> None:
    mail = factories.delivery(session, state=DeliveryState.UNCERTAIN, reply="no answer")
    sent = factories.delivery(session, state=DeliveryState.SENT)
    session.commit()

    listed = run(app, "deliveries", "list", "--state", "uncertain").output
    shown = run(app, "deliveries", "show", str(mail.id)).output
    again = run(app, "deliveries", "retry", str(mail.id))
    refused = run(app, "deliveries", "retry", str(sent.id))

    assert mail.address in listed
    assert sent.address not in listed
    assert "no answer" in shown
    assert again.exit_code == 0, again.output
    session.refresh(mail)
    assert mail.state is DeliveryState.SCHEDULED
    assert refused.exit_code == 1


def test_a_delivery_that_is_not_there_is_said_in_a_line(app: Flask) -> None:
    for command in ("show", "retry"):
        result = run(app, "deliveries", command, "999999")

        assert result.exit_code == 1
        assert "999999" in result.output


def test_the_clock_is_shown_and_moved_only_where_it_may_be(
    app: Flask, session: Session, settings: Settings
) -> None:
    session.commit()

    shown = run(app, "clock")
    nothing_left = run(app, "clock", "next")
    moved = run(app, "clock", "advance", "1d 2h")
    senseless = run(app, "clock", "advance", "soon")

    assert (shown.exit_code, "real time" in shown.output) == (0, True)
    assert nothing_left.exit_code == 3
    assert moved.exit_code == 0, moved.output
    assert travel.offset(session).total_seconds() == pytest.approx(93_600, abs=60)
    assert senseless.exit_code == 2
    strict = settings.model_copy(update={"embedded": False})
    with cluster.application(strict) as elsewhere:
        assert run(elsewhere, "clock", "next").exit_code == 1


def test_a_program_can_read_what_became_of_a_mail(app: Flask, session: Session) -> None:
    mail = factories.delivery(session, state=DeliveryState.PARKED, reply="é")
    events.record(
        session, EventKind.FAILED, at=factories.NOW, delivery_id=mail.id, error="X"
    )
    session.commit()

    listed = run(app, "deliveries", "list", "--state", "parked", "--json").output
    shown = json.loads(run(app, "deliveries", "show", str(mail.id), "--json").output)

    assert [one["id"] for one in json.loads(listed)] == [mail.id]
    assert (shown["state"], shown["reply"]) == ("parked", "é")
    assert shown["events"][0]["data"] == {"error": "X"}


def test_watching_ends_when_nothing_is_due_and_says_what_waits(
    app: Flask, session: Session
) -> None:
    factories.delivery(session, state=DeliveryState.UNCERTAIN)
    session.commit()

    result = run(app, "due", "watch")

    assert result.exit_code == 0, result.output
    assert "1 wait for a person" in result.output
