"""One subscriber: her seats, her way through a sequence, and all that happened."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from funnel.domain.status import LEAVING, Purpose, Reason, Role
from funnel.models import (
    Consent,
    Delivery,
    Enrollment,
    Event,
    Registration,
    Revision,
    Step,
    Subscriber,
)

MOST_EVENTS = 200


@dataclass(frozen=True, slots=True)
class Story:
    """What became of one step for her; without a delivery it is still ahead.

    `text` is what was sent, or else what is published now.
    """

    step: Step
    delivery: Delivery | None
    text: Revision
    left: Reason | None = None  # why she gets no more marketing of its sequence


class Happened(NamedTuple):
    """An event with the text it is about, and why that mail was moved, if it was."""

    event: Event
    text: Revision | None
    moved: Sequence[str] | None


@dataclass(frozen=True, slots=True)
class Person:
    """Everything that her page shows of the past."""

    subscriber: Subscriber
    consents: Sequence[Consent]
    seats: Sequence[Registration]
    enrollments: Sequence[Enrollment]
    stories: Sequence[Story]
    events: Sequence[Happened]

    @property
    def agreed(self) -> list[Purpose]:
        """Return the purposes whose last word was yes."""
        last = {consent.purpose: consent.granted for consent in self.consents}
        return [purpose for purpose, granted in last.items() if granted]


def person(session: Session, subscriber_id: int) -> Person | None:
    """Return her story, or None when nobody has this id."""
    subscriber = session.get(Subscriber, subscriber_id)
    if subscriber is None:
        return None
    enrollments = _enrollments(session, subscriber_id)
    return Person(
        subscriber=subscriber,
        consents=_consents(session, subscriber_id),
        seats=_seats(session, subscriber_id),
        enrollments=enrollments,
        stories=_stories(session, enrollments),
        events=_events(session, subscriber_id),
    )


def _consents(session: Session, subscriber_id: int) -> Sequence[Consent]:
    mine = Consent.subscriber_id == subscriber_id
    return session.scalars(select(Consent).where(mine).order_by(Consent.id)).all()


def _seats(session: Session, subscriber_id: int) -> Sequence[Registration]:
    return session.scalars(
        select(Registration)
        .options(
            joinedload(Registration.occurrence), joinedload(Registration.masterclass)
        )
        .where(Registration.subscriber_id == subscriber_id)
        .order_by(Registration.id.desc())
    ).all()


def _enrollments(session: Session, subscriber_id: int) -> Sequence[Enrollment]:
    return session.scalars(
        select(Enrollment)
        .options(joinedload(Enrollment.sequence))
        .where(Enrollment.subscriber_id == subscriber_id)
        .order_by(Enrollment.id.desc())
    ).all()


def _stories(session: Session, enrollments: Sequence[Enrollment]) -> list[Story]:
    """Return each listed step, with its last delivery to her."""
    mine = Delivery.enrollment_id.in_([one.id for one in enrollments])
    rows = session.execute(
        select(Delivery, Revision)
        .outerjoin(Revision, Revision.id == Delivery.revision_id)
        .where(mine)
        .order_by(Delivery.id)
    )
    last = {mail.step_id: (mail, text) for mail, text in rows}
    steps = session.execute(
        select(Step, Revision)
        .join(Revision, Revision.id == Step.revision_id)
        .where(
            Step.sequence_id.in_([one.sequence_id for one in enrollments]),
            Step.role == Role.LISTED,
        )
        .order_by(Step.sequence_id, Step.rank)
    )
    left = {one.sequence_id: one.reason for one in enrollments if one.reason in LEAVING}
    return [
        Story(step, mail, text or published, left.get(step.sequence_id))
        for step, published in steps
        for mail, text in [last.get(step.id, (None, None))]
        if step.deleted_at is None or mail
    ]


def _events(session: Session, subscriber_id: int) -> Sequence[Happened]:
    """Return what happened, with the text that she was sent, or is published now."""
    rows = session.execute(
        select(Event, Revision, Delivery.moved)
        .outerjoin(Delivery, Delivery.id == Event.delivery_id)
        .outerjoin(Step, Step.id == Event.step_id)
        .outerjoin(
            Revision,
            Revision.id == func.coalesce(Delivery.revision_id, Step.revision_id),
        )
        .where(Event.subscriber_id == subscriber_id)
        .order_by(Event.at.desc(), Event.id.desc())
        .limit(MOST_EVENTS)
    )
    return [Happened(*row) for row in rows]
