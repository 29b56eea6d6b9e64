"""What tests share: a real database, the application, one fixed moment."""

import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import cluster
import factories
import pytest
import tables
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import settings as hypothesis
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from pytest_socket import socket_allow_hosts
from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.orm import Session

from funnel.app import create_app
from funnel.config import Settings
from funnel.db import db
from funnel.embedded import places
from funnel.embedded.postgres import Postgres

pytest_plugins = ["ledger"]
hypothesis.register_profile("funnel", deadline=None)  # no test of a machine's speed
hypothesis.load_profile("funnel")

HEAVY = ("browser", "system", "fault")
"""Marks of tests that start processes, the slowest files first."""

# A request commits into the test's savepoint, so that the end undoes it all.
db.session.session_factory.configure(join_transaction_mode="create_savepoint")


class Compiled(BytecodeCache):
    """Templates as they were compiled for an application before this one."""

    def __init__(self) -> None:
        self._code: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._code:
            bucket.bytecode_from_string(self._code[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._code[bucket.key] = bucket.bytecode_to_string()


COMPILED = Compiled()
BUILT: list[tuple[Settings, Flask]] = []


def pytest_configure(config: pytest.Config) -> None:
    """Give the run a folder: made by its first process, inherited by the workers."""
    if not hasattr(config, "workerinput"):
        cluster.end_the_abandoned()
        folder = cluster.home(os.getpid())
        places.make_folder(folder, 0o711)
        os.environ[cluster.HOME] = str(folder)


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the server after the last worker, or after the only process."""
    if not hasattr(config, "workerinput"):
        cluster.end(Path(os.environ[cluster.HOME]))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, or one worker would be left alone with it.

    Within each kind the order stays the random one.
    """
    items.sort(key=_lightness)


def _lightness(item: pytest.Item) -> int:
    marks = {mark.name for mark in item.iter_markers()}
    return next((n for n, one in enumerate(HEAVY) if one in marks), len(HEAVY))


def pytest_runtest_setup() -> None:
    """Keep every test on this machine."""
    socket_allow_hosts(["127.0.0.1", "::1", "localhost"], allow_unix_socket=True)


@pytest.fixture(scope="session")
def postgres() -> Postgres:
    return cluster.started(Path(os.environ[cluster.HOME]))


@pytest.fixture(scope="session")
def database_url(postgres: Postgres) -> str:
    """A database for this worker, migrated."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    return cluster.fresh_database(postgres, f"tests_{worker}")


@pytest.fixture(scope="session")
def engine(database_url: str) -> Iterator[Engine]:
    url = database_url.replace("postgresql://", "postgresql+psycopg://")
    engine = create_engine(url)
    yield engine
    engine.dispose()


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    """One transaction that is rolled back, whatever is committed inside."""
    with engine.connect() as connection:
        transaction = connection.begin()
        yield connection
        transaction.rollback()


@pytest.fixture
def session(connection: Connection) -> Iterator[Session]:
    """A session whose commits end with the test; `app` and `client` share it."""
    with Session(connection, join_transaction_mode="create_savepoint") as session:
        yield session


@pytest.fixture
def clean_database(database_url: str) -> Iterator[None]:
    """Real commits, for tests of concurrency: every table is emptied afterwards."""
    yield
    tables.empty(database_url)
    for journal in cluster.data_dir().glob("journal/*"):
        journal.unlink(missing_ok=True)  # not the folder: workers come and go there


@pytest.fixture
def commit_session(engine: Engine, clean_database: None) -> Iterator[Session]:
    """A session whose commits are real and seen by other connections."""
    del clean_database  # it only has to be there
    with Session(engine) as session:
        yield session


@pytest.fixture(scope="session")
def settings(database_url: str) -> Settings:
    return cluster.settings(database_url)


@pytest.fixture
def app(settings: Settings, connection: Connection) -> Iterator[Flask]:
    """The application, on the connection of `session`.

    Building one takes longer than most tests do, so those with the same settings
    share it, and find it as it was built.
    """
    app = next((one for known, one in BUILT if known == settings), None)
    if app is None:
        app = create_app(settings)
        app.testing = True
        app.jinja_env.bytecode_cache = COMPILED
        BUILT.append((settings, app))
    kept = [(part, dict(part)) for part in (app.config, app.extensions)]
    with app.app_context():
        engines: dict[str | None, Any] = cast("dict[str | None, Any]", db.engines)
        engines[None] = connection  # the recipe of Flask-SQLAlchemy's author
    yield app
    for part, before in kept:
        part.clear()
        part.update(before)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def now() -> datetime:
    return factories.NOW
