"""The sign-up form: what a visitor typed, what is wrong with it, what it becomes."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from flask import request
from flask_babel import gettext as _

from funnel import clock
from funnel.db import db
from funnel.domain import address as addresses
from funnel.domain import timing, tokens
from funnel.domain.address import Address, BadAddress, Problem
from funnel.domain.tokens import BadToken, TokenKind
from funnel.flow import signup
from funnel.flow.preferences import Wording
from funnel.flow.signup import Doubt, Form
from funnel.models import Masterclass, Occurrence
from funnel.web import content, funnel, visitor

LONGEST = 254
NAME_LENGTH = 60
SOURCES = ("utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term")
LINKISH = re.compile(r"://|www\.|@|\.\w{2,}/|[<>{}\\]", re.IGNORECASE)
HONEYPOT = "company"
NOBODY = Address("", "")
"""What stands for the address of a bot that did not give one."""


@dataclass(frozen=True, slots=True)
class Entry:
    """The form as typed, kept as it is when the page comes back."""

    address: str = ""
    first_name: str = ""
    occurrence: str = ""
    zone: str = ""
    series: bool = False
    token: str = ""
    source: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    hint: Address | None = None
    notice: str = ""


@dataclass(frozen=True, slots=True)
class Stamp:
    """The form's time token, read: its nonce, and what is odd about it."""

    nonce: str = ""
    doubt: Doubt | None = None
    is_stale: bool = False


def blank(masterclass: Masterclass) -> Entry:
    """Return an empty form, stamped with the present moment."""
    return Entry(token=stamp(masterclass), source=source())


def source() -> dict[str, str]:
    """Return where the link says that she comes from, unless she minds."""
    return {} if visitor.wants_no_tracks() else _source(request.args)


def typed(masterclass: Masterclass) -> Entry:
    """Return the form that was sent, as it was typed."""
    sent = request.form
    entry = Entry(
        address=(sent.get("hint") or sent.get("address", ""))[: LONGEST + 1],
        first_name=sent.get("first_name", "")[:NAME_LENGTH],
        occurrence=sent.get("occurrence", "")[:20],
        zone=sent.get("zone", "")[:60],
        series=masterclass.consent_mode == "stated" or "series" in sent,
        token=sent.get("token", ""),
        source=_source(sent),
    )
    return _checked(entry, masterclass)


def typed_again(masterclass: Masterclass) -> Entry:
    """Return the form of the thank-you page: empty means the same address."""
    sent = request.form
    address = (sent.get("hint") or sent.get("address", ""))[: LONGEST + 1].strip()
    entry = Entry(address=address, token=sent.get("token", ""))
    mark = stamped(masterclass, entry.token)
    trouble = read_address(address)[1] if address else ""
    if mark.is_stale:
        return replace(entry, token=stamp(masterclass), notice=_stale())
    return replace(entry, errors={"address": trouble}) if trouble else entry


def wording(masterclass: Masterclass) -> Wording:
    """Return the words beside the box, or those that come with the seat."""
    consent = masterclass.page.get("consent", {})
    asked = consent.get("stated" if masterclass.consent_mode == "stated" else "box", {})
    text = asked.get("text") or _(
        "Also send me the mail series that goes with this masterclass, with now and "
        "then an offer from {{ brand }} or a partner. Every mail lets you leave."
    )
    return Wording(
        content.fill(text, content.names(visitor.business())),
        masterclass.language,
        "form",
        visitor.origin(),
        consent.get("wording_version", ""),
    )


def offers() -> str:
    """Return what stands at a box for offers, where nobody wrote other words."""
    sentence: str = _(
        "Send me an offer from %(brand)s or a partner now and then. Such a mail "
        "always says that it is an advertisement. Every mail lets you leave.",
        brand=visitor.business().name,
    )
    return sentence


def stamp(masterclass: Masterclass) -> str:
    """Return a token that says when, and for what, a form was shown (real time)."""
    return tokens.issue(
        funnel().keys,
        TokenKind.FORM,
        masterclass.id,
        int(clock.real().timestamp()),
        secrets.randbits(64),
    )


def stamped(masterclass: Masterclass, token: str, *, is_first: bool = True) -> Stamp:
    """Judge a form by its time token and its honeypot.

    Only the first form is sent too fast: on the pages after it there is one button
    to press, and people press it at once.
    """
    try:
        form_id, shown_at, nonce = tokens.read(
            funnel().keys, TokenKind.FORM, token, count=3
        )
    except BadToken:
        return Stamp(doubt=Doubt.TOKEN)
    age = clock.real().timestamp() - shown_at
    settings = funnel().settings
    if form_id != masterclass.id or age < -1:
        return Stamp(doubt=Doubt.TOKEN)
    if request.form.get(HONEYPOT):
        return Stamp(doubt=Doubt.HONEYPOT)
    if is_first and age < settings.form_min_seconds:
        return Stamp(doubt=Doubt.FAST)
    return Stamp(nonce=str(nonce), is_stale=age > settings.form_max_hours * 3600)


def form(entry: Entry, masterclass: Masterclass, wording: Wording) -> Form:
    """Return the form for the flow, of an entry without errors."""
    occurrence = _chosen(entry, masterclass)
    mark = stamped(masterclass, entry.token)
    return Form(
        masterclass=masterclass,
        occurrence_id=occurrence.id if occurrence else None,
        address=read_address(entry.address)[0] or NOBODY,
        first_name=clean_name(entry.first_name),
        zone=zone_or(entry.zone, occurrence.zone if occurrence else ""),
        series=entry.series,
        wording=wording,
        page=request.path,
        user_agent=request.user_agent.string[:200],
        source=dict(entry.source),
        nonce=mark.nonce,
        doubt=mark.doubt,
    )


def read_address(text: str) -> tuple[Address | None, str]:
    """Return the address, or the sentence that helps to write it."""
    try:
        return addresses.normalise(text), ""
    except BadAddress as error:
        return None, _sentence(error.problem)


def clean_name(text: str) -> str:
    """Return a first name; what looks like a link or code is no name."""
    name = " ".join(printable(text).split())
    return "" if LINKISH.search(name) else name[:NAME_LENGTH]


def printable(text: str) -> str:
    """Return the text without control characters; a database takes no NUL."""
    return "".join(c for c in text if c.isprintable())


def zone_or(text: str, otherwise: str) -> str:
    """Return a known time zone: hers, else the other one, else the setting."""
    known = timing.zones()
    return next(
        (zone for zone in (text, otherwise) if zone in known), funnel().settings.zone
    )


def too_many(entry: Entry) -> Entry:
    """Return the form with a human sentence about the limit."""
    return replace(
        entry,
        notice=_(
            "Very many sign-ups are coming in right now. Your details are still here: "
            "wait a moment and send the form again. If it keeps happening, mail "
            "%(address)s and we will reserve your seat.",
            address=visitor.business().reply_to,
        ),
    )


def _checked(entry: Entry, masterclass: Masterclass) -> Entry:
    mark = stamped(masterclass, entry.token)
    if mark.doubt is not None:
        return entry
    if not signup.is_open(db.session(), masterclass):
        return replace(entry, notice=closed())
    address, trouble = read_address(entry.address)
    errors = {"address": trouble} if trouble else {}
    if _chosen(entry, masterclass) is None and visitor.upcoming(masterclass):
        errors["occurrence"] = _("Choose a date that is still to come.")
    if mark.is_stale:
        entry = replace(entry, token=stamp(masterclass), notice=_stale())
    hint = addresses.hint(address) if address else None
    return replace(entry, errors=errors, hint=hint)


def closed() -> str:
    """Return what is said while the masterclass is not live yet."""
    sentence: str = _("Sign-up has not opened yet. Come back in a while.")
    return sentence


def _stale() -> str:
    sentence: str = _(
        "This page was open for a long time. Nothing is lost: check the form and "
        "send it once more."
    )
    return sentence


def _chosen(entry: Entry, masterclass: Masterclass) -> Occurrence | None:
    dates = visitor.upcoming(masterclass)
    return next((date for date in dates if str(date.id) == entry.occurrence), None)


def _source(sent: Mapping[str, str]) -> dict[str, str]:
    found = {name: printable(sent.get(name, ""))[:100] for name in SOURCES}
    return {name: value for name, value in found.items() if value}


def _sentence(problem: Problem) -> str:
    example = "naam@voorbeeld.nl"
    sentences: dict[Problem, str] = {
        Problem.MISSING: _(
            "Fill in an address such as %(example)s, so that we can mail your seat.",
            example=example,
        ),
        Problem.NO_AT: _(
            "The @ is missing. Write the address like %(example)s.", example=example
        ),
        Problem.NO_DOMAIN: _(
            "The part after the @ is not complete. Write it like %(example)s.",
            example=example,
        ),
        Problem.UNSUPPORTED: _(
            "We cannot mail an address with special letters before the @. "
            "Do you have another one?"
        ),
        Problem.MALFORMED: _(
            "There is a character in it that an address cannot have. "
            "Check it, or write it like %(example)s.",
            example=example,
        ),
    }
    return sentences[problem]
