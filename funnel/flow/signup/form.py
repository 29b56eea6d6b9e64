"""A form becomes a sign-up, and the one mail that it asks for."""

import hashlib
import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from funnel.config import Settings
from funnel.domain import address as addresses
from funnel.domain.address import Address
from funnel.domain.status import (
    Reason,
    Role,
    Scope,
    SequenceState,
    Stage,
)
from funnel.domain.utm import Utm
from funnel.flow import counts, due, events
from funnel.flow.preferences import consent
from funnel.flow.preferences.consent import Wording
from funnel.flow.signup.confirm import Unknown, purposes, registration, skip_reminders
from funnel.models import (
    Delivery,
    EventKind,
    Masterclass,
    Registration,
    Sequence,
    Signup,
    Step,
    Subscriber,
)

log = logging.getLogger(__name__)

VALID_FOR = timedelta(days=7)
AGAIN_AFTER = timedelta(hours=24)
CAPS_REACH = timedelta(days=30)
ASKED_BY_FORM = (Role.CONFIRMATION, Role.KNOWN)


class Doubt(StrEnum):
    """Why a form looks like a bot's; score of one, and nobody is told."""

    HONEYPOT = "honeypot"
    FAST = "fast"
    TOKEN = "token"  # noqa: S105 - a word for a reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A sign-up as it came in, already read and normalised."""

    masterclass: Masterclass
    occurrence_id: int | None
    address: Address
    first_name: str = ""
    zone: str = "Europe/Amsterdam"
    series: bool = False
    wording: Wording
    page: str = ""
    user_agent: str = ""
    source: dict[str, Any] = field(default_factory=dict)
    nonce: str = ""
    doubt: Doubt | None = None

    @property
    def fingerprint(self) -> str:
        """Return what makes the same form, sent twice, one sign-up."""
        parts = (self.nonce, str(self.address), self.occurrence_id, self.series)
        return hashlib.sha256(repr(parts).encode()).hexdigest()


class TooMany(Exception):  # noqa: N818 - it says what happened
    """The network, or the whole service, has had its sign-ups for this hour."""


def is_open(session: Session, masterclass: Masterclass) -> bool:
    """Say whether its mails go out: before that, a form would promise too much."""
    if masterclass.sequence_id is None:
        return False
    sequence = session.get_one(Sequence, masterclass.sequence_id)
    return sequence.state in {SequenceState.LIVE, SequenceState.PAUSED}


def submit(
    session: Session, form: Form, *, now: datetime, real: datetime, limits: Settings
) -> int:
    """Take a form and queue the one mail it asks for; return the sign-up's id.

    The id is 0 for what looks like a bot's form. Whether the address was known,
    capped or suppressed does not show in the answer. Raises TooMany.
    """
    if form.doubt is not None:
        return _suspect(session, form, now)
    _check_flood(session, form.wording.network, real, limits)
    key = addresses.fold(form.address)
    _wait_for_turn(session, key)
    known = _same_form(session, form)
    if known is not None:
        session.commit()
        return known
    is_capped = _is_capped(session, key, real, limits)
    signup = _take(session, form, now, real)
    if not is_capped:
        _answer_by_mail(session, signup, form.masterclass, now)
    # Last, as others wait for the row that this adds to.
    counts.reached(session, Stage.SIGNED_UP, signup.subscriber_id, form.masterclass.id)
    session.commit()
    return signup.id


def again(
    session: Session,
    signup_id: int,
    *,
    network: str,
    address: Address | None,
    now: datetime,
) -> Form:
    """Return the form of an earlier sign-up, to send it once more; raises Unknown.

    With `address` it is for another mailbox: she mistyped the first one, whose
    owner gets no reminder.
    """
    signup = session.get(Signup, signup_id)
    if signup is None or signup.subscriber.address is None:
        raise Unknown(signup_id)
    if address is not None:
        skip_reminders(session, signup.subscriber_id, Reason.REPLACED, now=now)
    return Form(
        masterclass=session.get_one(Masterclass, signup.masterclass_id),
        occurrence_id=signup.occurrence_id,
        address=address or addresses.normalise(signup.subscriber.address),
        first_name=signup.first_name,
        zone=signup.zone,
        series=signup.series,
        wording=_wording(signup, network),
        page=signup.page,
        user_agent=signup.user_agent,
        source=signup.source,
    )


def _wording(signup: Signup, network: str) -> Wording:
    edition = signup.wording_version.rpartition("-")[0]
    return Wording(signup.wording, signup.language, "form", network, edition)


def _suspect(session: Session, form: Form, now: datetime) -> int:
    events.record(
        session,
        EventKind.SUSPECTED,
        at=now,
        doubt=form.doubt,
        masterclass_id=form.masterclass.id,
    )
    session.commit()
    return 0


def _check_flood(
    session: Session, network: str, real: datetime, limits: Settings
) -> None:
    last_hour = Signup.received_at > real - timedelta(hours=1)
    from_there = last_hour & (Signup.network == network)
    if _count(session, last_hour) >= limits.signups_per_hour:
        raise TooMany("service")
    if _count(session, from_there) >= limits.signups_per_network_per_hour:
        raise TooMany("network")


def _count(session: Session, where: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).select_from(Signup).where(where)) or 0


def _wait_for_turn(session: Session, key: str) -> None:
    """One sign-up at a time per mailbox, so that twenty at once are one."""
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(key, 0))))


def _same_form(session: Session, form: Form) -> int | None:
    return session.scalar(select(Signup.id).where(Signup.nonce == form.fingerprint))


def _is_capped(session: Session, key: str, real: datetime, limits: Settings) -> bool:
    """Say whether this mailbox has had its mails; counted in real time."""
    caps = (
        (timedelta(minutes=10), limits.confirmations_per_10_minutes),
        (timedelta(days=1), limits.confirmations_per_day),
        (CAPS_REACH, limits.confirmations_per_30_days),
    )
    mailed = select(Delivery.id).join(Step, Step.id == Delivery.step_id)
    mailed = mailed.where(Delivery.signup_id == Signup.id, Step.role.in_(ASKED_BY_FORM))
    moments = session.scalars(
        select(Signup.received_at)
        .join(Subscriber)
        .where(
            Subscriber.address_key.in_((key, addresses.digest(key))),
            Signup.received_at > real - CAPS_REACH,
            mailed.exists(),
        )
    ).all()
    return any(
        sum(moment > real - window for moment in moments) >= most
        for window, most in caps
    )


def _take(session: Session, form: Form, now: datetime, real: datetime) -> Signup:
    subscriber = _subscriber(session, form, now)
    signup = Signup(
        nonce=form.fingerprint,
        subscriber=subscriber,
        masterclass_id=form.masterclass.id,
        occurrence_id=form.occurrence_id,
        first_name=form.first_name,
        zone=form.zone,
        language=form.masterclass.language,
        series=form.series,
        wording=form.wording.text,
        wording_version=form.wording.version,
        page=form.page,
        network=form.wording.network,
        user_agent=form.user_agent,
        source=form.source,
        source_id=counts.source(session, Utm.of(form.source), now=now),
        received_at=real,
        created_at=now,
        expires_at=now + VALID_FOR,
    )
    session.add(signup)
    session.flush()
    events.record(session, EventKind.SIGNED_UP, at=now, subscriber_id=subscriber.id)
    return signup


def _subscriber(session: Session, form: Form, now: datetime) -> Subscriber:
    address = str(form.address)
    found = session.scalar(
        select(Subscriber).where(
            Subscriber.address_key == addresses.fold(address),
            func.lower(Subscriber.address) == address.lower(),
        )
    )
    if found is None:
        found = Subscriber(
            address=address,
            address_key=addresses.fold(address),
            zone=form.zone,
            language=form.masterclass.language,
            created_at=now,
        )
        session.add(found)
    return found


def _answer_by_mail(
    session: Session, signup: Signup, masterclass: Masterclass, now: datetime
) -> None:
    address = signup.subscriber.address or ""
    if consent.is_suppressed(session, address, Scope.ALL):
        return
    seat = _seat_that_has_it_all(session, signup, masterclass)
    if seat is not None:
        _ask(session, signup, masterclass, now, role=Role.KNOWN, registration=seat)
        return
    skip_reminders(session, signup.subscriber_id, Reason.REPLACED, now=now)
    later = now + AGAIN_AFTER
    _ask(session, signup, masterclass, now, role=Role.CONFIRMATION)
    _ask(session, signup, masterclass, now, role=Role.CONFIRMATION_AGAIN, due_at=later)


def _ask(
    session: Session,
    signup: Signup,
    masterclass: Masterclass,
    now: datetime,
    **about: Any,
) -> None:
    """Call for a mail; where the sequence has none, the sign-up is kept and we tell."""
    try:
        due.call(
            session,
            sequence_id=masterclass.sequence_id or 0,
            subscriber=signup.subscriber,
            now=now,
            signup=signup,
            **about,
        )
    except due.NoSuchMail:
        log.exception("sign-up %s gets no mail", signup.id)


def _seat_that_has_it_all(
    session: Session, signup: Signup, masterclass: Masterclass
) -> Registration | None:
    """Return the seat she has, if the form asks for nothing that she has not."""
    seat = registration(session, signup)
    if seat is None or seat.cancelled_at or seat.occurrence_id != signup.occurrence_id:
        return None
    agreed = consent.in_force(session, signup.subscriber_id)
    if signup.series and not purposes(masterclass) <= agreed:
        return None
    return seat
