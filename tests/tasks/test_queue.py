"""A nudge that costs nothing when nobody is there to take it."""

import json
import socket
import time

import pytest
import worker
from redis import Redis

from funnel.queue import TICK_QUEUE, TaskName, wake


def test_a_dead_redis_is_said_at_once() -> None:
    started = time.monotonic()

    taken = wake("redis://127.0.0.1:1/0", TaskName.SCAN)

    assert not taken
    assert time.monotonic() - started < 1


@pytest.mark.parametrize("login", ["", ":secret@"])
def test_a_hung_redis_costs_a_second_at_most(login: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as hung:
        started = time.monotonic()

        taken = wake(
            f"redis://{login}127.0.0.1:{hung.getsockname()[1]}/0", TaskName.SCAN
        )

        assert not taken
        assert time.monotonic() - started < 1.5


def test_a_nudge_carries_a_name_and_nothing_else() -> None:
    with worker.redis() as url:
        assert wake(url, TaskName.DRAIN)

        with Redis.from_url(url) as client:
            message = json.loads(client.lpop(TICK_QUEUE))
    assert message["headers"]["task"] == "sending.drain"
    assert message["body"] == "W1tdLCB7fSwge31d"  # [[], {}, {}]
