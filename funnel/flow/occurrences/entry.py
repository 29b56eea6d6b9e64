"""What somebody wants a date to be, and what is wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from funnel.domain import timing
from funnel.mail.problem import N_

LONGEST = timedelta(hours=12)
LOCAL = ("localhost", "127.0.0.1")


class BadOccurrence(ValueError):  # noqa: N818 - it names what was found
    """The date cannot be like this: field → what is wrong, as a sentence."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        """Keep the problems by field."""
        super().__init__("; ".join(f"{name}: {one}" for name, one in problems.items()))
        self.problems = problems


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One date; the times are UTC, `zone` is where it takes place."""

    starts_at: datetime
    ends_at: datetime
    zone: str
    room_url: str = ""
    replay_url: str = ""
    replay_until: datetime | None = None

    def problems(self) -> dict[str, str]:
        """Return what is wrong by field; empty when all is well."""
        found = {}
        if self.zone not in timing.zones():
            found["zone"] = N_("Choose a time zone such as Europe/Amsterdam.")
        if not timedelta() < self.ends_at - self.starts_at <= LONGEST:
            found["ends_at"] = N_("It must end after it starts, on the same day.")
        for name in ("room_url", "replay_url"):
            if not _is_link(getattr(self, name)):
                found[name] = N_("Write a whole address that begins with https://.")
        if self.replay_url and self.replay_until is None:
            found["replay_until"] = N_("Say until when the recording can be watched.")
        if self.replay_until is not None and self.replay_until <= self.ends_at:
            found["replay_until"] = N_(
                "The recording must close after the masterclass."
            )
        return found


def _is_link(text: str) -> bool:
    """Take https only; plain http is for trying things on one machine."""
    if not text:
        return True
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    is_local = parts.scheme == "http" and parts.hostname in LOCAL
    plain = text.isprintable() and " " not in text
    return plain and bool(parts.hostname) and (parts.scheme == "https" or is_local)
