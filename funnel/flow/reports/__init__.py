"""8. The numbers a marketer looks at, and the story of one person; only reads."""

from funnel.flow.reports.authors import authors
from funnel.flow.reports.clicks import (
    LinkPage,
    TextNumbers,
    clicks_by_step,
    link_page,
    texts,
)
from funnel.flow.reports.details import USUAL, Detail, details
from funnel.flow.reports.funnel import (
    Asked,
    Came,
    Chosen,
    Funnel,
    Span,
    by_occurrence,
    by_source,
    funnel,
    sources,
    spans,
)
from funnel.flow.reports.mail import Group, Mail, Tale, Which, grouped, mails, tale
from funnel.flow.reports.numbers import (
    Head,
    Overview,
    StepNumbers,
    head,
    overview,
    waiting,
)
from funnel.flow.reports.outcomes import Course, Outcome, outcomes
from funnel.flow.reports.people import (
    MOST_COUNTED,
    Order,
    Page,
    Selection,
    count,
    page,
)
from funnel.flow.reports.person import Person, Story, person
from funnel.flow.reports.progress import Send, sends
from funnel.flow.reports.reach import NO_DATE, Reach, all_sources
from funnel.flow.reports.sending import (
    LATE,
    Sending,
    Traffic,
    failed,
    sending,
    traffic,
)
from funnel.flow.reports.trail import Trail, trail
from funnel.flow.reports.values import lacking

__all__ = [
    "LATE",
    "MOST_COUNTED",
    "NO_DATE",
    "USUAL",
    "Asked",
    "Came",
    "Chosen",
    "Course",
    "Detail",
    "Funnel",
    "Group",
    "Head",
    "LinkPage",
    "Mail",
    "Order",
    "Outcome",
    "Overview",
    "Page",
    "Person",
    "Reach",
    "Selection",
    "Send",
    "Sending",
    "Span",
    "StepNumbers",
    "Story",
    "Tale",
    "TextNumbers",
    "Traffic",
    "Trail",
    "Which",
    "all_sources",
    "authors",
    "by_occurrence",
    "by_source",
    "clicks_by_step",
    "count",
    "details",
    "failed",
    "funnel",
    "grouped",
    "head",
    "lacking",
    "link_page",
    "mails",
    "outcomes",
    "overview",
    "page",
    "person",
    "sending",
    "sends",
    "sources",
    "spans",
    "tale",
    "texts",
    "traffic",
    "trail",
    "waiting",
]
