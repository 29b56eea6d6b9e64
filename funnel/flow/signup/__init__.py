"""1. A form becomes a subscriber who is registered and enrolled, once she confirms."""

from funnel.flow.signup.confirm import (
    Expired,
    Unknown,
    confirm,
    date,
    find,
    purposes,
    registration,
)
from funnel.flow.signup.form import Doubt, Form, TooMany, again, is_open, submit
from funnel.flow.signup.purge import purge

__all__ = [
    "Doubt",
    "Expired",
    "Form",
    "TooMany",
    "Unknown",
    "again",
    "confirm",
    "date",
    "find",
    "is_open",
    "purge",
    "purposes",
    "registration",
    "submit",
]
