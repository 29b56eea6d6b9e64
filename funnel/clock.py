"""The one place that knows what time it is."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]
"""Gives the present moment: UTC and aware."""


def real() -> datetime:
    """Return the machine's time; leases, limits and time-outs go by this one."""
    return datetime.now(UTC)


def shifted(offset: timedelta) -> Clock:
    """Return the domain clock: real time plus the offset of time travel."""
    return lambda: real() + offset
