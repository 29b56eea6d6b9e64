"""Migrations: numbered, in one line, both ways, and the same as the models."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import cluster
import factories
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask_migrate import downgrade
from sqlalchemy import Engine, NullPool, create_engine, func, inspect, select
from sqlalchemy.orm import Session
from visitors import Stage as Set
from visitors import stage

from funnel.app import create_app
from funnel.db import MIGRATIONS, db, use_migrations
from funnel.domain.status import Stage
from funnel.embedded.postgres import Postgres
from funnel.flow import counts, events
from funnel.models import (
    Base,
    EventKind,
    Sequence,
    Signup,
    StageCount,
    Step,
    Version,
)


@pytest.fixture
def own_engine(postgres: Postgres) -> Engine:
    """A database of this test alone: it takes the tables away."""
    url = cluster.fresh_database(postgres, "tests_migrations")
    full = url.replace("postgresql://", "postgresql+psycopg://")
    return create_engine(full, poolclass=NullPool)


def test_the_models_and_the_migrations_make_the_same_tables(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})

        differences = compare_metadata(context, Base.metadata)

    assert differences == []


def test_the_indexes_in_the_database_have_their_conditions(engine: Engine) -> None:
    wanted = {
        index.name: str(index.dialect_options["postgresql"]["where"])
        for table in Base.metadata.tables.values()
        for index in table.indexes
        if index.dialect_options["postgresql"]["where"] is not None
    }

    found = {
        index["name"]: index.get("dialect_options", {}).get("postgresql_where", "")
        for table in Base.metadata.tables
        for index in inspect(engine).get_indexes(table)
    }

    assert wanted
    assert {name for name in wanted if not found.get(name)} == set()


def test_every_migration_can_be_taken_back_and_done_again(own_engine: Engine) -> None:
    url = own_engine.url.render_as_string(hide_password=False)
    app = create_app(cluster.settings(url))
    with app.app_context():
        use_migrations()
        downgrade(revision="base")
        db.engine.dispose()
    emptied = inspect(own_engine).get_table_names()

    cluster.migrate(url)

    assert emptied == ["alembic_version"]
    again = set(inspect(own_engine).get_table_names())
    assert again == {"alembic_version", *Base.metadata.tables}


def test_what_was_published_before_is_the_first_version_that_is_known(
    own_engine: Engine,
) -> None:
    url = own_engine.url.render_as_string(hide_password=False)
    with Session(own_engine) as session:
        sequence = factories.sequence(session, version=2, rules={"hour": "09:00"})
        old = factories.step(session, sequence=sequence, rank=2)
        new = factories.step(session, sequence=sequence, rank=1, version=2)
        factories.step(session, sequence=sequence, deleted_at=factories.NOW)
        session.commit()
        ids = [(new.id, new.revision_id), (old.id, old.revision_id)]
        before = new.id, factories.NOW
    app = create_app(cluster.settings(url))
    with app.app_context():
        use_migrations()
        downgrade(revision="0001")
        db.engine.dispose()

    cluster.migrate(url)

    with Session(own_engine) as session:
        (version,) = session.scalars(select(Version))
        assert [tuple(pair) for pair in version.steps] == ids
        assert (version.number, version.author, version.rules) == (
            2,
            "tests",
            {"hour": "09:00"},
        )
        assert session.get_one(Sequence, version.sequence_id).retimed_at is not None
        added = {one.id: one.added_at for one in session.scalars(select(Step))}
        assert {one: at for one, at in added.items() if at} == dict([before])


def test_who_signed_up_before_there_were_numbers_is_counted_once(
    own_engine: Engine,
) -> None:
    url = own_engine.url.render_as_string(hide_password=False)
    with Session(own_engine) as session:
        on = stage(session)
        was_there = {"joined_at": factories.NOW, "replayed_at": factories.NOW}
        first = form_sent(session, on, 0, None, **was_there)
        second = form_sent(session, on, 9)
        form_sent(session, on, 3, subscriber=first)
        events.record(
            session, EventKind.PURCHASED, at=factories.NOW, subscriber_id=first
        )
        session.commit()
        masterclass = on.masterclass.id
    app = create_app(cluster.settings(url))
    with app.app_context():
        use_migrations()
        downgrade(revision="0008")
        db.engine.dispose()

    cluster.migrate(url)

    with Session(own_engine) as session:
        counted = {
            (row.day.day, row.stage): row.people
            for row in session.scalars(select(StageCount))
        }
        assert counted == {
            (23, Stage.SIGNED_UP): 1,
            (23, Stage.CONFIRMED): 1,
            (23, Stage.JOINED): 1,
            (23, Stage.REPLAYED): 1,
            (23, Stage.BOUGHT): 1,
            (14, Stage.SIGNED_UP): 1,
            (14, Stage.CONFIRMED): 1,
        }
        counts.reached(session, Stage.CONFIRMED, second, masterclass)
        counts.reached(session, Stage.JOINED, second, masterclass)
        total = func.sum(StageCount.people)
        assert session.scalar(select(total)) == sum(counted.values()) + 1


def form_sent(
    session: Session, on: Set, days_ago: int, subscriber: int | None = None, **seat: Any
) -> int:
    """Put a confirmed form of somebody there, as it was kept before; return her id."""
    at = factories.NOW - timedelta(days=days_ago)
    her = subscriber or factories.subscriber(session).id
    words = dict.fromkeys(("wording", "wording_version", "page", "network"), "")
    about = {"subscriber_id": her, "masterclass_id": on.masterclass.id}
    times = {"received_at": at, "created_at": at, "expires_at": at, "confirmed_at": at}
    nonce = str(next(factories.numbers))
    session.add(Signup(nonce=nonce, **about, **words, **times))
    session.flush()
    if subscriber is None:
        seat |= {"subscriber_id": her, "occurrence": on.tuesday}
        factories.registration(session, **seat)
    return her


def test_the_files_are_numbered_in_one_line() -> None:
    names = sorted(path.name for path in Path(MIGRATIONS, "versions").glob("0*.py"))

    numbers = [int(name[:4]) for name in names]

    assert numbers == list(range(1, len(names) + 1))
    assert all(re.fullmatch(r"\d{4}_[a-z0-9_]+\.py", name) for name in names)
