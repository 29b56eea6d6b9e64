"""A look at a mail before anybody gets it: the preview, the warnings, a test send."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from funnel.domain import claims, dates
from funnel.domain.claims import Finding, Mode
from funnel.domain.status import Kind, Purpose
from funnel.flow import team
from funnel.flow.publishing import draft, outlook, reading
from funnel.flow.publishing.content import Content, contents
from funnel.mail import names, personalize
from funnel.mail.compile import Compiled
from funnel.models import (
    Delivery,
    Masterclass,
    Occurrence,
    Sequence,
    Step,
    Subscriber,
    User,
)
from funnel.models.delivery import SERVICE_PRIORITY

RULED = frozenset({"nl"})
"""The languages with rules about claims."""


@dataclass(frozen=True, slots=True)
class Preview:
    """A mail as the sample reader would see it."""

    subject: str
    preheader: str
    html: str
    text: str


def preview(
    session: Session,
    step: Step,
    content: Content,
    *,
    now: datetime,
    her: Subscriber | None = None,
) -> Preview:
    """Return the mail as she reads it, or else a sample reader. BadDraft."""
    compiled = draft.check(step, content)
    values = _sample(session, step)
    if her is None:
        date = outlook.next_occurrence(session, step.sequence_id, now)
        values |= spoken(date)
    else:
        values |= reading.what_it_says(session, step, content, her, now=now)
    return Preview(
        subject=personalize.fill(compiled.subject, values, html=False),
        preheader=personalize.fill(compiled.preheader, values, html=False),
        html=personalize.fill(compiled.html, values, html=True),
        text=personalize.fill(compiled.text, values, html=False),
    )


def spoken(occurrence: Occurrence | None) -> dict[str, names.Value]:
    """Return what a mail says of a date; nothing without one."""
    if occurrence is None:
        return {}
    start, zone = occurrence.starts_at, occurrence.zone
    language = occurrence.masterclass.language
    found = {
        "start_day": dates.day(start, zone, language),
        "start_time": dates.clock_time(start, zone, language),
        "start": dates.moment(start, zone, language),
        "start_both": dates.moment(start, zone, language),
    }
    if occurrence.replay_until is not None:
        until = occurrence.replay_until
        found["replay_until"] = dates.moment(until, zone, language)
    return dict(found)


def findings(step: Step, content: Content) -> list[Finding]:
    """Return what the claims rules say of this text: warnings, never a refusal."""
    if step.sequence.language not in RULED:
        return []
    text = f"{content.subject}\n\n{content.preheader}\n\n{content.body}"
    return claims.check(
        text, mode=_mode(step.sequence, content), language=step.sequence.language
    )


def test_send(session: Session, step_id: int, user: User, *, now: datetime) -> Delivery:
    """Queue the step's latest text for a colleague, counted nowhere. BadDraft."""
    step = session.get_one(Step, step_id)
    compiled = draft.check(step, contents(step).latest)
    delivery = Delivery(
        kind=Kind.SERVICE,
        priority=SERVICE_PRIORITY,
        address=user.address,
        user_id=user.id,
        step_id=step.id,
        is_test=True,
        draft=_parts(compiled),
        planned_at=now,
        due_at=now,
    )
    session.add(delivery)
    session.commit()
    return delivery


def _mode(sequence: Sequence, content: Content) -> Mode:
    """One mail that sells makes an advertisement of every marketing mail around it."""
    if content.kind is Kind.SERVICE:
        return Mode.SERVICE
    alive = (step for step in sequence.steps if step.deleted_at is None)
    others = [contents(step).latest for step in alive]
    sells = any(one.is_on and one.purpose is Purpose.OFFERS for one in others)
    return Mode.AD if sells or content.purpose is Purpose.OFFERS else Mode.INFO


def _parts(compiled: Compiled) -> dict[str, str]:
    return {
        "subject": compiled.subject,
        "preheader": compiled.preheader,
        "html": compiled.html,
        "text": compiled.text,
    }


def _sample(session: Session, step: Step) -> dict[str, names.Value]:
    business = team.profile(session)
    masterclass = session.scalar(
        select(Masterclass).where(Masterclass.sequence_id == step.sequence_id).limit(1)
    )
    known: dict[str, names.Value] = {
        "host": business.host_name,
        "brand": business.name,
        "sender_name": business.sender_name,
        "postal_address": business.postal_address,
        "company_number": business.company_number,
        "reply_to": business.reply_to,
        "masterclass": masterclass.title if masterclass else "",
        "minutes": masterclass.minutes if masterclass else 0,
    }
    return {**names.SAMPLES, **{name: one for name, one in known.items() if one}}
