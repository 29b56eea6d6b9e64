"""Her calendar: the days that are taken, and the first free one for a step."""

from datetime import date, datetime, timedelta

from funnel.domain.openings import Openings, Slot
from funnel.domain.steps import Moved, Step
from funnel.domain.timing import wall

ONE_DAY = timedelta(days=1)
PATIENCE = 7
"""On so many days it steps aside for other sequences; then a mail is given up."""


class Slots:
    """Finds the first open moment for a step; remembers the days it gave away."""

    def __init__(
        self, openings: Openings, hold: tuple[datetime, datetime] | None
    ) -> None:
        self.openings = openings
        self.hold = hold
        self.taken: set[date] = set()
        self.elsewhere: set[date] = set()  # of `taken`, by other sequences

    def take(self, at: datetime) -> None:
        if self.openings.rules.one_marketing_mail_a_day:
            self.taken.add(self.openings.tell(at).day)

    def take_elsewhere(self, at: datetime) -> None:
        self.take(at)
        self.elsewhere |= self.taken & {self.openings.tell(at).day}

    def is_taken(self, at: datetime) -> bool:
        return self.openings.tell(at).day in self.taken

    def is_free(self, at: datetime, day: date) -> bool:
        """Say whether a flowing step may go at a moment of this day."""
        hold = self.hold
        return day not in self.taken and not (hold and hold[0] <= at < hold[1])

    def place(
        self, step: Step, at: datetime, moved: tuple[Moved, ...], *, rests: bool
    ) -> Slot:
        """Move a marketing step on until no rule is in its way.

        `rests` says whether it minds the hold.
        """
        openings, hold, first = self.openings, self.hold if rests else None, at
        while True:
            if hold and hold[0] <= at < hold[1]:
                moved = (*moved, Moved.HOLD)
                at = openings.next_own(step, first, hold[1])
            told = openings.tell(at)
            if not told.is_send_day:
                moved = (*moved, Moved.SEND_DAYS)
            elif told.shuts_marketing:
                at, moved = openings.next_hour(at), (*moved, Moved.QUIET)
                continue
            elif told.day not in self.taken or is_crowded(moved):
                return at, moved
            else:
                moved = (*moved, self._whose(told.day))
            own = openings.own_time(step, first)
            at = wall(told.day + ONE_DAY, own, openings.zone)

    def _whose(self, day: date) -> Moved:
        return Moved.ELSEWHERE if day in self.elsewhere else Moved.ONE_A_DAY


def is_crowded(moved: tuple[Moved, ...]) -> bool:
    """Say whether a mail has stepped aside for other sequences often enough."""
    return len(moved) >= PATIENCE and moved.count(Moved.ELSEWHERE) >= PATIENCE
