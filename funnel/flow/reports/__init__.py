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
from funnel.flow.reports.people import Order, Page, Selection, count, page
from funnel.flow.reports.person import Person, Story, person
from funnel.flow.reports.trail import Trail, trail

__all__ = [
    "Head",
    "Mail",
    "Order",
    "Overview",
    "Page",
    "Person",
    "Selection",
    "StepNumbers",
    "Story",
    "Trail",
    "count",
    "head",
    "mails",
    "overview",
    "page",
    "per_step",
    "person",
    "trail",
]
