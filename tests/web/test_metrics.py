"""The numbers for Prometheus, and who may read them."""

from collections.abc import Callable
from datetime import timedelta

import cluster
import factories
import pytest
import tracking
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import Connection
from sqlalchemy.orm import Session

from funnel import clock
from funnel.app import create_app
from funnel.db import db
from funnel.domain.status import DeliveryState, Kind
from funnel.flow import events
from funnel.models import ClickCount, EventKind, Heartbeat, Sender

TOKEN = "a-token-of-this-test-alone"
Metrics = Callable[..., FlaskClient]


@pytest.fixture
def browser(database_url: str, connection: Connection) -> Metrics:
    """Return a client of an application with these settings, on the test's rows."""

    def make(**overrides: object) -> FlaskClient:
        app = create_app(cluster.settings(database_url, **overrides))
        with app.app_context():
            db.engine.dispose()
            db.engines[None] = connection  # type: ignore[index]  # as `app` does
        return app.test_client()

    return make


def numbers(client: FlaskClient) -> dict[tuple[str, str], float]:
    """Return every sample by its name and its label."""
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    assert answer.content_type.startswith("text/plain; version=0.0.4")
    return {
        (sample.name, "".join(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_every_number_comes_from_the_rows(browser: Metrics, session: Session) -> None:
    real, step = clock.real(), tracking.step(session)
    late, ahead = real - timedelta(minutes=10), real + timedelta(days=1)
    for due_at, kind in ((late, Kind.MARKETING), (real, Kind.SERVICE)):
        factories.delivery(session, due_at=due_at, kind=kind)
    factories.delivery(session, due_at=ahead)
    for state in (DeliveryState.UNCERTAIN, DeliveryState.PARKED, DeliveryState.SENT):
        factories.delivery(session, state=state)
    for kind_, data in (
        (EventKind.SENT, {}),
        (EventKind.POSTPONED, {"code": 451}),
        (EventKind.FAILED, {"code": 550}),
        (EventKind.FAILED, {"code": None}),
        (EventKind.SIGNED_UP, {}),
    ):
        events.record(session, kind_, at=real, **data)
    events.record(session, EventKind.SENT, at=real - timedelta(hours=2))
    assert step.revision is not None
    for link in step.revision.links:
        count = ClickCount(link_id=link.id, day=real.date(), clicks=3, machines=1)
        session.add(count)
    session.add(Heartbeat(name="scan", at=real - timedelta(seconds=30)))
    session.flush()

    found = numbers(browser(metrics_token=TOKEN))

    assert 600 <= found["funnel_lateness_seconds", ""] < 700
    assert found["funnel_due", "marketing"] == found["funnel_due", "service"] == 1
    assert found["funnel_deliveries", "scheduled"] == 3
    assert found["funnel_deliveries", "uncertain"] == 1
    assert found["funnel_deliveries", "parked"] == 1
    assert found["funnel_deliveries", "failed"] == 0
    assert found["funnel_replies_last_hour", "2xx"] == 1
    assert found["funnel_replies_last_hour", "4xx"] == 1
    assert found["funnel_replies_last_hour", "5xx"] == 1
    assert found["funnel_replies_last_hour", "none"] == 1
    assert 30 <= found["funnel_heartbeat_age_seconds", "scan"] < 100
    assert found["funnel_signups_last_hour", ""] == 1
    assert found["funnel_clicks_total", "person"] == 6
    assert found["funnel_clicks_total", "machine"] == 2


def test_a_circuit_and_a_journal_count_while_their_process_is_there(
    browser: Metrics, session: Session
) -> None:
    for worker, circuit, minutes in (("a", "open", 1), ("b", "closed", 2)):
        at = clock.real() - timedelta(minutes=minutes)
        session.add(Sender(worker=worker, at=at, circuit=circuit, journal=200))
    gone = clock.real() - timedelta(minutes=9)
    session.add(Sender(worker="c", at=gone, circuit="open", journal=200))
    session.flush()

    found = numbers(browser(metrics_token=TOKEN))

    states = ("open", "closed", "half-open")
    assert [found["funnel_senders", one] for one in states] == [1, 1, 0]
    assert found["funnel_journal_octets", ""] == 400


def test_nothing_names_a_person(browser: Metrics, session: Session) -> None:
    factories.delivery(session, address="iemand@voorbeeld.nl")

    client = browser(metrics_token=TOKEN)
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})

    assert "@" not in answer.text


@pytest.mark.parametrize(
    "shown",
    [None, "", TOKEN, f"bearer {TOKEN}", f"Bearer {TOKEN}x", "Bearer é", "Basic x"],
)
def test_without_the_token_there_are_no_numbers(
    browser: Metrics, shown: str | None
) -> None:
    headers = {} if shown is None else {"Authorization": shown}

    answer = browser(metrics_token=TOKEN).get("/metrics", headers=headers)

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert "funnel_" not in answer.text


def test_in_production_without_a_token_the_page_is_not_there(
    browser: Metrics,
) -> None:
    assert browser(embedded=False).get("/metrics").status_code == 404


@pytest.mark.parametrize(("address", "status"), [("127.0.0.1", 200), ("10.0.0.7", 404)])
def test_a_demonstration_shows_them_on_its_own_machine(
    browser: Metrics, address: str, status: int
) -> None:
    client = browser(embedded=True)

    answer = client.get("/metrics", environ_overrides={"REMOTE_ADDR": address})

    assert answer.status_code == status
