"""8. The numbers a marketer looks at, and the story of one person; only reads."""

from funnel.flow.reports.mail import Mail, mails
from funnel.flow.reports.numbers import (
    Head,
    Overview,
    StepNumbers,
    head,
    overview,
    per_step,
)
from funnel.flow.reports.people import Page, page
from funnel.flow.reports.person import Person, Story, person
from funnel.flow.reports.sending import Sending, Traffic, sending, traffic

__all__ = [
    "Head",
    "Mail",
    "Overview",
    "Page",
    "Person",
    "Sending",
    "StepNumbers",
    "Story",
    "Traffic",
    "head",
    "mails",
    "overview",
    "page",
    "per_step",
    "person",
    "sending",
    "traffic",
]
