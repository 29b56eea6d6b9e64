"""`funnel sequences`: listed, brought in from a folder, written back to one."""

from pathlib import Path

import click
from flask.cli import with_appcontext
from sqlalchemy import select

from funnel.cli import settings, standing
from funnel.cli.simulate import simulate
from funnel.db import db
from funnel.domain.status import SequenceState
from funnel.flow import publishing, reports, team, travel
from funnel.models import Sequence

FOLDER = click.Path(file_okay=False, path_type=Path)


@click.group()
def sequences() -> None:
    """Exchange sequences with folders of Markdown files, and try them out."""


sequences.add_command(simulate)


@sequences.command("list")
@with_appcontext
def overview() -> None:
    """List every sequence with its state, version and open drafts."""
    for one in reports.overview(db.session()):
        row = one.sequence
        click.echo(
            f"{row.slug}  {row.state}, version {row.version}, {one.steps} steps, "
            f"{one.drafts} drafts, {one.inside} inside"
        )


@sequences.command()
@click.argument("slug")
@with_appcontext
def pause(slug: str) -> None:
    """Hold every mail of SLUG."""
    now = travel.now(db.session())()
    publishing.pause(db.session(), _find(slug).id, now=now)
    click.echo(f"{slug} is paused. `funnel sequences resume {slug}` goes on.")


@sequences.command()
@click.argument("slug")
@standing.options
@with_appcontext
def resume(slug: str, how: str, *, dry_run: bool) -> None:
    """Go on with SLUG in one of three ways, and say what that means."""
    found = _find(slug)
    if found.state is not SequenceState.PAUSED:
        raise click.ClickException(f"{slug} is not paused: it is {found.state}.")
    standing.go_on(found.id, how, dry_run=dry_run)


@sequences.command("import")
@click.argument("folder", type=FOLDER)
@click.option("--publish", is_flag=True, help="Send a new sequence live at once.")
@with_appcontext
def bring_in(folder: Path, *, publish: bool) -> None:
    """Bring FOLDER in; over an existing sequence, what differs becomes a draft."""
    session = db.session()
    if publish and not (settings().embedded or team.is_ready(session)):
        raise click.ClickException("Fill in the business profile first.")
    now = travel.now(session)()
    try:
        found = publishing.import_folder(
            session, folder, now=now, author="import", publish=publish
        )
    except (publishing.BadFolder, publishing.BadDraft) as problem:
        raise click.ClickException(str(problem)) from None
    drafts = len(publishing.changes(session, found))
    click.echo(f"{found.slug}: {found.state}, version {found.version}.")
    if drafts:
        click.echo(f"{drafts} drafts wait to be published in the studio.")


@sequences.command("export")
@click.argument("slug")
@click.argument("folder", type=FOLDER)
@with_appcontext
def write_out(slug: str, folder: Path) -> None:
    """Write the published steps of SLUG into FOLDER."""
    try:
        out = publishing.export_folder(db.session(), slug, folder)
    except publishing.BadFolder as problem:
        raise click.ClickException(str(problem)) from None
    click.echo(f"{len(out.files)} steps are in {folder}.")


def _find(slug: str) -> Sequence:
    found = db.session.scalar(select(Sequence).where(Sequence.slug == slug))
    if found is None:
        raise click.ClickException(f"No sequence is called {slug}.")
    return found
