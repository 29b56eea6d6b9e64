"""The fast ticks: what is due becomes deliveries, deliveries are sent."""

import gc
import os
import socket
from functools import cache, partial
from typing import Any

from celery import current_app, shared_task
from celery.signals import worker_process_init, worker_process_shutdown

from funnel import queue
from funnel.flow import due, travel
from funnel.flow.delivery.desk import Desk
from funnel.queue import TaskName

SCAN_SECONDS = 1.0
"""So long a scan takes at most, out of the two to the next: what it gives is sent."""


@shared_task(name=TaskName.SCAN.value)  # type: ignore[untyped-decorator]  # Celery has no types
def scan() -> None:
    """Plan everybody whose moment has come, with another worker if they are many."""
    _scan(due.Pace(seconds=SCAN_SECONDS, call=partial(_wake, TaskName.SHARE)))


@shared_task(name=TaskName.SHARE.value)  # type: ignore[untyped-decorator]  # Celery has no types
def share() -> None:
    """Take a part of a scan that has more than a batch; call nobody else."""
    _scan(due.Pace(seconds=SCAN_SECONDS))


def _scan(pace: due.Pace) -> None:
    with desk().session() as session:
        done = due.scan(
            session,
            now=travel.now(session)(),
            pace=pace,
            worker=desk().worker,
            gap=desk().office.gap,
        )
    if done.deliveries:
        _wake(TaskName.DRAIN)


def _wake(name: TaskName) -> None:
    queue.wake(current_app.settings.redis_url, name)


@shared_task(name=TaskName.DRAIN.value)  # type: ignore[untyped-decorator]  # Celery has no types
def drain() -> None:
    """Send what is due, until nothing is or the time of a drain is up."""
    with desk().session() as session:
        now = travel.now(session)
    desk().drain(now)


@cache
def desk() -> Desk:
    """Return this process's desk; a child process makes its own after the fork."""
    name = f"{socket.gethostname()}:{os.getpid()}"
    return Desk(current_app.settings, name)


@worker_process_init.connect  # type: ignore[untyped-decorator]  # Celery has no types
def sit_down(**_unused: Any) -> None:
    """Make the desk before the first tick needs it."""
    desk()
    gc.freeze()  # what is loaded stays: else each full collection walks it, 0.1 s long


@worker_process_shutdown.connect  # type: ignore[untyped-decorator]  # Celery has no types
def get_up(**_unused: Any) -> None:
    """Say goodbye to the relay and to the database."""
    desk().close()
