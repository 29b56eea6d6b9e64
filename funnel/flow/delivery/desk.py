"""What a process that works keeps open: an event loop, and its connections."""

import asyncio
from datetime import timedelta

from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.orm import Session

from funnel.clock import Clock
from funnel.config import Settings
from funnel.domain.links import Links
from funnel.domain.tokens import Keys
from funnel.flow import delivery, transport
from funnel.flow.delivery import failpoint
from funnel.flow.delivery.journal import Journal
from funnel.flow.render import Office

BUSY_CONNECTIONS = 3
"""To the database: one claims, one fences, one keeps the books."""

BY_KEY = (
    "plan_cache_mode=force_generic_plan",
    "enable_hashjoin=off",
    "enable_mergejoin=off",
    "enable_seqscan=off",
    "jit=off",
)
"""Everything here is looked up by its key: a statement is planned once, and the same
way for a table of any size. Planning ten joins anew costs more than running them."""

PLAINLY = (*BY_KEY, "timezone=UTC")
"""And moments are read past SQLAlchemy, which would make them ours."""


class Desk:
    """One for each process; between two drains its connections stay open."""

    def __init__(self, settings: Settings, worker: str) -> None:
        """Make the loop; nothing is connected before the first drain."""
        if settings.failpoint:
            failpoint.arm(settings.failpoint)
        keys = Keys.of(settings.secret_key, settings.previous_secret_keys)
        self.worker, self.seconds = worker, float(settings.drain_seconds)
        self.office = Office(
            Links(settings.base_url, keys),
            settings.smtp_connections,
            timedelta(seconds=settings.lease_seconds),
            settings.gap,
            signer=transport.signer(settings),
        )
        self.engine = create_async_engine(
            settings.database_url,
            pool_size=BUSY_CONNECTIONS,
            connect_args={"options": " ".join(f"-c {one}" for one in PLAINLY)},
        )
        self.pool = transport.pool(settings)
        self.journal = Journal(settings.data_dir, worker)
        self._plain = create_engine(settings.database_url, pool_pre_ping=True)
        self._runner = asyncio.Runner(loop_factory=_loop)

    def session(self) -> Session:
        """Return a session for what is done outside the loop."""
        return Session(self._plain)

    def drain(self, now: Clock) -> delivery.Drained:
        """Send what is due, for as long as the settings allow a drain."""
        post = delivery.Post(
            self.engine, self.pool, self.office, self.journal, self.worker
        )
        return self._runner.run(delivery.drain(post, now=now, seconds=self.seconds))

    def close(self) -> None:
        """Close every connection, and the loop."""
        self._runner.run(self._close())
        self._runner.close()
        self._plain.dispose()
        self.journal.close()

    async def _close(self) -> None:
        await self.pool.close()
        await self.engine.dispose()


def _loop() -> asyncio.AbstractEventLoop:
    """Return the faster event loop where there is one: docs/decisions/0016."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()
