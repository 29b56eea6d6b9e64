"""`funnel subscribers import` and `export`: files on the command line."""

from pathlib import Path

import factories
import pytest
from flask import Flask
from flask.testing import FlaskCliRunner
from sqlalchemy import select
from sqlalchemy.orm import Session

from funnel.cli.subscribers import subscribers
from funnel.models import AuditEntry, Subscriber, SubscriberImport

CONSENT = "Ticked the mail series on our site."


@pytest.fixture
def run(app: Flask) -> FlaskCliRunner:
    return app.test_cli_runner()


def test_a_file_is_brought_in_and_its_report_written(
    run: FlaskCliRunner, session: Session, tmp_path: Path
) -> None:
    file, report = tmp_path / "list.csv", tmp_path / "left.csv"
    file.write_text("email,name\nbo@example.nl,Bo\nnothing,X\n", encoding="utf-8")
    words = ["import", str(file), "--consent", CONSENT, "--report", str(report)]

    refused = run.invoke(subscribers, words, input="n\n")
    assert session.scalars(select(Subscriber)).all() == []
    done = run.invoke(subscribers, [*words, "--yes"])

    assert refused.exit_code == 1
    assert done.exit_code == 0, done.output
    assert "1  new" in done.output
    assert '"3","nothing","bad-address"' in report.read_text("utf-8-sig")
    assert session.scalars(select(Subscriber)).one().address == "bo@example.nl"
    assert session.scalars(select(AuditEntry.deed)).all() == ["imports.start"]


@pytest.mark.parametrize(
    ("data", "consent", "says"),
    [
        (b"PK\x03\x04", CONSENT, "no CSV file"),
        (b"name\nBo\n", CONSENT, "No column"),
        (b"email\nbo@example.nl\n", "yes", "Write a sentence"),
        (b'email\n"' + b"x\n" * 150, CONSENT, "quotation mark"),
    ],
)
def test_what_cannot_be_brought_in_is_one_clear_line(
    run: FlaskCliRunner,
    session: Session,
    tmp_path: Path,
    data: bytes,
    consent: str,
    says: str,
) -> None:
    del session  # it only has to be there
    file = tmp_path / "list.csv"
    file.write_bytes(data)

    answer = run.invoke(subscribers, ["import", str(file), "--consent", consent])

    assert answer.exit_code == 1
    assert says in answer.output


def test_everybody_is_printed_as_csv_and_it_is_written_down(
    run: FlaskCliRunner, session: Session
) -> None:
    factories.subscriber(session, address="an@example.nl", tags=["lente"])
    factories.subscriber(session, address="bo@example.nl")
    session.commit()

    answer = run.invoke(subscribers, ["export", "--tag", "lente"])

    assert '"an@example.nl"' in answer.output
    assert "bo@example.nl" not in answer.output
    assert session.scalars(select(AuditEntry.deed)).all() == ["selections.export"]
    assert session.scalars(select(SubscriberImport)).all() == []
