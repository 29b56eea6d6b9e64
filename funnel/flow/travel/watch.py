"""Watch the workers: are they there, and is what was due done?"""

import time
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from funnel import queue
from funnel.clock import Clock
from funnel.flow.travel import work
from funnel.models import Heartbeat

GLANCE = 0.05
"""Seconds between two looks at the rows."""

WAKE_EVERY = timedelta(seconds=2)

SIGN_OF_LIFE = timedelta(seconds=8)
"""Beat ticks every 2 s; a worker that shows nothing for so long is not there."""

PATIENCE = timedelta(seconds=120)
"""A worker that lives may take so long: a lease, or a slow relay."""


class NoWorker(Exception):  # noqa: N818 - it says what is the matter
    """No worker shows a sign of life: it stopped, or never was started."""


class Stuck(Exception):  # noqa: N818 - it says what is the matter
    """The workers live, but what is due does not get done."""


class Watch:
    """One wait, from the moment it was made (real time)."""

    def __init__(self, session: Session, redis_url: str, real: Clock) -> None:
        """Wake a worker, and look from now on."""
        self.session, self.redis_url, self.real = session, redis_url, real
        self.started = self.woken = real()
        self._wake()

    def for_a_worker(self) -> None:
        """Wait until a worker has shown itself; raises NoWorker."""
        while self._last_sign() < self.started:
            if self.real() - self.started > SIGN_OF_LIFE:
                raise NoWorker
            self._glance()

    def until_done(self, moment: datetime) -> None:
        """Wait until nothing that is due then is open; raises NoWorker, Stuck."""
        self._wake()
        while work.open_work(self.session, moment):
            if self.real() - max(self._last_sign(), self.started) > PATIENCE / 4:
                raise NoWorker
            if self.real() - self.started > PATIENCE:
                raise Stuck
            self._glance()

    def _last_sign(self) -> datetime:
        last = self.session.scalar(select(func.max(Heartbeat.at)))
        return last or self.started - SIGN_OF_LIFE

    def _glance(self) -> None:
        self.session.commit()  # hold nothing while others work
        time.sleep(GLANCE)
        if self.real() - self.woken >= WAKE_EVERY:
            self._wake()

    def _wake(self) -> None:
        self.woken = self.real()
        for name in (queue.TaskName.SCAN, queue.TaskName.DRAIN):
            queue.wake(self.redis_url, name)
