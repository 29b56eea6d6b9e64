"""What is asked again and again is looked up by key, however much there is."""

import json
from datetime import timedelta
from typing import Any

import factories
import pytest
from sqlalchemy import Connection, Executable, text

from funnel.flow.delivery import claim, verdict
from funnel.flow.delivery.desk import BY_KEY

MINE = {"mine": json.dumps([verdict.asked(1, 1, "")]), "lease": timedelta(minutes=2)}

MANY_DUE = text(
    "INSERT INTO delivery (state, kind, priority, address, planned_at, due_at, is_test,"
    " attempt, deaths, reply) SELECT 'scheduled', 'service', 0, 'a@example.nl', now(),"
    " now(), false, 0, 0, '' FROM generate_series(1, 2000)"
)


@pytest.fixture(autouse=True)
def crowd(connection: Connection) -> None:
    """Much is due, and the database knows it: not what it knew of other tests' rows."""
    connection.execute(MANY_DUE)
    connection.execute(text("ANALYZE delivery"))


def plan(connection: Connection, statement: Executable, **facts: Any) -> str:
    for one in BY_KEY:
        connection.execute(text(f"SET LOCAL {one}"))
    made = statement.compile(dialect=connection.dialect)  # type: ignore[attr-defined]
    told = made.construct_params({"now": factories.NOW, **facts})
    answer = connection.exec_driver_sql(f"EXPLAIN {made}", told)
    return "\n".join(line for (line,) in answer)


def test_a_fence_finds_its_claims_by_key(connection: Connection) -> None:
    found = plan(connection, verdict.HAND, **MINE)

    assert "pk_delivery on delivery" in found
    assert "ix_delivery_lease" not in found


def test_a_claim_writes_by_key(connection: Connection) -> None:
    found = plan(connection, verdict.TAKE, **MINE, by="tests:1")

    assert "pk_delivery on delivery" in found
    assert "Seq Scan on delivery" not in found


def test_a_claim_reads_what_is_due_in_its_order_and_sorts_nothing(
    connection: Connection,
) -> None:
    found = plan(connection, claim.DUE, limit=100)

    assert "ix_delivery_due on delivery" in found
    assert "Incremental Sort" not in found


def test_who_looks_for_suspects_does_not_walk_past_everybody(
    connection: Connection,
) -> None:
    assert "ix_delivery_suspect on delivery" in plan(connection, claim.SUSPECT, limit=1)
