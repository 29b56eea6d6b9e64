"""How the app reaches the workers without importing them: a task's name, and a nudge.

Nothing depends on a nudge: beat ticks every task anyway, and the rows are the queue.
"""

import json
import uuid
from base64 import b64encode
from enum import StrEnum
from typing import Any

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

TICK_QUEUE = "tick"
"""The queue of all tasks: they carry nothing, so one short queue is enough."""

PATIENCE = 0.4
"""Seconds that each socket operation may take when Redis is dead or hung."""


class TaskName(StrEnum):
    """What a worker can be asked to look at."""

    SCAN = "sending.scan"
    SHARE = "sending.share"
    DRAIN = "sending.drain"
    CLICKS = "feedback.clicks"
    UPKEEP = "upkeep.tidy"
    RETENTION = "upkeep.forget"
    IMPORTS = "imports.work"
    JOBS = "publishing.work"


def wake(redis_url: str, name: TaskName) -> bool:
    """Ask a worker to look now, and say whether the broker took it.

    A dead or hung Redis costs a second at most and raises nothing: the next tick
    does the same work. Celery's own `send_task` cannot promise that; it leaves
    redis-py's retries on (6 s for a closed port, without end for a hung server).
    """
    try:
        with _impatient(redis_url) as client:
            client.lpush(TICK_QUEUE, _message(name))
    except (RedisError, OSError):
        return False
    return True


def _impatient(redis_url: str) -> Redis:
    """Return a client that waits for nobody and tries nothing twice."""
    return Redis.from_url(
        redis_url,
        socket_timeout=PATIENCE,
        socket_connect_timeout=PATIENCE,
        retry=Retry(NoBackoff(), 0),
    )


def _message(name: TaskName) -> str:
    """Return what Celery puts on a Redis list for a task without arguments.

    Message protocol 2 of Celery in the envelope of Kombu's virtual transport:
    https://docs.celeryq.dev/en/stable/internals/protocol.html
    """
    task_id = str(uuid.uuid4())
    body: list[Any] = [[], {}, {}]
    message = {
        "body": b64encode(json.dumps(body).encode()).decode(),
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": {"lang": "py", "task": name, "id": task_id, "root_id": task_id},
        "properties": {
            "correlation_id": task_id,
            "delivery_mode": 2,
            "delivery_info": {"exchange": "", "routing_key": TICK_QUEUE},
            "priority": 0,
            "body_encoding": "base64",
            "delivery_tag": task_id,
        },
    }
    return json.dumps(message)
