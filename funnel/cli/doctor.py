"""`funnel doctor`: what works, what does not, and what to do about it."""

import asyncio
import http.client
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlsplit

import click
import dns.exception
import dns.resolver
from flask.cli import with_appcontext
from redis import Redis
from redis.exceptions import RedisError
from rich.console import Console
from sqlalchemy.exc import SQLAlchemyError

from funnel import cli, clock
from funnel.db import db, revisions
from funnel.flow import transport
from funnel.mail import dkim
from funnel.mail.smtp import Receipt, SmtpUrl
from funnel.models import Business, Heartbeat

RECENT = timedelta(seconds=60)
SECONDS = 5


class Ill(Exception):  # noqa: N818 - it is what a doctor finds
    """Something does not work; the text says what to do."""


@click.command()
@click.argument("parts", nargs=-1)
@with_appcontext
def doctor(parts: tuple[str, ...]) -> None:
    """Look at every part, or at some: database, redis, relay, dkim, web, worker.

    Ends with status 1 when one of them is ill.
    """
    unknown = sorted(set(parts) - set(LOOKS))
    if unknown:
        raise click.UsageError(f"no part {unknown[0]}: choose from {', '.join(LOOKS)}")
    console = Console(highlight=False, soft_wrap=True)
    well = [_look(console, name) for name in parts or LOOKS]
    if not all(well):
        raise SystemExit(1)


def _look(console: Console, name: str) -> bool:
    try:
        found = LOOKS[name]()
    except Ill as ill:
        console.print(f"  [red]✗[/] {name:<12}{ill}")
        return False
    except (SQLAlchemyError, RedisError, OSError) as error:
        console.print(f"  [red]✗[/] {name:<12}{str(error).splitlines()[0]}")
        return False
    console.print(f"  [green]✓[/] {name:<12}[dim]{found}[/]")
    return True


def _database() -> str:
    with db.engine.connect() as connection:
        version = connection.exec_driver_sql("SHOW server_version").scalar_one()
    return f"PostgreSQL {version}"


def _migrations() -> str:
    here, head = revisions()
    if here != head:
        raise Ill(f"the tables are at {here}, the program at {head}: funnel db upgrade")
    return f"at {head}"


def _redis() -> str:
    url = cli.settings().redis_url
    with Redis.from_url(url, socket_timeout=SECONDS) as client:
        client.ping()
        policy = dict(client.config_get("maxmemory-policy"))
    if policy.get("maxmemory-policy") not in {"noeviction", None}:
        raise Ill("set maxmemory-policy to noeviction: a queue must not be evicted")
    parts = urlsplit(url)
    if parts.scheme != "unix" and not parts.password:
        raise Ill("it asks for no password: set requirepass, or an ACL user")
    return "answers, with noeviction"


def _relay() -> str:
    """Go as far with the relay as a worker goes before its first mail."""
    settings = cli.settings()
    url, pool = SmtpUrl.parse(settings.smtp_url), transport.pool(settings)
    where = f"{url.host}:{url.port}"
    try:
        found = asyncio.run(asyncio.wait_for(pool.look(), SECONDS))
    except TimeoutError:
        raise Ill(f"{where} does not answer within {SECONDS} seconds") from None
    if isinstance(found, Receipt):
        raise Ill(f"{where} at {found.phase}: {found.reply}")
    done = [f"{where} answers"]
    if url.tls:
        done.append("encrypted" if url.tls == "tls" else "encrypted by STARTTLS")
    if url.user:
        done.append(f"logged in as {url.user}")
    return f"{', '.join(done)}; it offers {', '.join(found.names) or 'nothing'}"


def _dkim() -> str:
    """Hold our key against what the DNS says about it."""
    signer = transport.signer(cli.settings())
    if signer is None:
        return "no key of ours: the relay signs"
    business = db.session.get(Business, 1)
    domain = business.sender_address.rpartition("@")[2] if business else ""
    name = f"{signer.selector}._domainkey.{domain}"
    wanted = dkim.record(signer)
    try:
        answer = dns.resolver.resolve(name, "TXT", lifetime=SECONDS)
    except dns.exception.DNSException as error:
        raise Ill(f"{name}: {error} Publish there: {wanted}") from None
    said = [b"".join(one.strings).decode("ascii", "replace") for one in answer]
    key = wanted.partition("p=")[2]
    if not any(key in one.replace(" ", "") for one in said):
        raise Ill(f"{name} has another key than ours: funnel dkim new says how")
    size = signer.key.key_size
    if size < dkim.NEW_BITS:
        raise Ill(f"the key has {size} bits: make a new one with funnel dkim new")
    return f"{name} says what we sign with, {size} bits"


def _business() -> str:
    business = db.session.get(Business, 1)
    if business is None or business.missing:
        raise Ill("the business profile is not filled in: log in to the studio")
    return f"{business.name}{' (sample)' if business.is_sample else ''}"


def _web() -> str:
    """Ask the pages of this machine, under the name that they answer to."""
    settings = cli.settings()
    pages = http.client.HTTPConnection("127.0.0.1", settings.port, timeout=SECONDS)
    host = urlsplit(settings.base_url).netloc
    pages.request("GET", "/healthz", headers={"Host": host})
    status = pages.getresponse().status
    pages.close()
    if status != http.HTTPStatus.OK:
        raise Ill(f"/healthz answers {status}")
    return f"port {settings.port} answers"


def _beat() -> str:
    return _alive("scan", "beat ticks, and a worker scans")


def _worker() -> str:
    return _alive("drain", "a worker sends")


def _alive(name: str, meaning: str) -> str:
    beat = db.session.get(Heartbeat, name)
    if beat is None or clock.real() - beat.at > RECENT:
        seen = f"last seen {beat.at:%Y-%m-%d %H:%M:%S} UTC" if beat else "never seen"
        raise Ill(f"{seen}: see that a worker and beat are running")
    return meaning


LOOKS: dict[str, Callable[[], str]] = {
    "database": _database,
    "migrations": _migrations,
    "redis": _redis,
    "relay": _relay,
    "dkim": _dkim,
    "business": _business,
    "beat": _beat,
    "worker": _worker,
    "web": _web,
}
