"""Named places at which a test lets this process die; without one, nothing happens."""

import os
import signal
from collections.abc import Callable
from enum import StrEnum


class Point(StrEnum):
    """Between each two steps of a delivery's way that a crash could part."""

    CLAIMING = "claiming"  # rows are locked, nothing is written
    CLAIMED = "claimed"  # committed; nothing is rendered
    FENCING = "fencing"  # the body is out; the hand-over is not committed
    FENCED = "fenced"  # committed; no dot went out
    ANSWERED = "answered"  # the relay's answer is here, and nowhere else
    JOURNALED = "journaled"  # it is in the journal, not in the database
    RECORDING = "recording"  # the statement is about to go
    RECORDED = "recorded"  # committed; the journal still has it
    REPLAYING = "replaying"  # a journal of the dead was read, nothing is written
    REPLAYED = "replayed"  # committed; the journal is still there
    JUDGING = "judging"  # leases that are over are about to be judged


def reach(point: Point) -> None:
    """Die here, if this is where the process was told to."""
    if _die is not None:
        _die(point)


def arm(spec: str) -> None:
    """Have the process kill itself at a point: "fenced", or "fenced:3", the third time.

    Raises:
        ValueError: There is no such point.
    """
    global _die  # noqa: PLW0603 - one process dies once
    name, _, number = spec.partition(":")
    wanted, left = Point(name), int(number or 1)

    def die(point: Point) -> None:
        nonlocal left
        left -= point is wanted
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)

    _die = die


_die: Callable[[Point], None] | None = None
