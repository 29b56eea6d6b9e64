"""Dates of a masterclass: added, moved and called off, and the seats told of it."""

from funnel.flow.occurrences.entry import BadOccurrence, Entry
from funnel.flow.occurrences.outlook import Reminder, reminders
from funnel.flow.occurrences.plan import (
    Stale,
    Upcoming,
    add,
    cancel,
    edit,
    listed,
    seats,
)

__all__ = [
    "BadOccurrence",
    "Entry",
    "Reminder",
    "Stale",
    "Upcoming",
    "add",
    "cancel",
    "edit",
    "listed",
    "reminders",
    "seats",
]
