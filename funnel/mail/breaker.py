"""The circuit breaker of one relay: who does not answer is left alone for a while."""

from enum import StrEnum

FAILURES = 5  # in a row, then it is left alone
FIRST_REST, LONGEST_REST = 5.0, 60.0  # seconds; each failed probe doubles it


class State(StrEnum):
    """What may be tried."""

    CLOSED = "closed"  # everything: the relay answers
    OPEN = "open"  # nothing: it is left alone
    HALF_OPEN = "half-open"  # one connection, to see


class Breaker:
    """Counts failures in a row; moments are seconds of any steady clock."""

    def __init__(self, failures: int = FAILURES, rest: float = FIRST_REST) -> None:
        self._most, self._first = failures, rest
        self._failures, self._rest = 0, rest
        self._until: float | None = None  # when the rest ends

    def state(self, now: float) -> State:
        if self._until is None:
            return State.CLOSED
        return State.OPEN if now < self._until else State.HALF_OPEN

    def allows(self, now: float) -> bool:
        """Say whether a connection may be opened.

        The probe is given out once a rest: the next rest, twice as long, begins with
        it, so that a probe nobody hears of again blocks nothing.
        """
        state = self.state(now)
        if state is State.HALF_OPEN:
            self._rest = min(self._rest * 2, LONGEST_REST)
            self._until = now + self._rest
        return state is not State.OPEN

    def succeeded(self) -> None:
        """Know that the relay answered."""
        self._failures, self._rest, self._until = 0, self._first, None

    def failed(self, now: float) -> None:
        """Know that a connection came to nothing."""
        self._failures += 1
        if self._failures == self._most:
            self._until = now + self._rest
