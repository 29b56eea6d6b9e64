"""When a step goes: one line of text, the same in a file, a row and the editor.

    flowing  counts from the step above it; the first one from her confirmation
        at once
        3 hours · 45 minutes            time that passes on a stopwatch
        1 day at 08:30 · 2 days at 08:30   calendar days in her zone (0 days: the
                                        same day, or the next when that is past)
    pinned   counts from her occurrence, or is a date; waits for nobody
        start - 48 hours · start - 15 minutes · start + 2 minutes · start
        end + 2 hours · replay end - 24 hours
        start + 3 days at 10:00 · start - 1 day at 09:00
        2026-12-24 at 09:00             a date, at her own clock
    after the steps above               behind a pinned timing: not before the
                                        flowing steps above it have had their turn
    either, and then
        , at most 6 hours late          skipped when it cannot leave by then; without
                                        this, the rules of the sequence say how late

Written out:

    timing  = (flowing | pinned [" after the steps above"]) [", at most " late]
    late    = N (" minutes" | " hours") " late"
    flowing = "at once" | elapsed | days
    pinned  = anchor [(" + " | " - ") (elapsed | days)] | YYYY-MM-DD " at " HH:MM
    anchor  = "start" | "end" | "replay end"
    elapsed = N (" minute" | " minutes" | " hour" | " hours")
    days    = N (" day" | " days") " at " HH:MM

`parse` takes any spacing and case and singular or plural; `str` writes the one
canonical form. Minutes are at most 1440, hours at most 8760, days at most 365.
"""

import re
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

EXAMPLES = (
    "at once",
    "3 hours",
    "1 day at 08:30",
    "start - 24 hours",
    "end + 2 hours",
    "replay end - 24 hours",
    "start + 3 days at 10:00 after the steps above",
    "2026-12-24 at 09:00",
    "3 hours, at most 6 hours late",
)
AFTER_ABOVE = " after the steps above"
HOME = "Europe/Amsterdam"
CLOSE = timedelta(hours=1)
"""How near to the start a service step is part of the occasion itself."""


class BadTiming(ValueError):  # noqa: N818 - it names what was found
    """A timing that nobody can plan with; the message says what to write."""


class Anchor(StrEnum):
    """What a step counts from."""

    ABOVE = "above"
    START = "start"
    END = "end"
    REPLAY_END = "replay end"
    DATE = "date"


FACTS = {
    Anchor.START: "start",
    Anchor.END: "end",
    Anchor.REPLAY_END: "replay_until",
}
"""What a date has to count from; of nothing else is it asked."""


@dataclass(frozen=True, slots=True)
class Timing:
    """A moment told from an anchor: time that passes, or days and a time of day."""

    anchor: Anchor
    elapsed: timedelta = timedelta()
    days: int | None = None  # calendar days from the anchor's; then `at` is set
    at: time | None = None
    on: date | None = None  # Anchor.DATE only
    after_above: bool = False
    patience: timedelta | None = None  # how late it may leave
    fact: str = field(init=False, compare=False, repr=False)  # that is the anchor
    span: timedelta = field(init=False, compare=False, repr=False)  # of `days`
    is_pinned: bool = field(init=False, compare=False, repr=False)
    is_close: bool = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        is_near = self.days is None and abs(self.elapsed) <= CLOSE
        is_close = self.anchor is Anchor.START and is_near and not self.after_above
        object.__setattr__(self, "fact", FACTS.get(self.anchor, ""))
        object.__setattr__(self, "span", timedelta(days=self.days or 0))
        object.__setattr__(self, "is_pinned", self.anchor is not Anchor.ABOVE)
        object.__setattr__(self, "is_close", is_close)

    @property
    def is_at_once(self) -> bool:
        return not self.is_pinned and self.days is None and not self.elapsed

    def moment(self, anchor: datetime, zone: tzinfo) -> datetime:
        """Tell the moment in UTC, before any rule moves it.

        `anchor` is the moment counted from; a date counts from nothing. A flowing
        step never goes before its anchor: "0 days at 08:30" after 08:30 is tomorrow.
        """
        if self.at is None:
            return anchor + self.elapsed
        if self.on is not None:
            return wall(self.on, self.at, zone)
        if not self.days and not self.is_pinned:
            return next_wall(anchor, self.at, zone)
        return wall(local(anchor, zone).date() + self.span, self.at, zone)

    def __str__(self) -> str:
        if self.patience is None:
            return self._when()
        return f"{self._when()}, at most {_length(self.patience)} late"

    def _when(self) -> str:
        if self.anchor is Anchor.ABOVE:
            return _amount(self) or "at once"
        if self.on is not None:
            text = f"{self.on.isoformat()} at {_clock(self.at or time())}"
        else:
            sign = "-" if self.elapsed < timedelta() or (self.days or 0) < 0 else "+"
            amount = _amount(self)
            text = f"{self.anchor} {sign} {amount}" if amount else str(self.anchor)
        return text + (AFTER_ABOVE if self.after_above else "")


@cache
def zones() -> frozenset[str]:
    """Return the names of all zones, read once: it is a walk over the disk."""
    return frozenset(available_timezones())


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo:
    """Find a zone; Amsterdam for a name that this machine does not know."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo(HOME)


@lru_cache(maxsize=8192)  # one morning serves everybody in a zone, and zones are slow
def wall(day: date, at: time, zone: tzinfo) -> datetime:
    """Turn a date and a time on her clock into UTC.

    Python's fold=0 is both of our rules: a time that the clock skips shifts
    forward by the gap (02:30 becomes 03:30), one that it shows twice is the
    first. fold=1 would give 01:30 in the gap, earlier than asked.
    """
    return datetime.combine(day, at, zone).astimezone(UTC)


@lru_cache(maxsize=8192)
def local(moment: datetime, zone: tzinfo) -> datetime:
    """Tell a moment on her clock."""
    return moment.astimezone(zone)


@lru_cache(maxsize=8192)
def next_wall(moment: datetime, at: time, zone: tzinfo) -> datetime:
    """Return the first time her clock shows `at`, from this moment on, in UTC."""
    day = local(moment, zone).date()
    found = wall(day, at, zone)
    while found < moment:
        day += timedelta(days=1)
        found = wall(day, at, zone)
    return found


def parse(text: str) -> Timing:
    """Read a timing; raise BadTiming with what to write instead."""
    words = " ".join(re.sub("[\u2212\u2013\u2014]", "-", text).lower().split())
    late = LATE.fullmatch(words)
    when = late["when"] if late else words
    if when in ("at once", "now"):
        timing = Timing(Anchor.ABOVE)
    elif found := DATED.fullmatch(when):
        timing = _dated(found)
    elif found := PINNED.fullmatch(when) or FLOWING.fullmatch(when):
        timing = _counted(found)
    else:
        raise BadTiming(_advice(text.strip(), words))
    return replace(timing, patience=_patience(late)) if late else timing


AMOUNT = (
    r"(?:(?P<number>\d{1,6}) ?(?P<unit>minute|hour)s?"
    r"|(?P<days>\d{1,6}) ?days? at (?P<at>\d{1,2}[:.]\d{2}))"
)
BEHIND = rf"(?P<behind>{AFTER_ABOVE})?"
FLOWING = re.compile(AMOUNT)
PINNED = re.compile(
    rf"(?P<anchor>start|end|replay end)(?: ?(?P<sign>[+-]) ?{AMOUNT})?{BEHIND}"
)
DATED = re.compile(rf"(?P<on>\d{{4}}-\d\d-\d\d) at (?P<at>\d{{1,2}}[:.]\d\d){BEHIND}")
LATE = re.compile(
    r"(?P<when>.+?),? at most (?P<most>\d{1,6}) ?(?P<of>minute|hour)s? late"
)
UNITS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1)}
NEVER = "No mail leaves at the very second of its moment: with no time at all, never."
YEARS = range(2000, 2200)
LIMITS = {"minute": 1440, "hour": 8760, "day": 365}


def _dated(found: re.Match[str]) -> Timing:
    try:
        on = date.fromisoformat(found["on"])
    except ValueError as error:
        raise BadTiming(f"{found['on']} is no date that exists.") from error
    if on.year not in YEARS:
        raise BadTiming(f"{found['on']} is too far away.")
    at = _time(found["at"])
    return Timing(Anchor.DATE, on=on, at=at, after_above=bool(found["behind"]))


def _counted(found: re.Match[str]) -> Timing:
    words = found.groupdict()
    anchor = Anchor(words.get("anchor") or Anchor.ABOVE)
    sign = -1 if words.get("sign") == "-" else 1
    behind = bool(words.get("behind"))
    if words["days"]:
        days, at = sign * _limited(words["days"], "day"), _time(words["at"])
        return Timing(anchor, days=days, at=at, after_above=behind)
    elapsed = timedelta()
    if words["number"]:
        elapsed = sign * _limited(words["number"], words["unit"]) * UNITS[words["unit"]]
    return Timing(anchor, elapsed, after_above=behind)


def _patience(late: re.Match[str]) -> timedelta:
    span = _limited(late["most"], late["of"]) * UNITS[late["of"]]
    if not span:
        raise BadTiming(f"{NEVER} Write “at most 1 minute late” at least.")
    return span


def _limited(number: str, unit: str) -> int:
    if int(number) > LIMITS[unit]:
        raise BadTiming(f"{number} {unit}s is too far: {LIMITS[unit]} at most.")
    return int(number)


def _time(text: str) -> time:
    hour, minute = re.split("[:.]", text)
    try:
        return time(int(hour), int(minute))
    except ValueError as error:
        raise BadTiming(f"{text} is no time of day. Write 08:30 or 20:00.") from error


def _advice(text: str, words: str) -> str:
    if words.endswith(AFTER_ABOVE):
        reason = "only a timing that is pinned can wait for the steps above"
    elif re.search(r"\d ?days?$", words):
        reason = "days need a time: “1 day at 08:30”; or write “24 hours”"
    else:
        reason = "this is none of the forms that are known"
    return f"“{text}”: {reason}. Examples: {' · '.join(EXAMPLES)}."


def _amount(timing: Timing) -> str:
    if timing.at is not None:
        return f"{_counted_noun(abs(timing.days or 0), 'day')} at {_clock(timing.at)}"
    return _length(abs(timing.elapsed)) if timing.elapsed else ""


def _length(span: timedelta) -> str:
    minutes = span // UNITS["minute"]
    if minutes % 60 or not minutes:
        return _counted_noun(minutes, "minute")
    return _counted_noun(minutes // 60, "hour")


def _counted_noun(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _clock(at: time) -> str:
    return at.strftime("%H:%M")
