"""What the commands that end a pause share: the three ways, told in numbers."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from funnel.db import db
from funnel.domain.status import How
from funnel.flow import publishing, travel
from funnel.flow.publishing import Choice

F = TypeVar("F", bound=Callable[..., Any])


def options(command: F) -> F:
    """Add --how and --dry-run to a command."""
    how = click.option(
        "--how",
        type=click.Choice([str(how) for how in How]),
        default=str(How.SHIFT),
        show_default=True,
        help="Everything later; on with the calendar; or leave out what was missed.",
    )
    dry = click.option("--dry-run", is_flag=True, help="Only say what it would mean.")
    return how(dry(command))


def go_on(sequence_id: int | None, how: str, *, dry_run: bool) -> None:
    """Say what each way means, and go one of them."""
    session = db.session()
    now = travel.now(session)()
    still = publishing.standstill(session, sequence_id, now=now)
    click.echo(f"{still.inside} inside, {still.overdue} with something overdue.")
    if still.is_estimate:
        click.echo("The numbers are estimates from a part of them.")
    for choice in still.choices:
        mark = "*" if choice.how == how else " "
        click.echo(f"{mark} {choice.how}: {_numbers(choice)}")
    if dry_run:
        return
    publishing.resume(session, sequence_id, how=How(how), now=now)
    click.echo("It goes on.")


def _numbers(choice: Choice) -> str:
    return (
        f"{choice.shifted} mails at their next time, "
        f"{choice.leave - choice.shifted} late, "
        f"{choice.too_late + choice.skipped} never; "
        f"{choice.later} of after the pause later; "
        f"{choice.reminders.total()} reminders too late"
    )
