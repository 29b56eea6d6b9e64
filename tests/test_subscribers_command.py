"""`funnel subscribers`: what an operator answers a person's request with."""

import json

import factories
import pytest
from flask import Flask
from sqlalchemy.orm import Session

from funnel.cli.subscribers import subscribers


@pytest.mark.parametrize("by", ["id", "address"])
def test_an_operator_can_export_and_erase_by_id_or_address(
    app: Flask, session: Session, by: str
) -> None:
    person = factories.subscriber(session, address="sanne@example.nl")
    who = str(person.id) if by == "id" else "Sanne@example.nl"
    runner = app.test_cli_runner()

    shown = runner.invoke(subscribers, ["export", who])
    kept = runner.invoke(subscribers, ["erase", who], input="n\n")
    gone = runner.invoke(subscribers, ["erase", who, "--yes"])

    assert json.loads(shown.stdout)["subscriber"]["address"] == "sanne@example.nl"
    assert kept.exit_code == 1
    assert gone.exit_code == 0
    session.refresh(person)
    assert person.address is None


def test_an_unknown_person_is_one_clear_line(app: Flask, session: Session) -> None:
    del session  # it only has to be there
    result = app.test_cli_runner().invoke(subscribers, ["export", "x@example.nl"])

    assert result.exit_code == 1
    assert "no subscriber x@example.nl" in result.output
