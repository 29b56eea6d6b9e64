"""What the plan is asked with and what it answers: steps, facts, planned moments."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from funnel.domain.conditions import ALWAYS, Condition
from funnel.domain.rules import Rules
from funnel.domain.status import How, Kind, Purpose, Reason
from funnel.domain.timing import Timing


class Added(NamedTuple):
    """When an edit put a step into a list that people were in, and where.

    Who had by then had all that was above, and something of what was below, had
    passed its place. Ids of steps; `above` are those that were alive.
    """

    at: datetime
    above: frozenset[int] = frozenset()
    below: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Step:
    """One place in the list, as far as its time is concerned."""

    id: int
    slug: str
    kind: Kind
    purpose: Purpose | None
    timing: Timing
    condition: Condition = ALWAYS
    is_on: bool = True
    added: Added | None = None  # who had passed its place by then, gets it never
    is_deleted: bool = False  # never planned; what it sent still counts below it
    is_marketing: bool = field(init=False, compare=False, repr=False)
    is_loud: bool = field(init=False, compare=False, repr=False)  # not quiet at night

    def __post_init__(self) -> None:
        # Told once, not at each of a million plans: reading an enum is slow.
        is_marketing, timing = self.kind is Kind.MARKETING, self.timing
        is_loud = not is_marketing and (timing.is_at_once or timing.is_close)
        object.__setattr__(self, "is_marketing", is_marketing)
        object.__setattr__(self, "is_loud", is_loud)

    def __hash__(self) -> int:
        return self.id

    @property
    def per_occurrence(self) -> bool:
        """Service steps come once per occurrence, marketing once per enrollment."""
        return not self.is_marketing


class Handled(NamedTuple):
    """What became of a step: the delivery row, as far as the plan needs it."""

    at: datetime  # the planned moment, not the sent one
    sent: bool
    final: bool
    reason: Reason | None = None


class Pause(NamedTuple):
    """A time in which a sequence stood still, and what its end decided."""

    since: datetime
    until: datetime
    how: How

    def holds(self, at: datetime) -> bool:
        return self.since <= at < self.until


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of her; all moments are aware and in UTC.

    `handled` holds, by step id, only the rows that count: for a service step those
    of the present occurrence. Without a start and without a seat, service steps
    wait for a date; a sequence that has no occurrences says `has_seat` for all.
    `retimed_at` is when an edit or a moved date last changed what the plan would
    say: a flowing step that should already have gone takes its next slot after it.
    Who `has_left` gets no marketing any more; what belongs to her seat stays.
    """

    confirmed_at: datetime
    seated_at: datetime
    zone: str
    start: datetime | None = None
    end: datetime | None = None
    replay_until: datetime | None = None
    joined: bool = False
    replayed: bool = False
    has_seat: bool = True
    occurrence_cancelled: bool = False
    consents: frozenset[Purpose] = frozenset()
    handled: Mapping[int, Handled] = field(default_factory=dict)
    tags: frozenset[str] = frozenset()
    clicked: frozenset[str] = frozenset()  # slugs of steps
    happened: frozenset[str] = frozenset()  # "purchased", "left early"
    elsewhere: tuple[datetime, ...] = ()  # marketing of sequences that go first
    retimed_at: datetime | None = None
    pauses: tuple[Pause, ...] = ()
    has_left: bool = False

    @property
    def no_seat(self) -> Reason | None:
        """Return why the mails of a seat do not go, if so."""
        if self.occurrence_cancelled:
            return Reason.OCCURRENCE_CANCELLED
        return None if self.has_seat else Reason.SEAT_CANCELLED

    @property
    def shifts(self) -> list[Pause]:
        """Return the pauses that shift, as one where they overlap: no hour twice."""
        found = list[Pause]()
        for pause in sorted(one for one in self.pauses if one.how is How.SHIFT):
            if found and pause.since <= found[-1].until:
                until = max(found[-1].until, pause.until)
                found[-1] = found[-1]._replace(until=until)
            else:
                found.append(pause)
        return found

    def hold(self, rules: Rules) -> tuple[datetime, datetime] | None:
        """Return between which moments her flowing marketing rests, if it does."""
        if rules.hold is None or self.start is None or self.no_seat is not None:
            return None
        return self.start - rules.hold.before, self.start + rules.hold.after


class Moved(StrEnum):
    """Why a step goes at another moment than its timing says."""

    HOLD = "hold"
    SEND_DAYS = "send-days"
    QUIET = "quiet-hours"  # or outside the window
    ONE_A_DAY = "one-a-day"
    ELSEWHERE = "elsewhere"  # another sequence has that day
    STEPS_ABOVE = "steps-above"
    SEAT = "seat"  # its moment came before she had the seat
    RETIMED = "re-timed"
    PAUSED = "paused"  # the sequence stood still on the way


class Planned(NamedTuple):
    """What will become of a step that is not handled yet."""

    step: Step
    at: datetime
    skip: Reason | None
    not_after: datetime | None
    moved: tuple[Moved, ...] = ()
