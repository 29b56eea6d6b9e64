"""What the command line says about a file of subscribers."""

import csv
import time
from datetime import datetime
from pathlib import Path

import click
from sqlalchemy.orm import Session

from funnel.domain import cells
from funnel.domain.status import ImportState, Verdict
from funnel.flow import imports
from funnel.flow.imports import Unready
from funnel.models import SubscriberImport

PAUSE = 0.2  # seconds
PROBLEMS = {
    "columns": "No column, or more than one, is headed “address” (or “email”).",
    "purposes": "Say what they agreed to: --purpose series.",
    "wording": "Write a sentence of 20 letters at least: --consent “Ticked … in 2025”.",
    "tag": "A tag is a word of at most 40 letters and digits.",
    "state": "Somebody else was faster.",
}


def finish(session: Session, import_id: int, now: datetime) -> SubscriberImport:
    """Work until this file needs a person, or is done."""
    at_work = {ImportState.CHECKING, ImportState.RUNNING}
    while True:
        row = session.get_one(SubscriberImport, import_id, populate_existing=True)
        if row.state not in at_work:
            break
        if not imports.work(session, now=now):  # a worker is faster
            time.sleep(PAUSE)
    if row.state is ImportState.REFUSED:
        sentence = row.problem["sentence"]
        raise click.ClickException(sentence % row.problem["details"])
    return row


def outcome(row: SubscriberImport) -> str:
    """Return one line for each kind of row."""
    done = "brought in" if row.state is ImportState.DONE else "checked"
    lines = [
        f"{row.tally[verdict]:>9}  {verdict}"
        for verdict in Verdict
        if row.tally.get(verdict)
    ]
    return "\n".join([f"{row.name} is {done}:", *lines])


def unready(problem: Unready) -> str:
    return " ".join(PROBLEMS[name] for name in problem.problems)


def write_report(session: Session, import_id: int, path: Path) -> None:
    """Write the rows that are left out, with their reasons."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerow(["line", "address", "reason"])
        for row in imports.left_out(session, import_id):
            odd = row.values.get("odd_state") or row.values.get("odd_zone")
            why = f"{row.verdict}: {odd}" if odd else str(row.verdict)
            writer.writerow([row.line, cells.guard(row.address), why])
