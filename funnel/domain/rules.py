"""The rules that the steps of one sequence share: `[rules]` in `sequence.toml`.

    [rules]
    hour = "08:30"                     # where a moved mail without its own time goes
    send_days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]   # marketing
    one_marketing_mail_a_day = true    # per local calendar day, by planned time
    [rules.hold]                       # flowing marketing steps rest around the
    before = "48 hours"                # start and go on afterwards; hold = false
    after = "96 hours"                 # (the default) for none
    [rules.quiet]                      # no mail but "at once" service mail and
    from = "21:00"                     # service reminders within an hour of the
    to = "08:00"                       # start; quiet = false for none
    [rules.window]                     # marketing only in these hours;
    from = "08:00"                     # window = false (the default) for none
    to = "20:00"
    [rules.lateness]                   # later than this: skipped, never sent late
    marketing = "48 hours"
    reminder = "3 hours"               # service, before its anchor
    last_hour = "5 minutes"            # service, in the hour before the start
    live = "10 minutes"                # service, in the hour after the start
    service = "168 hours"              # any other service mail

Every key may be left out: the values above are the defaults, except that there
is no hold and no window. Hours include their first minute and not their last,
and may cross midnight. `to_dict` writes all keys in this order.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any, NamedTuple

from funnel.domain.timing import NEVER

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EVERY_DAY = frozenset(range(7))


class BadRules(ValueError):  # noqa: N818 - it names what was found
    """Rules that nobody can plan with; the message says which and why."""


class Hours(NamedTuple):
    """A part of every day, its first minute in and its last one out."""

    first: time
    until: time

    def holds(self, at: time) -> bool:
        if self.first < self.until:
            return self.first <= at < self.until
        return at >= self.first or at < self.until


NIGHT = Hours(time(21), time(8))


class Hold(NamedTuple):
    """How long flowing marketing rests before and after the start."""

    before: timedelta
    after: timedelta


class Lateness(NamedTuple):
    """How late a mail may still leave, by what it is; a step can say otherwise."""

    marketing: timedelta = timedelta(hours=48)
    reminder: timedelta = timedelta(hours=3)
    last_hour: timedelta = timedelta(minutes=5)
    live: timedelta = timedelta(minutes=10)
    service: timedelta = timedelta(hours=168)


LATENESS = Lateness()


@dataclass(frozen=True, slots=True)
class Rules:
    """What the steps of a sequence have in common; days count from Monday, 0."""

    hour: time = time(8, 30)
    send_days: frozenset[int] = EVERY_DAY
    one_marketing_mail_a_day: bool = True
    hold: Hold | None = None
    quiet: Hours | None = NIGHT
    window: Hours | None = None
    lateness: Lateness = LATENESS
    shut_to_service: tuple[Hours, ...] = field(init=False, compare=False, repr=False)
    shut_to_marketing: tuple[Hours, ...] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        shut: tuple[Hours, ...] = (self.quiet,) if self.quiet else ()
        object.__setattr__(self, "shut_to_service", shut)
        if self.window:
            shut += (Hours(self.window.until, self.window.first),)
        object.__setattr__(self, "shut_to_marketing", shut)
        if any(hours.holds(self.hour) for hours in shut):
            raise BadRules(
                f"hour: {_clock(self.hour)} lies in the quiet hours or outside the"
                " window, so that a moved mail would have nowhere to go."
            )

    @classmethod
    def from_dict(cls, rules: Mapping[str, Any]) -> "Rules":
        """Read the rules of a file or a row; raise BadRules on what is not known."""
        _only(rules, KEYS, "rules")
        hour, days = rules.get("hour", "08:30"), rules.get("send_days", DAYS)
        return cls(
            hour=_time("hour", hour),
            send_days=_days(days),
            one_marketing_mail_a_day=_flag(rules.get(KEYS[2], True)),
            hold=_hold(rules.get("hold", False)),
            quiet=_hours("quiet", rules.get("quiet", _written(NIGHT))),
            window=_hours("window", rules.get("window", False)),
            lateness=_lateness(rules.get("lateness", {})),
        )

    def to_dict(self) -> dict[str, Any]:
        """Write every rule out, in words that JSON and TOML can hold."""
        return {
            "hour": _clock(self.hour),
            "send_days": [DAYS[day] for day in sorted(self.send_days)],
            "one_marketing_mail_a_day": self.one_marketing_mail_a_day,
            "hold": _spans(self.hold._asdict()) if self.hold else False,
            "quiet": _written(self.quiet),
            "window": _written(self.window),
            "lateness": _spans(self.lateness._asdict()),
        }


KEYS = (
    "hour",
    "send_days",
    "one_marketing_mail_a_day",
    "hold",
    "quiet",
    "window",
    "lateness",
)


def _only(found: object, known: tuple[str, ...], where: str) -> None:
    if not isinstance(found, Mapping):
        raise BadRules(f"{where}: a table was expected, with {', '.join(known)}.")
    for key in found:
        if key not in known:
            raise BadRules(f"{where}: “{key}” is not known, only {', '.join(known)}.")


def _time(where: str, text: object) -> time:
    try:
        return datetime.strptime(str(text), "%H:%M").time()  # noqa: DTZ007 - no date
    except ValueError as error:
        raise BadRules(f"{where}: “{text}” is no time. Write 08:30.") from error


def _days(names: object) -> frozenset[int]:
    if not isinstance(names, list | tuple) or not names or set(names) - set(DAYS):
        raise BadRules(f"send_days: one at least of {', '.join(DAYS)}.")
    return frozenset(DAYS.index(name) for name in names)


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise BadRules("one_marketing_mail_a_day: true or false.")
    return value


def _hold(found: Any) -> Hold | None:
    if found is False:
        return None
    _only(found, Hold._fields, "hold")
    before, after = (_span("hold", found.get(key)) for key in Hold._fields)
    return Hold(before, after)


def _hours(where: str, found: Any) -> Hours | None:
    if found is False:
        return None
    _only(found, ("from", "to"), where)
    hours = Hours(_time(where, found.get("from")), _time(where, found.get("to")))
    if hours.first == hours.until:
        raise BadRules(f"{where}: begins and ends at {_clock(hours.first)}.")
    return hours


def _lateness(found: Any) -> Lateness:
    _only(found, Lateness._fields, "lateness")
    spans = {key: _span("lateness", text) for key, text in found.items()}
    if not all(spans.values()):
        raise BadRules(f"lateness: {NEVER} Write 1 minute at least.")
    return Lateness(**spans)


def _span(where: str, text: object) -> timedelta:
    found = re.fullmatch(r"(\d{1,5}) (minute|hour)s?", str(text))
    if not found:
        raise BadRules(f"{where}: “{text}” is no length. Write 48 hours or 5 minutes.")
    return int(found[1]) * timedelta(minutes=60 if found[2] == "hour" else 1)


def _spans(spans: Mapping[str, timedelta]) -> dict[str, str]:
    return {key: _length(span) for key, span in spans.items()}


def _length(span: timedelta) -> str:
    minutes = span // timedelta(minutes=1)
    number, noun = (minutes, "minute") if minutes % 60 else (minutes // 60, "hour")
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _written(hours: Hours | None) -> dict[str, str] | bool:
    if hours is None:
        return False
    return {"from": _clock(hours.first), "to": _clock(hours.until)}


def _clock(at: time) -> str:
    return at.strftime("%H:%M")
