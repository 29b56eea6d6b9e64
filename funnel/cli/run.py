"""`funnel run`: everything on this machine, in one terminal."""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import click
from flask.cli import NoAppException, ScriptInfo
from rich.console import Console
from rich.table import Table
from rich.text import Text

from funnel import config
from funnel.cli import seed
from funnel.db import db, upgrade
from funnel.flow.seed import Planted

if TYPE_CHECKING:
    from funnel.embedded.system import System

LOOK_EVERY = 0.5  # seconds between two looks at the children
WSL = (
    "Funnel runs on Linux and macOS. On Windows, install WSL (`wsl --install` in a "
    "terminal), and run it there."
)

console = Console(highlight=False, soft_wrap=True)


@click.command()
@click.option(
    "--port",
    envvar=["FUNNEL_PORT", "PORT"],
    type=click.IntRange(1, 65535),
    default=8000,
    show_default=True,
)
@click.pass_obj
def run(info: ScriptInfo, port: int) -> None:
    """Start the servers, the inbox, a worker and the pages on this machine."""
    if sys.platform == "win32":
        raise click.ClickException(WSL)
    from funnel.embedded import EmbeddedError, places, system

    stopped = threading.Event()
    try:
        data_dir = Path(config.given("data_dir") or "var")
        whole = system.at(places.of(data_dir), port)
        with _until_signalled(stopped, whole):
            planted = _start(whole, info)
            _welcome(whole, planted)
            while not stopped.wait(LOOK_EVERY):
                for sentence in whole.watch():
                    console.print(f"[yellow]·[/] {sentence}")
    except (EmbeddedError, config.SettingsError, NoAppException) as error:
        raise click.ClickException(str(error)) from None


def _start(whole: "System", info: ScriptInfo) -> Planted:
    """Start part after part, servers first; a line for each."""
    console.print("\n[bold]Funnel[/]\n")
    for name in whole.claim():
        console.print(f"[yellow]·[/] ended a leftover of the last run: {name}")
    with _line("PostgreSQL", f"{whole.home.postgres}") as say:
        say("" if whole.start_database() else "the server of FUNNEL_DATABASE_URL")
    with _line("Redis", f"{whole.home.valkey}") as say:
        say("" if whole.start_redis() else "the server of FUNNEL_REDIS_URL")
    with _line("Inbox", f"{whole.home.mail}"):
        whole.start_inbox()
        whole.settle()
    with _line("Tables and first data") as say:
        planted = _fill(whole, info)
        say("the sample masterclass is in" if planted.masterclass else "kept")
    # Together: each of them reads its program for a second or two.
    workers_run, web_runs = whole.start_workers(), whole.start_web()
    with _line("Worker and beat", "two processes that send"):
        workers_run()
    with _line("Web", "pages and studio"):
        web_runs()
    return planted


def _fill(whole: "System", info: ScriptInfo) -> Planted:
    """Migrate and seed in this process, then let go of the database."""
    os.environ.update(whole.settings)
    app = info.load_app()
    with app.app_context():
        upgrade()
        planted = seed.plant()
        db.session.remove()
        db.engine.dispose()
    return planted


def _welcome(whole: "System", planted: Planted) -> None:
    base = whole.settings["FUNNEL_BASE_URL"]
    table = Table.grid(padding=(0, 3))
    table.add_row("  Landing page", Text(f"{base}/", style="bold"))
    table.add_row("  Inbox", Text(f"{base}/inbox", style="bold"))
    table.add_row("  Studio", Text(f"{base}/admin/", style="bold"))
    if planted.password:
        table.add_row("")
        table.add_row("  First log-in", planted.marketer)
        table.add_row("  Password", Text(planted.password, style="bold"))
        table.add_row("", "[dim]shown only now; only its hash is kept[/]")
    console.print()
    console.print(table)
    console.print("\n  [dim]Ctrl-C stops everything. Data stays in[/] ", end="")
    console.print(f"[dim]{whole.home.root}[/]\n")


@contextmanager
def _line(title: str, detail: str = "") -> Iterator[Callable[[str], None]]:
    """Show that a part is starting, then that it runs."""
    said = [detail]
    with console.status(f"  {title} …", spinner="dots"):
        yield lambda text: said.append(text) if text else None
    console.print(f"  [green]✓[/] {title:<24}[dim]{said[-1]}[/]")


@contextmanager
def _until_signalled(stopped: threading.Event, whole: "System") -> Iterator[None]:
    """Stop everything at the end, at a signal too; a second one is for the hasty."""

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        if stopped.is_set():
            whole.family.hurry()
            return
        stopped.set()
        raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, on_signal)
    try:
        yield
    except KeyboardInterrupt:
        console.print("\n  Stopping …")
    finally:
        stopped.set()
        whole.stop()
    console.print("  [green]✓[/] Stopped. Everything that was sent is kept.\n")
