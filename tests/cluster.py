"""One PostgreSQL for a whole test run, shared by its workers, gone when it ends."""

import contextlib
import fcntl
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from flask import Flask
from psycopg import sql

from funnel.app import create_app
from funnel.config import Settings
from funnel.db import db, upgrade
from funnel.embedded import places, postgres, processes
from funnel.embedded.places import Places
from funnel.embedded.postgres import Postgres

HOME = "TEST_RUN_HOME"
PREFIX = "funnel-tests-"
TEMPLATE = "template_funnel"
HASTY = {"fsync": "off", "full_page_writes": "off", "max_connections": "200"}


def home(pid: int) -> Path:
    """Return the folder of a test run; the servers' user can enter it."""
    return Path(tempfile.gettempdir()) / f"{PREFIX}{pid}"


def server(folder: Path) -> Postgres:
    return postgres.at(folder / "postgres", folder / "postgres" / "s", **HASTY)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the run's lock: one worker starts the server, the others find it."""
    with (folder / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def started(folder: Path) -> Postgres:
    """Return the run's server with its migrated template, made by who comes first."""
    cluster = server(folder)
    with locked(folder):
        if not (folder / "ready").exists():
            cluster.start()
            cluster.make_database(TEMPLATE)
            migrate(cluster.url(TEMPLATE))
            (folder / "ready").touch()
    return cluster


@contextmanager
def application(given: Settings) -> Iterator[Flask]:
    """Build an application with connections of its own, and close them."""
    app = create_app(given)
    try:
        yield app
    finally:
        with app.app_context():
            db.engine.dispose()


def migrate(url: str) -> None:
    """Run the real migrations, as an operator does."""
    app = create_app(settings(url))
    with app.app_context():
        upgrade()
        db.engine.dispose()


def data_dir() -> Path:
    """Return where this worker's system keeps its journals; emptied with the tables."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    return Path(os.environ.get(HOME, tempfile.gettempdir())) / f"data-{worker}"


def settings(url: str, **overrides: object) -> Settings:
    """Return settings of a test: embedded, nothing outside reachable."""
    values = {
        "database_url": url,
        "redis_url": "redis://127.0.0.1:1/0",
        "smtp_url": "smtp://127.0.0.1:1",
        "base_url": "http://localhost",
        "secret_key": "tests: 3f1c9a5e7b2d8460fedcba9876543210",
        "embedded": True,
        "data_dir": data_dir(),
        "form_min_seconds": 0,
    }
    return Settings(**values | overrides)  # type: ignore[arg-type]  # checked at run time


def fresh_database(cluster: Postgres, name: str) -> str:
    """Return the URL of a new database with all tables, empty."""
    with psycopg.connect(cluster.url("postgres"), autocommit=True) as connection:
        names = sql.Identifier(name), sql.Identifier(TEMPLATE)
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(names[0]))
        make = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY")
        connection.execute(make.format(*names))
    return cluster.url(name)


def end(folder: Path) -> None:
    """Stop the servers of a run and remove what it left."""
    for data in folder.glob("*/var"):
        _end_system(places.of(data))
    if (folder / "postgres" / "data").exists():
        server(folder).stop()
    shutil.rmtree(folder, ignore_errors=True)


def end_the_abandoned() -> None:
    """End the servers of runs that were killed before they could."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        pid = folder.name.removeprefix(PREFIX)
        if pid.isdigit() and not _alive(int(pid)):
            end(folder)


def _end_system(home: Places) -> None:
    """End an embedded system whose test was killed, its launcher first."""
    if (home.run / "env").exists():
        with contextlib.suppress(ProcessLookupError, ValueError):
            os.kill(int(home.lock.read_text()), signal.SIGKILL)
    processes.end_leftovers(home.run / "children.json")
    if (home.postgres / "data" / "postmaster.pid").exists():
        postgres.at(home.postgres, home.sockets("postgres")).stop()


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
