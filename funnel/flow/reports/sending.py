"""How sending stands: what is due, how late, what is in trouble, who is at work."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from funnel.domain.status import DeliveryState, Kind
from funnel.models import (
    Click,
    ClickCount,
    Delivery,
    Event,
    EventKind,
    Heartbeat,
    Sender,
)
from funnel.models.delivery import SERVICE_PRIORITY

LATE = timedelta(minutes=5)
"""A mail that waits longer than this has no worker."""

SILENT = timedelta(minutes=1)
"""Beat ticks every 2 seconds: who shows nothing for so long is not there."""

AT_WORK = ("scan", "drain")
RECENTLY = timedelta(minutes=5)
"""A drain ends after a minute at most: who is silent for so long is not there."""
TROUBLED = (DeliveryState.UNCERTAIN, DeliveryState.PARKED, DeliveryState.FAILED)
IN_FLIGHT = (DeliveryState.CLAIMED, DeliveryState.HANDED)
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Sending:
    """One look at the rows; `now` is domain time, `real` the machine's."""

    now: datetime
    real: datetime
    oldest_due: datetime | None
    due: Mapping[Kind, int]
    states: Mapping[DeliveryState, int]  # open and in trouble: the others are history
    beats: Mapping[str, datetime] = field(default_factory=dict)
    circuits: Mapping[str, int] = field(default_factory=dict)  # processes that send
    journals: int = 0  # octets that the database does not know

    @property
    def lateness(self) -> timedelta:
        """Return how long the oldest due mail has been waiting."""
        return self.now - self.oldest_due if self.oldest_due else timedelta()

    @property
    def is_late(self) -> bool:
        return self.lateness > LATE

    @property
    def at_hand(self) -> int:
        """Return how many mails are due or being sent now."""
        flying = sum(self.states.get(state, 0) for state in IN_FLIGHT)
        return sum(self.due.values()) + flying

    @property
    def waits_for_a_person(self) -> int:
        """Return how many mails no machine touches any more until somebody looks."""
        return sum(
            self.states.get(state, 0)
            for state in (DeliveryState.UNCERTAIN, DeliveryState.PARKED)
        )

    @property
    def silent(self) -> list[str]:
        """Return which of scan and drain has shown no sign of life lately."""
        since = self.real - SILENT
        return [
            name
            for name in AT_WORK
            if name not in self.beats or self.beats[name] < since
        ]


@dataclass(frozen=True, slots=True)
class Traffic:
    """What came and went: replies and sign-ups of the last hour, clicks so far."""

    replies: Mapping[str, int]
    signups: int
    clicks: int
    machines: int
    unjudged: int


def sending(session: Session, *, now: datetime, real: datetime) -> Sending:
    """Look once, by indexes only."""
    beats = session.execute(select(Heartbeat.name, Heartbeat.at))
    said = select(Sender.circuit, Sender.journal).where(Sender.at > real - RECENTLY)
    senders = session.execute(said).all()
    return Sending(
        now=now,
        real=real,
        oldest_due=_oldest_due(session, now),
        due=_due(session, now),
        states=_states(session),
        beats={name: at for name, at in beats},  # noqa: C416 - rows, not pairs
        circuits=Counter(one.circuit for one in senders),
        journals=sum(one.journal for one in senders),
    )


def _oldest_due(session: Session, now: datetime) -> datetime | None:
    """Return since when the oldest due mail has been waiting."""
    return session.scalar(
        select(func.min(Delivery.due_at)).where(
            Delivery.state == DeliveryState.SCHEDULED, Delivery.due_at <= now
        )
    )


def traffic(session: Session, *, now: datetime) -> Traffic:
    """Return what the last hour brought, by domain time, and all clicks."""
    clicks, scans = session.execute(
        select(
            func.coalesce(func.sum(ClickCount.clicks), 0),
            func.coalesce(func.sum(ClickCount.machines), 0),
        )
    ).one()
    return Traffic(
        replies=_replies(session, now - HOUR),
        signups=_happened(session, EventKind.SIGNED_UP, now - HOUR),
        clicks=clicks,
        machines=scans,
        unjudged=session.scalar(select(func.count()).select_from(Click)) or 0,
    )


def failed(session: Session, *, since: datetime) -> int:
    """Return how many mails were refused for good since a (domain) moment."""
    return _happened(session, EventKind.FAILED, since)


def _due(session: Session, now: datetime) -> dict[Kind, int]:
    """Count what is due; by priority, which the index has, and the kind follows."""
    rows = session.execute(
        select(Delivery.priority, func.count())
        .where(Delivery.state == DeliveryState.SCHEDULED, Delivery.due_at <= now)
        .group_by(Delivery.priority)
    )
    found = dict.fromkeys(Kind, 0)
    for priority, count in rows:
        kind = Kind.SERVICE if priority == SERVICE_PRIORITY else Kind.MARKETING
        found[kind] += count
    return found


def _states(session: Session) -> dict[DeliveryState, int]:
    """Count by state, each over its partial index."""
    found = {}
    for group in ((DeliveryState.SCHEDULED,), IN_FLIGHT, TROUBLED):
        rows = session.execute(
            select(Delivery.state, func.count())
            .where(Delivery.state.in_(group))
            .group_by(Delivery.state)
        )
        found.update(dict.fromkeys(group, 0))
        found.update({state: count for state, count in rows})  # noqa: C416 - rows
    return found


def _replies(session: Session, since: datetime) -> dict[str, int]:
    """Count the relay's answers by their class; "none": it never answered."""
    found = {
        "2xx": _happened(session, EventKind.SENT, since),
        "4xx": 0,
        "5xx": 0,
        "none": _happened(session, EventKind.UNCERTAIN, since),
    }
    first = func.left(Event.data["code"].astext, 1).label("first")
    refused = session.execute(
        select(first, func.count())
        .where(
            Event.kind.in_([EventKind.FAILED, EventKind.POSTPONED]), Event.at > since
        )
        .group_by("first")
    )
    for digit, count in refused:
        name = f"{digit}xx" if digit in {"4", "5"} else "none"
        found[name] += count
    return found


def _happened(session: Session, kind: EventKind, since: datetime) -> int:
    count = select(func.count()).where(Event.kind == kind, Event.at > since)
    return session.scalar(count.select_from(Event)) or 0
