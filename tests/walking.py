"""People who walk through a sequence of four mails, and what they get on the way."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import factories
import sending
from sqlalchemy import Engine, func, select, text, update
from sqlalchemy.orm import Session

from funnel.domain.status import DeliveryState, Purpose, SubscriberState
from funnel.flow import due, publishing
from funnel.flow.publishing import structure
from funnel.models import Delivery, Enrollment, Sequence, Step

NOW = factories.NOW  # Monday, ten o'clock in Amsterdam
DAY = timedelta(days=1)
LETTERS = "abcd"
BOUNCED = SubscriberState.BOUNCED


def sequence(session: Session, letters: str = LETTERS, **fields: Any) -> Sequence:
    """Return a live sequence: a, b, c, d, each a day after the one above it."""
    steps = [
        {"slug": f"{number:02}-{letter}", "subject": letter, "body": letter}
        for number, letter in enumerate(letters, start=1)
    ]
    row = sending.course(session, *steps, **fields)
    session.expire(row)
    return row


def step(sequence: Sequence, letter: str) -> Step:
    return next(one for one in sequence.steps if one.slug.endswith(f"-{letter}"))


def walker(session: Session, sequence: Sequence, *, days: int) -> Enrollment:
    """Return somebody who confirmed so many days before NOW, and got her mails.

    After 0 days she waits for a, after 1 for b (a came this morning), after 4 she
    has finished.
    """
    before = NOW - days * DAY
    person = factories.subscriber(session, confirmed_at=before)
    row = factories.enrollment(
        session,
        subscriber=person,
        registration=None,
        sequence=sequence,
        confirmed_at=before,
        due_at=before,
    )
    sending.agree(session, person, at=before)
    walk(session, before, NOW)
    return row


def walk(session: Session, since: datetime, until: datetime) -> None:
    """Scan at each moment at which something is due, and let every mail arrive."""
    now = since
    while now <= until:
        due.scan(session, now=now)
        session.execute(
            update(Delivery)
            .where(Delivery.state == DeliveryState.SCHEDULED, Delivery.due_at <= now)
            .values(state=DeliveryState.SENT)
        )
        session.commit()
        ahead = [
            session.scalar(select(func.min(at)).where(at > now, *still))
            for at, *still in (
                (Enrollment.due_at,),
                (Delivery.due_at, Delivery.state == DeliveryState.SCHEDULED),
            )
        ]
        if not any(ahead):
            break
        now = min(at for at in ahead if at)
    session.expire_all()


def gets(session: Session, enrollment: Enrollment) -> list[str]:
    """Walk to the end, and return what came after NOW: "b Tue 08:30"."""
    walk(session, NOW, NOW + 40 * DAY)
    rows = session.execute(
        select(Delivery, Step)
        .join(Step, Step.id == Delivery.step_id)
        .where(Delivery.enrollment_id == enrollment.id, Delivery.planned_at >= NOW)
        .order_by(Delivery.planned_at, Delivery.id)
    )
    return [_line(mail, row) for mail, row in rows]


def got(session: Session, enrollment: Enrollment) -> list[str]:
    """Return the letter of every mail that she was ever sent, in order."""
    rows = session.execute(
        select(Step.slug)
        .join(Delivery, Delivery.step_id == Step.id)
        .where(
            Delivery.enrollment_id == enrollment.id,
            Delivery.state == DeliveryState.SENT,
        )
        .order_by(Delivery.planned_at, Delivery.id)
    )
    return [slug.rsplit("-", 1)[-1] for (slug,) in rows]


def publish(session: Session, sequence: Sequence, **wishes: bool) -> None:
    """Publish what is drafted, at NOW."""
    publishing.publish(
        session,
        sequence.id,
        base_version=sequence.version,
        author="Mara",
        now=NOW,
        wishes=publishing.Wishes(**wishes),
    )


def put_in(session: Session, sequence: Sequence, letter: str, after: str) -> Step:
    """Draft a new mail behind another ("" for the top)."""
    above = step(sequence, after).id if after else None
    new = publishing.add(
        session, sequence.id, after=above, subject=letter, purpose=Purpose.SERIES
    )
    publishing.save_draft(session, new.id, {"body": letter}, seen=None)
    return new


def save(session: Session, row: Sequence, letter: str, **fields: object) -> None:
    publishing.save_draft(session, step(row, letter).id, fields, seen=None)


def move(session: Session, row: Sequence, letter: str, after: str) -> None:
    above = step(row, after).id if after else None
    publishing.move(session, step(row, letter).id, after=above)


def remove(session: Session, row: Sequence, letter: str) -> None:
    publishing.remove(session, step(row, letter).id, now=NOW, seen=None)


def order(row: Sequence) -> str:
    return "".join(one.slug[-1] for one in structure.listed(row))


def _line(mail: Delivery, row: Step) -> str:
    letter = row.slug.rsplit("-", 1)[-1]
    if mail.state is DeliveryState.SKIPPED:
        return f"{letter} skipped: {mail.reason}"
    at = mail.planned_at.astimezone(factories.ZONE)
    return f"{letter} {at:%a %H:%M}"


def in_background(act: Callable[[], None]) -> Callable[[], None]:
    """Begin something in a thread; the answer waits for it and raises its error."""
    pool = ThreadPoolExecutor(1)
    future = pool.submit(act)
    pool.shutdown(wait=False)
    return lambda: future.result(timeout=30)


def is_waiting(engine: Engine) -> bool:
    """Wait until some statement waits for a lock."""
    blocked = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with engine.connect() as connection:
            if connection.scalar(blocked):
                return True
        time.sleep(0.05)
    return False
