"""Numbers as lines: points in a box of 100 by 100, which a page draws as it likes."""

from collections.abc import Sequence
from dataclasses import dataclass

SIDE = 100
AIR = 6  # above the highest point and below the lowest: a stroke has a width


@dataclass(frozen=True, slots=True)
class Line:
    """A line over time, from left to right; the box begins at nought."""

    values: Sequence[int]

    @property
    def top(self) -> int:
        return max(self.values, default=0)

    @property
    def points(self) -> str:
        """Return the line, as SVG's `points`; a single value is a level."""
        return _points(self._places())

    @property
    def until_last(self) -> str:
        """Return the line without its last piece, which is not over yet."""
        return _points(self._places()[:-1])

    @property
    def from_last(self) -> str:
        """Return the last piece of the line."""
        return _points(self._places()[-2:])

    @property
    def area(self) -> str:
        """Return what is under the line, closed at the foot of the box."""
        places = self._places()
        return f"{places[0][0]:g},{SIDE} {self.points} {places[-1][0]:g},{SIDE}"

    @property
    def last(self) -> tuple[float, float]:
        return self._places()[-1]

    def _places(self) -> list[tuple[float, float]]:
        values = [*self.values, *self.values[: len(self.values) == 1]] or [0, 0]
        step = SIDE / (len(values) - 1)
        return [(round(n * step, 2), self._height(one)) for n, one in enumerate(values)]

    def _height(self, value: int) -> float:
        room = SIDE - 2 * AIR
        return round(SIDE - AIR - (room * value / self.top if self.top else 0), 2)


def _points(places: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:g},{y:g}" for x, y in places)
