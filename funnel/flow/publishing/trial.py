"""A look at a mail before anybody gets it: the preview, a test send."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from funnel.domain import dates
from funnel.domain.status import Kind
from funnel.flow import render, team
from funnel.flow.publishing import draft, outlook, reading
from funnel.flow.publishing.content import Content, contents
from funnel.mail import names, personalize
from funnel.mail.compile import Compiled
from funnel.models import Delivery, Masterclass, Occurrence, Step, Subscriber, User
from funnel.models.delivery import SERVICE_PRIORITY


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
    values = _sample(session, step, content)
    if her is None:
        date = outlook.next_occurrence(session, step.sequence, now)
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


def test_send(session: Session, step_id: int, user: User, *, now: datetime) -> Delivery:
    """Queue the step's latest text for a colleague, counted nowhere. BadDraft."""
    step = session.get_one(Step, step_id)
    content = contents(step).latest
    compiled = draft.check(step, content)
    date = outlook.next_occurrence(session, step.sequence, now)
    reason = _sample(session, step, content)["reason_text"]
    delivery = Delivery(
        kind=Kind.SERVICE,
        priority=SERVICE_PRIORITY,
        address=user.address,
        user_id=user.id,
        step_id=step.id,
        is_test=True,
        draft=_parts(compiled) | {"says": {"reason_text": reason, **spoken(date)}},
        planned_at=now,
        due_at=now,
    )
    session.add(delivery)
    session.commit()
    return delivery


def _parts(compiled: Compiled) -> dict[str, object]:
    return {
        "subject": compiled.subject,
        "preheader": compiled.preheader,
        "html": compiled.html,
        "text": compiled.text,
    }


def _sample(session: Session, step: Step, content: Content) -> dict[str, names.Value]:
    business = team.profile(session)
    masterclass = session.scalar(
        select(Masterclass).where(Masterclass.sequence_id == step.sequence_id).limit(1)
    )
    title = masterclass.title if masterclass else str(names.SAMPLES["masterclass"])
    why = (content.kind, content.purpose, step.role, step.sequence.language)
    known: dict[str, names.Value] = {
        "host": business.host_name,
        "host_line": business.host_line or "",
        "brand": business.name,
        "sender_name": business.sender_name,
        "postal_address": business.postal_address,
        "company_number": business.company_number,
        "reply_to": business.reply_to,
        "masterclass": title,
        "minutes": masterclass.minutes if masterclass else 0,
        "reason_text": render.reason(*why, title),
    }
    return {**names.SAMPLES, **{name: one for name, one in known.items() if one}}
