"""The doors of a sequence: who comes in, who may come again, who goes, who goes first.

    [doors]
    enter = "confirmed"        # what makes somebody start, see below
    again = "never"            # or "once finished": a new run for who is through
    leave = ""                 # a condition: who it holds for gets no more marketing
    priority = 0               # on a day that two sequences want, the higher goes

`enter` is one of

    confirmed                  she confirmed a seat in its masterclass
    registered · joined · not joined          in any masterclass
    registered SLUG · joined SLUG · not joined SLUG      in the one of that name
    tag NAME                   she got that tag
    by hand                    a person starts it for her, and nothing else does

Every key may be left out: the values above are the defaults. A person can start any
sequence by hand. `to_dict` writes all keys in this order.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from funnel.domain import conditions, tag
from funnel.domain.conditions import ALWAYS, Condition


class BadDoors(ValueError):  # noqa: N818 - it names what was found
    """Doors that nobody can pass; the message says which and why."""


class Cause(StrEnum):
    """What makes somebody start a sequence."""

    CONFIRMED = "confirmed"
    REGISTERED = "registered"
    JOINED = "joined"
    NOT_JOINED = "not joined"
    TAG = "tag"
    BY_HAND = "by hand"


class Trigger(NamedTuple):
    """A cause, and whose: the slug of a masterclass, or the name of a tag."""

    cause: Cause
    name: str = ""

    def fits(self, cause: Cause, name: str) -> bool:
        return self.cause is cause and self.name in ("", name)

    def __str__(self) -> str:
        return f"{self.cause} {self.name}".strip()


OF_A_MASTERCLASS = (Cause.NOT_JOINED, Cause.JOINED, Cause.REGISTERED)
PRIORITIES = range(-100, 101)
AGAIN = {"never": False, "once finished": True}
KEYS = ("enter", "again", "leave", "priority")


CONFIRMED = Trigger(Cause.CONFIRMED)


@dataclass(frozen=True, slots=True)
class Doors:
    """Who comes in and who goes; `leave` without facts lets nobody go."""

    enter: Trigger = CONFIRMED
    again: bool = False
    leave: Condition = ALWAYS
    priority: int = 0

    @classmethod
    def from_dict(cls, doors: Mapping[str, Any]) -> "Doors":
        """Read the doors of a file or a row; raise BadDoors on what is not known."""
        for key in doors:
            if key not in KEYS:
                known = ", ".join(KEYS)
                raise BadDoors(f"doors: “{key}” is not known, only {known}.")
        return cls(
            enter=_trigger(str(doors.get("enter", Cause.CONFIRMED))),
            again=_again(doors.get("again", "never")),
            leave=_leave(str(doors.get("leave", ""))),
            priority=_priority(doors.get("priority", 0)),
        )

    def to_dict(self) -> dict[str, Any]:
        """Write every key out, in words that JSON and TOML can hold."""
        return {
            "enter": str(self.enter),
            "again": "once finished" if self.again else "never",
            "leave": str(self.leave),
            "priority": self.priority,
        }


def _trigger(text: str) -> Trigger:
    words = " ".join(text.split())
    if words.lower() in {Cause.CONFIRMED, Cause.BY_HAND, *OF_A_MASTERCLASS}:
        return Trigger(Cause(words.lower()))
    for cause in (Cause.TAG, *OF_A_MASTERCLASS):
        name = words[len(cause) :].strip()
        if words.lower().startswith(f"{cause} ") and name and " " not in name:
            return Trigger(cause, _tag(name) if cause is Cause.TAG else name)
    raise BadDoors(
        f"enter: “{text}” is not known. Write confirmed, registered, joined,"
        " not joined, tag NAME or by hand; behind the middle three, the name of a"
        " masterclass may follow."
    )


def _tag(text: str) -> str:
    try:
        return tag.name(text)
    except tag.BadTag:
        raise BadDoors(f"enter: “{text}” cannot be a tag.") from None


def _again(text: object) -> bool:
    if text not in AGAIN:
        raise BadDoors(f"again: “{text}” is not known. Write never or once finished.")
    return AGAIN[str(text)]


def _leave(text: str) -> Condition:
    try:
        return conditions.parse(text)
    except conditions.BadCondition as problem:
        raise BadDoors(f"leave: {problem}") from None


def _priority(number: object) -> int:
    if isinstance(number, bool) or not isinstance(number, int):
        raise BadDoors(f"priority: “{number}” is no whole number.")
    if number not in PRIORITIES:
        raise BadDoors(f"priority: {number} is too far: from -100 to 100.")
    return number
