"""Time travel: the domain clock is moved, the workers do the work, we watch.

Only in the embedded mode, so that a sequence of weeks can be watched arriving in a
minute. Nothing is ever sent from here. Leases, limits and time-outs keep real time.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from funnel import clock
from funnel.clock import Clock
from funnel.flow.travel import arrivals, work
from funnel.flow.travel.arrivals import Arrival, Skip
from funnel.flow.travel.watch import NoWorker, Stuck, Watch
from funnel.flow.travel.work import next_moment, open_work
from funnel.models import System

__all__ = [
    "Arrival",
    "NoWorker",
    "Skip",
    "Stuck",
    "Trip",
    "advance",
    "arrive",
    "go_on",
    "next_moment",
    "now",
    "offset",
    "open_work",
    "shift",
]


@dataclass(frozen=True, slots=True)
class Trip:
    """Where we came to, which mails arrived there, and which did not go."""

    at: datetime
    arrivals: list[Arrival]
    skips: list[Skip]


def offset(session: Session) -> timedelta:
    """Return how far the domain clock is ahead of the real one."""
    system = session.get(System, 1, populate_existing=True)
    return system.clock_offset if system else timedelta()


def now(session: Session) -> Clock:
    """Return the domain clock as it stands."""
    return clock.shifted(offset(session))


def shift(session: Session, to: datetime, *, real: datetime) -> None:
    """Set the domain clock; it runs on from there."""
    System.locked(session).clock_offset = to - real
    session.commit()


def go_on(
    session: Session, *, redis_url: str, real: Clock, until: datetime | None = None
) -> Trip | None:
    """Go to the next moment at which anything falls due, and see it done.

    None when nothing is left, or not before `until`. Raises NoWorker (the clock
    stays where it was) and Stuck, when the work is taken up and does not end.
    """
    here = real() + offset(session)
    moment = work.next_moment(session, here)
    if moment is None or (until is not None and moment > until):
        session.commit()
        return None
    watch, place = Watch(session, redis_url, real), arrivals.mark(session)
    watch.for_a_worker()
    arrive(session, moment, real=real)
    watch.until_done(moment)
    trip = Trip(moment, arrivals.since(session, place), arrivals.skips(session, place))
    session.commit()
    return trip


def advance(
    session: Session, by: timedelta, *, redis_url: str, real: Clock
) -> list[Trip]:
    """Go on moment by moment for so long, so that nothing is late for the jump."""
    until = real() + offset(session) + by
    trips = []
    while trip := go_on(session, redis_url=redis_url, real=real, until=until):
        trips.append(trip)
    arrive(session, until, real=real)
    return trips


def arrive(session: Session, at: datetime, *, real: Clock) -> None:
    """Set the clock to a moment that has not come yet; it never goes back."""
    shift(session, max(at, real() + offset(session)), real=real())
