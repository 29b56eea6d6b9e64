"""A fence looks at its own claims only, however many there are."""

from datetime import timedelta

import factories
from psycopg.types.json import Jsonb
from sqlalchemy import Connection, text

from funnel.flow.delivery import verdict
from funnel.flow.delivery.desk import BY_KEY


def test_a_fence_finds_its_claims_by_key(connection: Connection) -> None:
    for one in BY_KEY:
        connection.execute(text(f"SET LOCAL {one}"))
    made = verdict.HAND.compile(dialect=connection.dialect)  # type: ignore[attr-defined]
    facts = made.construct_params(
        {
            "mine": Jsonb([verdict.asked(1, 1, "")]),
            "now": factories.NOW,
            "lease": timedelta(minutes=2),
        }
    )

    answer = connection.exec_driver_sql(f"EXPLAIN {made}", facts)
    plan = "\n".join(line for (line,) in answer)

    assert "pk_delivery on delivery" in plan
    assert "ix_delivery_lease" not in plan
