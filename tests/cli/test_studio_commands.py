"""The commands that do what the studio does."""

from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import factories
import pytest
import sending
from flask import Flask
from flask.testing import FlaskCliRunner
from sqlalchemy import select
from sqlalchemy.orm import Session

from funnel import clock
from funnel.cli import simulate
from funnel.cli.occurrences import occurrences
from funnel.cli.sequences import sequences
from funnel.cli.users import users
from funnel.domain.status import Kind, Role, SequenceState
from funnel.domain.steps import Moved
from funnel.flow.team import passwords
from funnel.models import Delivery, Occurrence, User

REAL = Path(__file__).resolve().parents[2] / "email_templates/sequences/magnesium"


@pytest.fixture
def run(app: Flask) -> FlaskCliRunner:
    return app.test_cli_runner(env={"COLUMNS": "160"})


def test_a_user_is_added_and_gets_a_new_password_from_standard_input(
    run: FlaskCliRunner, session: Session
) -> None:
    first, second = "vier woorden of meer\n", "weer vier andere woorden\n"

    added = run.invoke(users, ["add", "bo@example.nl"], input=first)
    again = run.invoke(users, ["add", "bo@example.nl"], input=first)
    run.invoke(users, ["reset-password", "bo@example.nl"], input=second)

    assert added.exit_code == 0, added.output
    assert again.exit_code == 1
    assert "is a user already" in again.output
    bo = session.scalars(select(User)).one()
    assert passwords.verify(bo.password_hash, second.strip())
    assert "marketer  bo@example.nl" in run.invoke(users, ["list"]).output


@pytest.mark.parametrize(
    ("address", "password"), [("no address", "vier woorden of meer"), ("b@x.nl", "x")]
)
def test_a_user_with_a_bad_address_or_password_is_refused(
    run: FlaskCliRunner, address: str, password: str
) -> None:
    answer = run.invoke(users, ["add", address], input=password)

    assert answer.exit_code == 1
    assert answer.output.startswith("Error: ")


def test_a_folder_goes_in_and_comes_out(run: FlaskCliRunner, tmp_path: Path) -> None:
    into = run.invoke(sequences, ["import", str(REAL), "--publish"])
    out = run.invoke(sequences, ["export", "magnesium", str(tmp_path / "out")])

    assert into.exit_code == 0, into.output
    assert out.exit_code == 0, out.output
    for file in REAL.iterdir():
        assert (tmp_path / "out" / file.name).read_bytes() == file.read_bytes()
    assert "magnesium  live, version 1" in run.invoke(sequences, ["list"]).output


def test_a_folder_that_is_not_there_is_said_in_one_line(
    run: FlaskCliRunner, tmp_path: Path
) -> None:
    answer = run.invoke(sequences, ["import", str(tmp_path / "nothing")])

    assert answer.exit_code == 1
    assert answer.output.startswith("Error: ")


def test_a_date_is_added_moved_and_called_off(
    run: FlaskCliRunner, session: Session
) -> None:
    sequence = factories.sequence(session)
    for role in (Role.MOVED, Role.CANCELLED):
        factories.step(session, sequence=sequence, role=role, kind=Kind.SERVICE)
    factories.step(
        session,
        sequence=sequence,
        slug="09-dank",
        kind=Kind.SERVICE,
        timing="end + 2 hours",
        condition="joined",
    )
    factories.masterclass(session, slug="rust", sequence_id=sequence.id)
    day = clock.real().astimezone(ZoneInfo("Europe/Amsterdam")) + timedelta(days=30)

    run.invoke(occurrences, ["add", "rust", f"{day:%Y-%m-%d} 20:00"])
    date = session.scalars(select(Occurrence)).one()
    factories.registration(session, occurrence=date)
    move = ["move", str(date.id), f"{day:%Y-%m-%d} 09:00"]
    refused = run.invoke(occurrences, move, input="n\n")
    before = run.invoke(occurrences, ["list"])
    moved = run.invoke(occurrences, [*move, "--yes"])
    listed = run.invoke(occurrences, ["list"])
    off = run.invoke(occurrences, ["cancel", str(date.id)])

    assert refused.exit_code == 1
    assert "Move it and mail 1 people? [y/N]: n" in refused.output
    assert f"{day:%Y-%m-%d} 20:00 Europe/Amsterdam" in before.output
    told = moved.output.splitlines()
    assert told[-1] == f"Date {date.id} is moved; 1 people are mailed."
    next_day, same_day = f"{day + timedelta(days=1):%Y-%m-%d}", f"{day:%Y-%m-%d}"
    moves = f"{next_day} 08:30 -> {same_day} 12:00"
    assert told[:-1] == [f"{sequence.slug}/09-dank  {moves}  if joined"]
    assert f"{day:%Y-%m-%d} 09:00 Europe/Amsterdam  rust  1 seats" in listed.output
    assert off.exit_code == 0, off.output
    assert len(session.scalars(select(Delivery)).all()) == 2


def test_a_sequence_is_simulated_for_somebody_who_signs_up_late_in_curacao(
    run: FlaskCliRunner, session: Session
) -> None:
    run.invoke(sequences, ["import", str(REAL), "--publish"])
    words = ["simulate", "magnesium", "--at", "2026-11-28 23:50"]

    late = run.invoke(sequences, [*words, "--zone", "America/Curacao"])
    without = run.invoke(sequences, [*words, "--no-consent"])
    nobody = run.invoke(sequences, ["simulate", "magnesium", "--subscriber", "x@y.nl"])
    wrong = run.invoke(sequences, ["simulate", "magnesium", "--at", "tomorrow"])

    assert late.exit_code == 0, late.output
    assert "moment (America/Curacao)" in late.output
    assert "Sun 29 Nov 2026 08:30" in late.output  # on her clock
    assert "she did not ask" in " ".join(without.output.replace("│", " ").split())
    assert (nobody.exit_code, wrong.exit_code) == (1, 1)
    assert "is no moment" in wrong.output
    assert session.scalars(select(Delivery)).all() == []


def plain(output: str) -> str:
    return " ".join(output.replace("│", " ").split())


def test_a_moment_with_an_offset_is_that_moment(
    run: FlaskCliRunner, session: Session
) -> None:
    sending.course(session, {"timing": "at once", "slug": "01-a"}, slug="rust")

    def at(moment: str) -> str:
        return plain(run.invoke(sequences, ["simulate", "rust", "--at", moment]).output)

    assert "Sat 28 Nov 2026 10:00" in at("2026-11-28T10:00")
    assert "Sat 28 Nov 2026 11:00" in at("2026-11-28T10:00+00:00")


def test_what_somebody_invented_bought_is_asked_by_conditions(
    run: FlaskCliRunner, session: Session
) -> None:
    steps = [
        {"timing": "at once", "slug": "01-a", "condition": "purchased"},
        {"timing": "1 day at 08:30", "slug": "02-b", "condition": "left early"},
    ]
    sending.course(session, *steps, slug="rust")
    words = ["simulate", "rust", "--at", "2026-11-28 10:00"]

    neither = run.invoke(sequences, words).output
    both = run.invoke(sequences, [*words, "--bought", "--left-early"]).output

    assert neither.count("not for her") == 2
    assert "not for her" not in both


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--clicked", "99-z"], "rust has no mail 99-z."),
        (
            ["--subscriber", "a@b.nl", "--at", "2026-11-28", "--no-consent"],
            "somebody real: leave out --at, --no-consent.",
        ),
    ],
)
def test_what_a_simulation_cannot_use_is_refused(
    run: FlaskCliRunner, session: Session, words: list[str], said: str
) -> None:
    sending.course(session, {"slug": "01-a"}, slug="rust")

    answer = run.invoke(sequences, ["simulate", "rust", *words])

    assert answer.exit_code == 1
    assert said in answer.output


def test_a_simulation_says_that_the_sequence_is_paused(
    run: FlaskCliRunner, session: Session
) -> None:
    paused = SequenceState.PAUSED
    sending.course(session, {"slug": "01-a"}, slug="rust", state=paused)

    answer = run.invoke(sequences, ["simulate", "rust"])

    assert "The sequence is paused" in answer.output


def test_the_simulation_has_words_for_whatever_can_move_a_mail() -> None:
    assert set(simulate.MOVED) == set(Moved)
