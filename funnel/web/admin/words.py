"""The words of the studio for states, reasons, timings and moments."""

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, format_timedelta
from babel.numbers import format_percent
from flask_babel import get_locale, lazy_gettext, ngettext
from flask_babel import gettext as _

from funnel.domain import timing as timings
from funnel.domain.status import (
    DeliveryState,
    EnrollmentState,
    Kind,
    Purpose,
    Reason,
    Role,
    SequenceState,
    SubscriberState,
    TeamRole,
)
from funnel.domain.timing import Anchor
from funnel.flow import publishing
from funnel.flow.publishing import BadDraft, Problem
from funnel.flow.publishing.content import Contents
from funnel.mail import personalize
from funnel.mail.names import SAMPLES
from funnel.mail.problem import TemplateProblem
from funnel.mail.tracked import OURS
from funnel.models import Event, EventKind, Occurrence
from funnel.web.admin import phrases

STATES = {
    SequenceState.DRAFT: lazy_gettext("draft"),
    SequenceState.LIVE: lazy_gettext("live"),
    SequenceState.PAUSED: lazy_gettext("paused"),
    SequenceState.ARCHIVED: lazy_gettext("archived"),
    SubscriberState.PENDING: lazy_gettext("not confirmed"),
    SubscriberState.ACTIVE: lazy_gettext("active"),
    SubscriberState.UNSUBSCRIBED: lazy_gettext("unsubscribed"),
    SubscriberState.BOUNCED: lazy_gettext("address bounces"),
    SubscriberState.COMPLAINED: lazy_gettext("complained"),
    SubscriberState.ERASED: lazy_gettext("erased"),
}
WAYS = {
    EnrollmentState.ACTIVE: lazy_gettext("on her way"),
    EnrollmentState.PAUSED: lazy_gettext("paused"),
    EnrollmentState.COMPLETED: lazy_gettext("finished"),
    EnrollmentState.EXITED: lazy_gettext("left"),
}
DELIVERIES = {
    DeliveryState.SCHEDULED: lazy_gettext("scheduled"),
    DeliveryState.CLAIMED: lazy_gettext("being sent"),
    DeliveryState.HANDED: lazy_gettext("being handed over"),
    DeliveryState.SENT: lazy_gettext("sent"),
    DeliveryState.FAILED: lazy_gettext("failed"),
    DeliveryState.SKIPPED: lazy_gettext("skipped"),
    DeliveryState.UNCERTAIN: lazy_gettext("uncertain"),
    DeliveryState.PARKED: lazy_gettext("parked"),
    DeliveryState.BOUNCED: lazy_gettext("bounced"),
    DeliveryState.COMPLAINED: lazy_gettext("complained"),
}
REASONS = {
    Reason.NO_CONSENT: lazy_gettext("she did not ask for these mails"),
    Reason.UNSUBSCRIBED: lazy_gettext("she unsubscribed"),
    Reason.SUPPRESSED: lazy_gettext("her address gets no more mail"),
    Reason.ERASED: lazy_gettext("her data was erased"),
    Reason.SWITCHED_OFF: lazy_gettext("the mail was switched off"),
    Reason.CONDITION: lazy_gettext("its condition did not hold for her"),
    Reason.TOO_LATE: lazy_gettext("its moment had passed"),
    Reason.SEAT_CANCELLED: lazy_gettext("she gave her seat back"),
    Reason.OCCURRENCE_CANCELLED: lazy_gettext("the masterclass was called off"),
    Reason.CONFIRMED: lazy_gettext("she had confirmed already"),
    Reason.NOT_CONFIRMED: lazy_gettext("she did not confirm in time"),
    Reason.REPLACED: lazy_gettext("a newer mail took its place"),
    Reason.FINISHED: lazy_gettext("nothing was left to send"),
    Reason.BY_HAND: lazy_gettext("somebody decided so by hand"),
    Reason.CROWDED: lazy_gettext("other sequences had her days for a week"),
    Reason.STOOD_STILL: lazy_gettext("its moment fell in a pause"),
    Reason.EXIT_RULE: lazy_gettext("the sequence lets people like her go"),
}
MEANINGS: Mapping[str, object] = {
    "late": lazy_gettext(
        "Should have left more than five minutes ago. Nothing is lost: it leaves as "
        "soon as a worker runs and the relay takes mail."
    ),
    DeliveryState.UNCERTAIN: lazy_gettext(
        "Handed over, and the answer got lost. It probably arrived, so no machine "
        "sends it twice. Look in the relay's log, or ask her; then say what it was."
    ),
    DeliveryState.PARKED: lazy_gettext(
        "We could not write it ourselves, in several tries. Its last answer says "
        "why; put that right, then send it again."
    ),
    DeliveryState.FAILED: lazy_gettext(
        "Refused for good. When the answer is about us and not about her mailbox, "
        "put that right, and send it again."
    ),
}
DECIDED = {
    "retry": lazy_gettext("It goes out in a moment, unless something forbids it now."),
    "arrived": lazy_gettext("Kept as arrived. It is not sent again."),
    "give-up": lazy_gettext("Given up. It is not sent any more."),
}
KINDS = {
    Kind.SERVICE: lazy_gettext("service"),
    Kind.MARKETING: lazy_gettext("marketing"),
}
PURPOSES = {
    Purpose.SERIES: lazy_gettext("mail series"),
    Purpose.OFFERS: lazy_gettext("offers"),
    Purpose.CLICKS: lazy_gettext("seeing her clicks"),
}
PLACES = {
    "form": lazy_gettext("on the form"),
    "confirmation": lazy_gettext("by the click in the confirmation mail"),
    "preferences": lazy_gettext("on her preference page"),
    "unsubscribe": lazy_gettext("by unsubscribing"),
    "import": lazy_gettext("in a file that was brought in"),
    "erasure": lazy_gettext("by erasing her data"),
    "studio": lazy_gettext("by one of us, as she asked"),
}
ROLES = {
    Role.LISTED: lazy_gettext("in the list"),
    Role.CONFIRMATION: lazy_gettext("when somebody signs up"),
    Role.CONFIRMATION_AGAIN: lazy_gettext("a day later, if she has not confirmed"),
    Role.KNOWN: lazy_gettext("when she signs up again"),
    Role.MOVED: lazy_gettext("when her date is moved"),
    Role.CANCELLED: lazy_gettext("when her date is called off"),
    Role.NEW_DATE: lazy_gettext("when a date is there for who waited"),
    Role.PERSONAL_DATA: lazy_gettext("when she asks for her data"),
}
DAYS = {
    "mon": lazy_gettext("Monday"),
    "tue": lazy_gettext("Tuesday"),
    "wed": lazy_gettext("Wednesday"),
    "thu": lazy_gettext("Thursday"),
    "fri": lazy_gettext("Friday"),
    "sat": lazy_gettext("Saturday"),
    "sun": lazy_gettext("Sunday"),
}
TEAM_ROLES = {
    TeamRole.OWNER: lazy_gettext("owner"),
    TeamRole.MARKETER: lazy_gettext("marketer"),
    TeamRole.VIEWER: lazy_gettext("viewer"),
}
EVENTS = {
    EventKind.VISITED: lazy_gettext("Visited the page"),
    EventKind.SUSPECTED: lazy_gettext("Sent a form like a machine does"),
    EventKind.SIGNED_UP: lazy_gettext("Signed up"),
    EventKind.CONFIRMED: lazy_gettext("Confirmed her seat"),
    EventKind.IMPORTED: lazy_gettext("Was brought in from a file"),
    EventKind.REGISTERED: lazy_gettext("Got a seat"),
    EventKind.ENROLLED: lazy_gettext("Started the sequence"),
    EventKind.EXITED: lazy_gettext("Left the sequence"),
    EventKind.COMPLETED: lazy_gettext("Finished the sequence"),
    EventKind.SENT: lazy_gettext("Was sent"),
    EventKind.FAILED: lazy_gettext("Could not be sent"),
    EventKind.SKIPPED: lazy_gettext("Did not get"),
    EventKind.UNCERTAIN: lazy_gettext("May have been sent"),
    EventKind.POSTPONED: lazy_gettext("Will get later"),
    EventKind.DELIVERED: lazy_gettext("Received"),
    EventKind.BOUNCED: lazy_gettext("Came back"),
    EventKind.COMPLAINED: lazy_gettext("Complained about"),
    EventKind.CLICKED: lazy_gettext("Clicked a link in"),
    EventKind.UNSUBSCRIBED: lazy_gettext("Unsubscribed"),
    EventKind.CONSENTED: lazy_gettext("Asked for mails"),
    EventKind.ATTENDED: lazy_gettext("Joined the masterclass"),
    EventKind.REPLAYED: lazy_gettext("Watched the recording"),
    EventKind.TAGGED: lazy_gettext("Got or lost a tag"),
    EventKind.LEFT_EARLY: lazy_gettext("Left the masterclass early"),
    EventKind.MISSED: lazy_gettext("Missed the masterclass"),
    EventKind.PURCHASED: lazy_gettext("Bought"),
    EventKind.PREFERENCES: lazy_gettext("Changed her preferences"),
    EventKind.EXPORTED: lazy_gettext("Downloaded her data"),
    EventKind.ERASED: lazy_gettext("Was erased"),
    EventKind.PUBLISHED: lazy_gettext("The sequence was published"),
    EventKind.OCCURRENCE_CHANGED: lazy_gettext("A date was changed"),
}
PICTURES = {
    "none": lazy_gettext("Choose a picture first."),
    "alt": lazy_gettext("Say in a few words what the picture shows."),
    "size": lazy_gettext(
        "This picture is too large: at most 10 MB, and 500 kB once it is made smaller. "
        "Choose a simpler one."
    ),
    "pixels": lazy_gettext("That picture has too many pixels. Choose a smaller one."),
    "format": lazy_gettext(
        "That is no picture we can use. Choose a JPEG, PNG, GIF or WebP."
    ),
    "moves": lazy_gettext(
        "This picture moves, and nobody could stop it. Choose one that stands still."
    ),
}
FIELDS = {
    "kind": lazy_gettext("Kind"),
    "purpose": lazy_gettext("Purpose"),
    "timing": lazy_gettext("Timing"),
    "condition": lazy_gettext("Condition"),
    "is_on": lazy_gettext("On or off"),
    "source": lazy_gettext("Source"),
    "subject": lazy_gettext("Subject"),
    "preheader": lazy_gettext("Preheader"),
    "body": lazy_gettext("Text"),
}
CONDITIONS = {
    "": lazy_gettext("everybody"),
    "joined": lazy_gettext("only who joined"),
    "not joined": lazy_gettext("only who did not join"),
    "replayed": lazy_gettext("only who watched the recording"),
    "not replayed": lazy_gettext("only who did not watch the recording"),
    "joined or replayed": lazy_gettext("only who joined or watched the recording"),
    "not joined and not replayed": lazy_gettext("only who has not seen it at all"),
    "before the start": lazy_gettext("only before the start"),
    "after the start": lazy_gettext("only after the start"),
    "replay open": lazy_gettext("only while the recording is open"),
    "purchased": lazy_gettext("only who bought"),
    "not purchased": lazy_gettext("only who did not buy"),
}
EXAMPLES = {
    "timing": phrases.timing_examples,
    "condition": phrases.condition_examples,
}
ANY_SENT = re.compile(r"any of (?P<mails>[^ ]+(, [^ ]+)*) sent")
OF_A_DATE = ("start_day", "start_time", "start", "start_both", "replay_until")
SHORT, LONG = "EEE d MMM HH:mm", "EEEE d MMMM yyyy, HH:mm"


def place(name: str) -> str:
    """Return where a consent was given or taken back."""
    return str(PLACES.get(name.partition(" ")[0], name))


def condition(text: str) -> str:
    """Return a condition as a chip says it; one of her own keeps its own words."""
    if found := ANY_SENT.fullmatch(text):
        count = len(found["mails"].split(","))
        words = ngettext(
            "only who got that mail", "only who got one of %(num)d mails", count
        )
        return str(words)
    said = phrases.condition_shown(text, str(get_locale()))
    return str(CONDITIONS.get(text) or _("only if %(condition)s", condition=said))


def timing(text: str) -> str:
    """Return a timing as the list says it: “+2 days, 08:30”, “start, 24 h before”."""
    try:
        found = timings.parse(text)
    except timings.BadTiming:
        return text
    anchors = {
        Anchor.ABOVE: "",
        Anchor.START: _("start"),
        Anchor.END: _("end"),
        Anchor.REPLAY_END: _("end of replay"),
        Anchor.DATE: found.on.isoformat() if found.on else "",
    }
    words = f"{anchors[found.anchor]} {_distance(found)}".strip()
    return words or str(_("at once"))


def moment(at: datetime, zone: str, *, long: bool = False) -> str:
    """Return a moment on the clock of a zone, in the language of the page."""
    local = at.astimezone(ZoneInfo(zone))
    return str(format_datetime(local, LONG if long else SHORT, locale=get_locale()))


def day(at: date, *, year: bool = False) -> str:
    """Return a day of the calendar, in the language of the page."""
    written = "d MMM y" if year else "d MMM"
    return str(format_date(at, written, locale=get_locale()))


def say(sentence: str | None, details: Mapping[str, str] | None = None) -> str:
    """Return a sentence of the flow in the language of the page."""
    return str(_(sentence, **(details or {}))) if sentence else ""


def sentence(problem: Problem) -> str:
    """Return what is wrong with a field of a draft, with examples of this language."""
    details = dict(problem.details)
    if "examples" in details and problem.field in EXAMPLES:
        known = EXAMPLES[problem.field](str(get_locale()))
        details["examples"] = " · ".join(known)
    return say(problem.sentence, details)


def written(timing: str) -> str:
    """Return a timing as somebody writes it in the language of the page."""
    return phrases.timing_shown(timing, str(get_locale()))


def problems(refused: BadDraft) -> str:
    """Return what is wrong with a draft, and with which mail."""
    said = " ".join(sentence(one) for one in refused.problems)
    return f"{refused.slug}: {said}"


def reason(word: str) -> str:
    """Return the words for a reason as an event keeps it."""
    return str(REASONS[Reason(word)]) if word in set(Reason) else word


def why(reason: Reason | None) -> str:
    """Return why a mail was not sent."""
    return str(REASONS[reason]) if reason else str(_("no reason is known"))


def share(part: int, whole: int) -> str:
    """Return a part in percent, with a decimal where it says something."""
    value = part / whole if whole else 0.0
    digits = "0.0%" if 0 < value < 0.1 else "0%"  # noqa: PLR2004 - one digit is little
    return str(format_percent(value, digits, locale=get_locale()))


def group(reason: Reason | None, reply: str) -> str:
    """Return what deliveries have in common: a reason, an answer of the relay."""
    said = [str(REASONS[reason])] if reason else []
    return ", ".join([*said, *([reply] if reply else [])]) or str(_("no answer"))


def target(url: str) -> str:
    """Return where a link leads as the studio says it; our own pages by name."""
    pages = {"article_url": _("The article"), "landing_url": _("The masterclass page")}
    ours = OURS.fullmatch(url)
    return f"{pages[ours[1]]} {ours[2] or ''}".strip() if ours else url


def happened(event: Event) -> str:
    """Return an event of a mail in one line, with what is known of it."""
    data = event.data
    code = " ".join(str(data[name]) for name in ("code", "enhanced") if data.get(name))
    facts = [code, str(data.get("error", ""))]
    if data.get("reason"):
        facts.append(reason(data["reason"]))
    if data.get("by") == "hand":
        facts.append(str(_("by %(author)s", author=data.get("author") or "?")))
    told = ", ".join(fact for fact in facts if fact)
    return f"{EVENTS[event.kind]} ({told})" if told else str(EVENTS[event.kind])


def subject(source: str, date: Occurrence | None = None) -> str:
    """Return a subject as a sample reader of that date sees it, or as written.

    Without a date the place of one stays open: an invented one would be believed.
    """
    if not source:
        return str(_("No subject yet"))
    values = {**SAMPLES, **dict.fromkeys(OF_A_DATE, "…"), **publishing.spoken(date)}
    try:
        return personalize.fill(source, values, html=False)
    except TemplateProblem:
        return source


def span(length: timedelta) -> str:
    """Return a length of time as somebody says it: “about 3 minutes”."""
    return str(format_timedelta(length, locale=get_locale(), threshold=1.2))


def drafted(both: Contents) -> str:
    """Return in words what a draft changes."""
    if both.published is None:
        return str(_("draft: new"))
    names = [str(FIELDS[name]).lower() for name in both.changed]
    return str(_("draft: %(fields)s", fields=", ".join(names)))


def _distance(timing: timings.Timing) -> str:
    clock_time = timing.at.strftime("%H:%M") if timing.at else ""
    if timing.on is not None or timing.days == 0:
        return clock_time
    if timing.days is not None:
        number = abs(timing.days)
        days = ngettext("%(num)d day", "%(num)d days", number)
        return f"{'+' if timing.days > 0 else '−'}{days} {clock_time}"  # noqa: RUF001 - a minus
    minutes = int(timing.elapsed.total_seconds() // 60)
    if not minutes:
        return ""
    sign, amount = "+" if minutes > 0 else "−", abs(minutes)  # noqa: RUF001 - a minus
    if amount % 60:
        words = _("%(number)s min", number=amount)
    else:
        words = _("%(number)s h", number=amount // 60)
    return f"{sign}{words}"
