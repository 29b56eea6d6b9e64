"""The commands that pause, go on, and act for one person."""

import factories
import pytest
from flask import Flask
from flask.testing import FlaskCliRunner
from sending import course, enrolled
from sqlalchemy import select
from sqlalchemy.orm import Session

from funnel.cli.due import due
from funnel.cli.sequences import sequences
from funnel.cli.subscribers import subscribers
from funnel.domain.status import How, Kind
from funnel.models import Enrollment, Event, EventKind, Pause, Sequence, Subscriber

MORNING = {"kind": Kind.MARKETING, "timing": "1 day at 08:30"}


@pytest.fixture
def run(app: Flask) -> FlaskCliRunner:
    return app.test_cli_runner()


@pytest.fixture
def sequence(session: Session) -> Sequence:
    return course(session, MORNING, doors={"enter": "tag vip"})


def test_a_sequence_is_paused_and_goes_on_in_the_way_that_was_chosen(
    run: FlaskCliRunner, session: Session, sequence: Sequence
) -> None:
    enrolled(session, sequence)
    run.invoke(sequences, ["pause", sequence.slug])
    session.expire_all()
    assert sequence.state == "paused"

    looked = run.invoke(sequences, ["resume", sequence.slug, "--dry-run"])
    session.expire_all()
    assert "1 inside" in looked.output
    assert "* shift:" in looked.output
    assert sequence.state == "paused"
    went = run.invoke(sequences, ["resume", sequence.slug, "--how", "skip"])
    again = run.invoke(sequences, ["resume", sequence.slug])

    session.expire_all()
    assert went.exit_code == 0, went.output
    assert session.scalars(select(Pause)).one().how is How.SKIP
    assert sequence.state == "live"
    assert (again.exit_code, "is not paused" in again.output) == (1, True)


def test_everything_is_held_and_goes_on(run: FlaskCliRunner, session: Session) -> None:
    nothing = run.invoke(due, ["resume"])
    run.invoke(due, ["pause"])
    went = run.invoke(due, ["resume", "--how", "continue"])

    assert (nothing.exit_code, went.exit_code) == (1, 0)
    session.expire_all()
    assert session.scalars(select(Pause)).one().how is How.CONTINUE


def test_a_person_is_tagged_started_let_go_and_her_purchase_written_down(
    run: FlaskCliRunner, session: Session, sequence: Sequence
) -> None:
    address = factories.subscriber(session).address or ""
    session.commit()

    for words in (
        ["tag", address, "vip"],
        ["finish", address, sequence.slug],
        ["bought", address, "course"],
    ):
        done = run.invoke(subscribers, words)
        assert done.exit_code == 0, done.output
    refused = [
        run.invoke(subscribers, ["tag", address, "?"]),
        run.invoke(subscribers, ["start", address, sequence.slug]),
        run.invoke(subscribers, ["start", address, "nothing"]),
    ]

    session.expire_all()
    assert [one.exit_code for one in refused] == [1, 1, 1]
    assert session.scalars(select(Subscriber.tags)).one() == ["vip"]
    assert session.scalars(select(Enrollment)).one().reason == "by-hand"
    bought = select(Event.data).where(Event.kind == EventKind.PURCHASED)
    assert session.scalars(bought).one() == {"what": "course"}
