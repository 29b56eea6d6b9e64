"""Who gets a step: a condition in words, looked at when the step's moment comes.

    (empty)                             everybody
    joined · not joined                 she was in the masterclass
    replayed · not replayed             she opened the recording
    registered · not registered         she has a seat
    before the start · after the start  of her occurrence, at the step's moment
    replay open · not replay open       the recording can be watched at that moment
    tag NAME · not tag NAME
    sent SLUG · not sent SLUG           that step was sent to her
    clicked SLUG · not clicked SLUG     she followed a link in that step
    purchased · not purchased           she bought something
    left early · not left early         she left the masterclass before its end
    any of SLUG, SLUG, … sent           one of those steps at least was sent to her

Facts are joined by " and ", or by " or ", never both:
"not joined and not replayed", "joined or replayed",
"any of 03-stress, 04-moe, 05-cyclus, 06-etiket sent".

A SLUG is the name of a step's file without .md. "Skip if joined" is written
"not joined": a step whose condition does not hold is skipped and counts at its
planned time for the step below it.
"""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from typing import NamedTuple

from funnel.domain import tag

EXAMPLES = (
    "joined",
    "not joined",
    "replayed",
    "not replayed",
    "joined or replayed",
    "not joined and not replayed",
    "replay open",
    "before the start",
    "after the start",
    "tag vip",
    "clicked 02-plek",
    "not purchased",
    "sent 03-stress",
    "any of 03-stress, 04-moe sent",
)


class BadCondition(ValueError):  # noqa: N818 - it names what was found
    """A condition that says nothing known; the message says what to write."""


class Situation(NamedTuple):
    """What is true of her."""

    start: datetime | None
    replay_until: datetime | None
    joined: bool
    replayed: bool
    registered: bool
    tags: Collection[str]
    clicked: Collection[str]  # slugs of steps
    sent: Collection[str]  # slugs of steps
    happened: Collection[str] = ()  # words of events: "purchased", "left early"


TESTS: dict[str, Callable[[Situation, datetime, str], bool]] = {
    "joined": lambda her, _at, _: her.joined,
    "replayed": lambda her, _at, _: her.replayed,
    "registered": lambda her, _at, _: her.registered,
    "before the start": lambda her, at, _: her.start is not None and at < her.start,
    "after the start": lambda her, at, _: her.start is not None and at >= her.start,
    "replay open": lambda her, at, _: (
        her.replay_until is not None and at < her.replay_until
    ),
    "purchased": lambda her, _at, _: "purchased" in her.happened,
    "left early": lambda her, _at, _: "left early" in her.happened,
    "tag": lambda her, _at, name: name in her.tags,
    "sent": lambda her, _at, slug: slug in her.sent,
    "clicked": lambda her, _at, slug: slug in her.clicked,
}
NAMED = ("tag", "sent", "clicked")
RECORDED = frozenset({"clicked", "purchased", "left early"})
"""The facts that only the record of events knows."""

OF_THE_DATE = frozenset({"before the start", "after the start", "replay open"})
"""The facts that follow from the date of her seat, whatever she does."""


class Fact(NamedTuple):
    """One thing that must be so, or must not be so; of several names, any."""

    word: str
    names: tuple[str, ...] = ()
    is_not: bool = False

    def holds(self, her: Situation, at: datetime) -> bool:
        test = TESTS[self.word]
        if not self.names:
            return test(her, at, "") != self.is_not
        for name in self.names:
            if test(her, at, name):
                return not self.is_not
        return self.is_not

    def __str__(self) -> str:
        text = " ".join((self.word, *self.names))
        if len(self.names) > 1:
            text = f"any of {', '.join(self.names)} {self.word}"
        return f"not {text}" if self.is_not else text


@dataclass(frozen=True, slots=True)
class Condition:
    """Facts that must all hold, or of which one must; none at all always holds."""

    facts: tuple[Fact, ...] = ()
    is_or: bool = False
    needs_replay: bool = field(init=False, compare=False, repr=False)
    sent_slugs: frozenset[str] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        named = (fact.names for fact in self.facts if fact.word == "sent")
        object.__setattr__(self, "sent_slugs", frozenset(chain.from_iterable(named)))
        is_asked = Fact("replay open") in self.facts
        is_needed = is_asked and (not self.is_or or len(self.facts) == 1)
        object.__setattr__(self, "needs_replay", is_needed)

    @property
    def slugs(self) -> frozenset[str]:
        """The steps that it speaks of, so that publishing can check them."""
        return frozenset(
            name
            for fact in self.facts
            if fact.word in ("sent", "clicked")
            for name in fact.names
        )

    @property
    def reads_events(self) -> bool:
        """Say whether it can only be told with the record of events."""
        return any(fact.word in RECORDED for fact in self.facts)

    @property
    def by_date(self) -> "Condition":
        """Return what of it the date alone decides; the rest is taken to hold."""
        told = tuple(fact for fact in self.facts if fact.word in OF_THE_DATE)
        is_open = self.is_or and len(told) < len(self.facts)
        return ALWAYS if is_open else Condition(told, self.is_or)

    def holds(self, her: Situation, at: datetime) -> bool:
        """Say whether a step goes to her at its moment."""
        for fact in self.facts:
            if fact.holds(her, at) is self.is_or:
                return self.is_or
        return not self.is_or

    def __str__(self) -> str:
        return (" or " if self.is_or else " and ").join(map(str, self.facts))


ALWAYS = Condition()


def parse(text: str) -> Condition:
    """Read a condition; raise BadCondition with what to write instead."""
    words = " ".join(text.split())
    if not words:
        return ALWAYS
    parts = re.split(r" (and|or) ", words, flags=re.IGNORECASE)
    joints = {joint.lower() for joint in parts[1::2]}
    if len(joints) > 1:
        raise BadCondition(f"“{words}” has both “and” and “or”: use one of them.")
    return Condition(tuple(_fact(part) for part in parts[::2]), joints == {"or"})


NAME = r"[^\s,]+"
ANY = re.compile(rf"any of (?P<names>{NAME}(?: ?, ?{NAME})*) sent", re.IGNORECASE)
ONE = re.compile(rf"(?P<word>{'|'.join(NAMED)}) (?P<name>{NAME})", re.IGNORECASE)


def _tag(text: str) -> str:
    try:
        return tag.name(text)
    except tag.BadTag:
        raise BadCondition(f"“{text}” cannot be a tag.") from None


def _fact(part: str) -> Fact:
    is_not = part.lower().startswith("not ")
    rest = part[4:] if is_not else part
    if found := ANY.fullmatch(rest):
        return Fact("sent", tuple(re.split(" ?, ?", found["names"])), is_not)
    if found := ONE.fullmatch(rest):
        word, name = found["word"].lower(), found["name"]
        return Fact(word, (_tag(name) if word == "tag" else name,), is_not)
    if rest.lower() in TESTS and rest.lower() not in NAMED:
        return Fact(rest.lower(), (), is_not)
    raise BadCondition(f"“{part}” is not known. Examples: {' · '.join(EXAMPLES)}.")
