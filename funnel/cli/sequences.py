"""`funnel sequences`: listed, brought in from a folder, written back to one."""

from pathlib import Path

import click
from flask.cli import with_appcontext

from funnel.cli import settings
from funnel.cli.simulate import simulate
from funnel.db import db
from funnel.flow import publishing, reports, team, travel

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
