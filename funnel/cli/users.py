"""`funnel users`: who may log in; passwords come from standard input."""

import sys

import click
from flask.cli import with_appcontext

from funnel import clock
from funnel.db import db
from funnel.domain.address import BadAddress
from funnel.domain.status import TeamRole
from funnel.flow import team

REFUSED = (BadAddress, team.BadUser, team.WeakPassword)


@click.group()
def users() -> None:
    """Add the people who log in, and give them new passwords."""


@users.command()
@click.argument("address")
@click.option("--role", type=click.Choice([*TeamRole]), default=TeamRole.MARKETER)
@click.option("--name", default="", help="How the studio and revisions name her.")
@with_appcontext
def add(address: str, role: str, name: str) -> None:
    """Add ADDRESS; type or pipe the password."""
    try:
        user = team.add_user(
            db.session(),
            address,
            _password(),
            role=TeamRole(role),
            name=name,
            now=clock.real(),
        )
    except REFUSED as problem:
        raise click.ClickException(_said(problem)) from None
    click.echo(f"{user.address} can log in as {user.role}.")


@users.command("reset-password")
@click.argument("address")
@with_appcontext
def reset_password(address: str) -> None:
    """Give ADDRESS a new password; her open log-ins end."""
    try:
        user = team.reset_password(
            db.session(), address, _password(), real=clock.real()
        )
    except REFUSED as problem:
        raise click.ClickException(_said(problem)) from None
    click.echo(f"{user.address} has a new password, and was logged out everywhere.")


@users.command("list")
@with_appcontext
def overview() -> None:
    """List everybody who can log in."""
    for user in team.users(db.session()):
        is_off = "  (disabled)" if user.disabled_at else ""
        click.echo(f"{user.role:<9} {user.address}  {user.name}{is_off}".rstrip())


def _password() -> str:
    """Read one line; on a terminal it is asked for twice and not shown."""
    if sys.stdin.isatty():
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\r\n")


def _said(problem: Exception) -> str:
    if isinstance(problem, BadAddress):
        return "That is not an address."
    words = str(problem)
    return f"{words[0].upper()}{words[1:]}."
