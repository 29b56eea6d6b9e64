"""What she wants from now on: consent, seat, name, zone; and leaving for good."""

from funnel.flow.preferences.consent import Wording, in_force
from funnel.flow.preferences.personal_data import erase, export, request_data
from funnel.flow.preferences.retention import forget_old
from funnel.flow.preferences.wishes import (
    Wishes,
    agree,
    cancel_seat,
    change,
    unsubscribe,
)

__all__ = [
    "Wishes",
    "Wording",
    "agree",
    "cancel_seat",
    "change",
    "erase",
    "export",
    "forget_old",
    "in_force",
    "request_data",
    "unsubscribe",
]
