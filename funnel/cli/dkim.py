"""`funnel dkim`: a key to sign with, and what the DNS must say about it."""

import os
from pathlib import Path

import click
from flask.cli import with_appcontext

from funnel import cli
from funnel.db import db
from funnel.mail import dkim as signing
from funnel.models import Business

MOST = 255  # octets of one string in a TXT record (RFC 1035)


@click.group()
def dkim() -> None:
    """Sign mail, where the relay does not."""


@dkim.command()
@click.option("--selector", default=None, help="FUNNEL_DKIM_SELECTOR by default.")
@click.option("--domain", default=None, help="That of the sender by default.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where the private key goes; in FUNNEL_DATA_DIR by default.",
)
@with_appcontext
def new(selector: str | None, domain: str | None, out: Path | None) -> None:
    """Make a key, and print what to publish and what to set."""
    settings = cli.settings()
    selector = selector or settings.dkim_selector
    domain = domain or _senders_domain()
    path = out or settings.data_dir / "dkim" / f"{selector}.pem"
    pem = signing.new_key()
    _write(path, pem)
    _tell(signing.Signer.of(pem, selector), domain, path)


def _senders_domain() -> str:
    business = db.session.get(Business, 1)
    if business is None or "@" not in business.sender_address:
        raise click.ClickException("no sender yet: say --domain example.nl")
    return business.sender_address.rpartition("@")[2]


def _write(path: Path, pem: str) -> None:
    """Write for the owner alone; never over a key that is there."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        reason = error.strerror or "it cannot be written"
        raise click.ClickException(f"{path}: {reason}; nothing was changed") from None
    with os.fdopen(file, "w") as key:
        key.write(pem)


def _tell(signer: signing.Signer, domain: str, path: Path) -> None:
    text = signing.record(signer)
    strings = [text[i : i + MOST] for i in range(0, len(text), MOST)]
    quoted = " ".join(f'"{one}"' for one in strings)
    click.echo(f"The private key is in {path.resolve()}, for its owner alone.\n")
    click.echo("1. Publish this record in the DNS:\n")
    click.echo(f"{signer.selector}._domainkey.{domain}. IN TXT ( {quoted} )\n")
    click.echo("2. When it can be seen, set this for the workers:\n")
    click.echo(f"FUNNEL_DKIM_KEY_FILE={path.resolve()}")
    click.echo(f"FUNNEL_DKIM_SELECTOR={signer.selector}\n")
    click.echo("3. Look whether both agree: funnel doctor dkim")
