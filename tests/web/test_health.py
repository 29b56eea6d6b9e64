"""Whether it lives, and whether it works."""

from datetime import timedelta

import cluster
import factories
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from funnel import clock
from funnel.app import create_app


def test_it_lives(client: FlaskClient) -> None:
    answer = client.get("/healthz")

    assert (answer.status_code, answer.text) == (200, "ok\n")


def test_it_works_when_the_tables_fit_and_nothing_waits(client: FlaskClient) -> None:
    answer = client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json is not None
    assert answer.json["database"] is True
    assert answer.json["migrations"]["tables"] == answer.json["migrations"]["program"]


def test_it_does_not_work_while_a_mail_waits_for_a_worker(
    client: FlaskClient, session: Session
) -> None:
    factories.delivery(session, due_at=clock.real() - timedelta(minutes=10))

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json is not None
    assert answer.json["oldest_due_seconds"] >= 600


def test_it_does_not_work_on_the_tables_of_another_version(
    client: FlaskClient, session: Session
) -> None:
    session.execute(text("UPDATE alembic_version SET version_num = '0000'"))

    assert client.get("/readyz").status_code == 503


def test_without_a_database_it_lives_but_does_not_work() -> None:
    nowhere = "postgresql://nobody@127.0.0.1:1/nothing?connect_timeout=2"
    client = create_app(cluster.settings(nowhere)).test_client()

    assert client.get("/readyz").status_code == 503
    assert client.get("/readyz").json == {"database": False}
    assert client.get("/healthz").status_code == 200
