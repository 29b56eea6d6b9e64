"""The numbers of the start page in words: bars, and the rows of its files."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy.orm import Session

from funnel.domain.status import Stage
from funnel.flow import reports
from funnel.flow.reports import Asked, Came, Chosen, Funnel
from funnel.web.admin import words

VISITS = "visits"
NAMES = {
    VISITS: lazy_gettext("Visits"),
    Stage.SIGNED_UP: lazy_gettext("Sign-ups"),
    Stage.CONFIRMED: lazy_gettext("Confirmed"),
    Stage.JOINED: lazy_gettext("Joined"),
    Stage.REPLAYED: lazy_gettext("Watched the recording"),
    Stage.CLICKED: lazy_gettext("Followed a link"),
    Stage.BOUGHT: lazy_gettext("Bought"),
}
HEADS = {**NAMES, Stage.REPLAYED: lazy_gettext("Recording")}
"""The same over a column, where there is less room."""

PARTS: Mapping[Stage, tuple[str, object]] = {
    Stage.SIGNED_UP: (VISITS, lazy_gettext("of the visits")),
    Stage.CONFIRMED: (Stage.SIGNED_UP, lazy_gettext("of the sign-ups")),
    Stage.JOINED: (Stage.CONFIRMED, lazy_gettext("of who confirmed")),
    Stage.REPLAYED: (Stage.CONFIRMED, lazy_gettext("of who confirmed")),
    Stage.CLICKED: (Stage.AGREED, lazy_gettext("of who lets us see that")),
    Stage.BOUGHT: (Stage.CONFIRMED, lazy_gettext("of who confirmed")),
}
"""What each stage is a part of: the one that it comes from."""

Row = list[str]


@dataclass(frozen=True, slots=True)
class Bar:
    """One stage of the funnel: how many, and which part of what it comes from."""

    key: str
    name: str
    count: int
    whole: int | None = None
    of: str = ""

    @property
    def share(self) -> str:
        return words.share(self.count, self.whole) if self.whole else ""

    @property
    def width(self) -> str:
        """Return how much of the bar is filled, in percent."""
        if self.whole is None:
            return "100" if self.count else "0"
        return part(self.count, self.whole)


def bars(funnel: Funnel) -> list[Bar]:
    """Return the stages in order; a purchase only where somebody bought."""
    wholes: dict[str, int | None] = {one: funnel.at(one) for one in Stage}
    wholes[VISITS] = funnel.visits
    found = []
    if funnel.visits is not None:
        found.append(Bar(VISITS, str(NAMES[VISITS]), funnel.visits))
    for stage, (whole, of) in PARTS.items():
        count = funnel.at(stage)
        if count or stage is not Stage.BOUGHT:
            found.append(Bar(stage, str(NAMES[stage]), count, wholes[whole], str(of)))
    return found


def part(count: int, whole: int) -> str:
    """Return which part of a bar is filled, in percent."""
    return f"{min(100 * count / whole, 100):.1f}" if whole else "0"


def origin(came: Came) -> str:
    """Return the name of a source."""
    if came.utm is None:
        return str(_("all the others"))
    return came.utm.source or str(_("no source named"))


def _funnel(session: Session, asked: Asked) -> Iterator[Row]:
    yield [_("Stage"), _("Number"), _("Part")]
    for bar in bars(reports.funnel(session, asked)):
        yield [bar.name, str(bar.count), f"{bar.share} {bar.of}" if bar.share else ""]


def _spans(session: Session, asked: Asked) -> Iterator[Row]:
    yield [_("Day") if asked.is_by_day else _("Week from"), *_headings()]
    for span in reports.spans(session, asked):
        yield [span.day.isoformat(), *_numbers(span.funnel)]


def _sources(session: Session, asked: Asked) -> Iterator[Row]:
    yield [_("Source"), _("Medium"), _("Campaign"), *_headings()]
    for came in reports.by_source(session, asked):
        more = [came.utm.medium, came.utm.campaign] if came.utm else ["", ""]
        yield [origin(came), *more, *_numbers(came.funnel)]


def _dates(session: Session, asked: Asked) -> Iterator[Row]:
    yield [_("Date"), *_headings()[1:]]
    for chosen in reports.by_occurrence(session, asked):
        yield [when(chosen), *_numbers(chosen.funnel)[1:]]


def _mails(session: Session, asked: Asked) -> Iterator[Row]:
    yield [
        *(_("Sequence"), _("Mail"), _("Sent"), _("Clicks"), _("Left"), _("Failed")),
        *(_("Not sent"), _("Why not")),
    ]
    for course in reports.outcomes(session, asked.first, asked.last):
        for step, got in course.steps:
            numbers = (got.sent, got.clicks, got.left, got.troubled, got.skipped)
            why = [f"{words.why(one)}: {n}" for one, n in got.reasons.items()]
            mail = step.revision.subject if step.revision else step.slug
            said = [str(one) for one in numbers]
            yield [course.sequence.name, words.subject(mail), *said, "; ".join(why)]


def when(chosen: Chosen) -> str:
    """Return the date that was chosen in the form."""
    row = chosen.occurrence
    return words.moment(row.starts_at, row.zone) if row else str(_("no date yet"))


TABLES: Mapping[str, Callable[[Session, Asked], Iterator[Row]]] = {
    "funnel": _funnel,
    "weeks": _spans,
    "sources": _sources,
    "dates": _dates,
    "mails": _mails,
}


def _headings() -> list[str]:
    return [str(name) for name in HEADS.values()]


def _numbers(funnel: Funnel) -> list[str]:
    visits = "" if funnel.visits is None else str(funnel.visits)
    return [visits, *(str(funnel.at(stage)) for stage in PARTS)]
