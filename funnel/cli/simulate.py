"""`funnel sequences simulate`: who gets what when, and why not, as a table."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import click
from click.core import ParameterSource
from flask.cli import with_appcontext
from rich.console import Console
from rich.table import Table
from sqlalchemy import select

from funnel.db import db
from funnel.domain import timing
from funnel.domain.schedule import Moved, Planned
from funnel.domain.status import DeliveryState, Purpose, Reason, SequenceState
from funnel.flow import publishing, travel
from funnel.flow.publishing import Invented, Nobody, Simulation, Told
from funnel.models import Occurrence, Sequence

HOME = "Europe/Amsterdam"
REAL = {"slug", "subscriber", "draft"}
"""What may be asked about somebody real."""

HAPPENED = {"bought": "purchased", "left_early": "left early"}
"""What conditions call it."""

STANDS = {
    SequenceState.DRAFT: "The sequence is not live yet: nothing of it is sent.",
    SequenceState.PAUSED: "The sequence is paused: what is ahead comes only after "
    "somebody lets it go on.",
    SequenceState.ARCHIVED: "The sequence is in the archive: nothing of it is sent.",
}
WHY = {
    Reason.NO_CONSENT: "she did not ask for these mails",
    Reason.UNSUBSCRIBED: "she unsubscribed",
    Reason.SUPPRESSED: "her address gets no more mail",
    Reason.SWITCHED_OFF: "the mail is switched off",
    Reason.CONDITION: "its condition does not hold for her",
    Reason.TOO_LATE: "its moment has passed",
    Reason.SEAT_CANCELLED: "she has no seat",
    Reason.OCCURRENCE_CANCELLED: "the masterclass is called off",
    Reason.REPLACED: "a newer mail took its place",
    Reason.CROWDED: "other sequences have her days",
    Reason.STOOD_STILL: "its moment falls in a pause",
    Reason.EXIT_RULE: "the sequence lets people like her go",
    Reason.BY_HAND: "somebody let her go by hand",
}
MOVED = {
    Moved.HOLD: "it rests around the masterclass",
    Moved.SEND_DAYS: "that is not a day for mails",
    Moved.QUIET: "the hours before are quiet",
    Moved.ONE_A_DAY: "one marketing mail a day",
    Moved.ELSEWHERE: "another sequence has that day",
    Moved.STEPS_ABOVE: "it waits for the mails above",
    Moved.SEAT: "its moment came before she had a seat",
    Moved.RETIMED: "its timing was changed",
    Moved.PAUSED: "the sequence stood still",
}


@click.command()
@click.argument("slug")
@click.option("--subscriber", help="The address of somebody real.")
@click.option("--at", help="When she confirms: “2026-11-28 23:50”, on her clock.")
@click.option("--zone", default=HOME, show_default=True, help="Her clock.")
@click.option("--occurrence", type=int, help="Its id; the next one. 0 for none.")
@click.option("--no-consent", is_flag=True, help="She asks for no marketing.")
@click.option("--joined", is_flag=True, help="She joins the masterclass.")
@click.option("--replayed", is_flag=True, help="She watches the recording.")
@click.option("--bought", is_flag=True, help="She buys something.")
@click.option("--left-early", is_flag=True, help="She leaves before the end.")
@click.option("--tag", "tags", multiple=True, help="A tag she has; repeat it.")
@click.option("--clicked", multiple=True, help="A mail with a link she followed.")
@click.option("--draft", is_flag=True, help="With the drafts, not as it is live.")
@with_appcontext
def simulate(slug: str, **asked: Any) -> None:
    """Say who gets what of SLUG when, and why not; nothing is sent or kept."""
    session = db.session()
    sequence = session.scalar(select(Sequence).where(Sequence.slug == slug))
    if sequence is None:
        raise click.ClickException(f"There is no sequence {slug}.")
    now, is_draft = travel.now(session)(), asked["draft"]
    if asked["subscriber"]:
        _refuse_inventions()
        found = _real(sequence, asked["subscriber"], now, is_draft=is_draft)
    else:
        her = _invented(sequence, asked, now)
        found = publishing.invented(session, sequence, her, is_draft=is_draft)
    Console(soft_wrap=False).print(_table(found, sequence, is_draft=is_draft))
    if said := STANDS.get(sequence.state):
        click.echo(said)


def _refuse_inventions() -> None:
    """Somebody real did what she did: nothing may be made up about her."""
    context = click.get_current_context()
    made_up = [
        option.opts[0]
        for option in context.command.params
        if option.name not in REAL
        and context.get_parameter_source(option.name or "")
        is ParameterSource.COMMANDLINE
    ]
    if made_up:
        raise click.ClickException(
            f"--subscriber tells of somebody real: leave out {', '.join(made_up)}."
        )


def _real(
    sequence: Sequence, address: str, now: datetime, *, is_draft: bool
) -> Simulation:
    try:
        return publishing.real(
            db.session(), sequence, address, now=now, is_draft=is_draft
        )
    except Nobody:
        said = f"Nobody with the address {address} is in {sequence.slug}."
        raise click.ClickException(said) from None


def _invented(sequence: Sequence, asked: dict[str, Any], now: datetime) -> Invented:
    if asked["zone"] not in timing.zones():
        raise click.ClickException(
            f"{asked['zone']} is no time zone: write one such as {HOME}."
        )
    if names := publishing.strange(sequence, asked["clicked"]):
        said = f"{sequence.slug} has no mail {', '.join(names)}."
        raise click.ClickException(said)
    at = _moment(asked["at"], asked["zone"]) if asked["at"] else now
    return Invented(
        at=at,
        zone=asked["zone"],
        occurrence=_occurrence(sequence, asked["occurrence"], at),
        consents=frozenset() if asked["no_consent"] else frozenset(Purpose),
        joined=asked["joined"],
        replayed=asked["replayed"],
        tags=frozenset(asked["tags"]),
        clicked=frozenset(asked["clicked"]),
        happened=frozenset(word for name, word in HAPPENED.items() if asked[name]),
    )


def _moment(text: str, zone: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
        return at if at.tzinfo else timing.wall(at.date(), at.time(), ZoneInfo(zone))
    except (ValueError, OverflowError):
        said = f"“{text}” is no moment: write it as “2026-11-28 23:50”."
        raise click.ClickException(said) from None


def _occurrence(
    sequence: Sequence, occurrence_id: int | None, at: datetime
) -> Occurrence | None:
    if occurrence_id == 0:
        return None
    if occurrence_id is None:
        return publishing.next_occurrence(db.session(), sequence, at)
    mine = publishing.dates(sequence).where(Occurrence.id == occurrence_id)
    found = db.session.scalar(mine)
    if found is None:
        raise click.ClickException(
            f"{sequence.slug} has no occurrence {occurrence_id}."
        )
    return found


def _table(found: Simulation, sequence: Sequence, *, is_draft: bool) -> Table:
    version = "with its drafts" if is_draft else f"version {sequence.version}"
    table = Table(title=f"{sequence.name}, {version}", title_justify="left")
    for name in ("mail", f"moment ({found.zone})", "what becomes of it"):
        table.add_column(name)
    for line in found.lines:
        at, said = _said(line)
        table.add_row(line.step.slug, _clock(at, found.zone), said)
    return table


def _clock(at: datetime | None, zone: str) -> str:
    return f"{at.astimezone(ZoneInfo(zone)):%a %d %b %Y %H:%M}" if at else ""


def _said(line: Told) -> tuple[datetime | None, str]:
    mail = line.delivery
    if mail is None or line.planned is not None:
        return _ahead(line.planned)
    if mail.state is DeliveryState.SKIPPED and mail.reason:
        return mail.planned_at, f"not sent: {WHY.get(mail.reason, mail.reason)}"
    return mail.dated_at or mail.planned_at, mail.state.value


def _ahead(planned: Planned | None) -> tuple[datetime | None, str]:
    if planned is None:
        return None, "not planned: it waits for a mail above or a date, or is past"
    if planned.skip is Reason.CONDITION:
        return planned.at, f"not for her: only if {planned.step.condition}"
    if planned.skip is not None:
        return planned.at, f"will not come: {WHY.get(planned.skip, planned.skip)}"
    if not planned.moved:
        return planned.at, "comes"
    why = ", ".join(MOVED[cause] for cause in dict.fromkeys(planned.moved))
    return planned.at, f"comes then: {why}"
