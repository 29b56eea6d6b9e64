"""Every mail of the sequence, to readers with hostile names, is by the book."""

import dkim
import factories
import linter
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from funnel.domain.links import Links
from funnel.domain.status import Kind
from funnel.domain.tokens import Keys
from funnel.flow import render, seed
from funnel.mail.dkim import Signer, new_key, record
from funnel.models import Delivery, Occurrence, Revision, Step

READERS = [
    ("Ánna Ünäl 安娜 👩‍👩‍👧‍👦", "anna+magnesium@bücher.example"),
    ("x" * 200, "x" * 64 + "@" + "a" * 63 + ".example"),
    ('"<script>&{{ host }}', "o'hara!#$%&'*+/?=^_`{|}~-@example.com"),
    ("=?utf-8?q?=0d=0aBcc:?=", "b@example.com"),
    (".\u202e. ..", "a@b.example"),
    ("", "nobody@example.com"),
]
SIGNER = Signer.of(new_key(), "funnel")


@pytest.fixture
def office(session: Session) -> render.Office:
    seed.plant(session, base_url="https://x.nl", live=True, now=factories.NOW)
    return render.Office(Links("https://x.nl", Keys.of("secret")), signer=SIGNER)


def letters(
    session: Session, office: render.Office, name: str, address: str
) -> list[tuple[Revision, render.Frozen]]:
    """Freeze what every step says to one reader with a seat."""
    date = session.scalars(select(Occurrence).order_by(Occurrence.id)).first()
    person = factories.subscriber(session, first_name=name, address=address)
    seat = factories.registration(session, subscriber=person, occurrence=date)
    steps = session.scalars(select(Step).order_by(Step.id)).all()
    enrollment = factories.enrollment(
        session, sequence=steps[0].sequence, registration=seat, due_at=None
    )
    found = []
    for step in steps:
        assert step.revision is not None
        delivery = factories.delivery(
            session,
            kind=step.revision.kind,
            address=address,
            subscriber_id=person.id,
            enrollment_id=enrollment.id,
            step_id=step.id,
        )
        found.append((step.revision, _frozen(session, office, delivery.id)))
    return found


def _frozen(session: Session, office: render.Office, of: int) -> render.Frozen:
    row = session.execute(render.NEEDED.where(Delivery.id == of)).one()
    for text in session.execute(render.CONTENT, {"ids": [row.revision_id]}):
        office.keep(text)
    business = session.execute(render.BUSINESS).one()
    return render.freeze(row, business, office.texts[row.revision_id], factories.NOW)


def test_every_mail_of_the_sequence_follows_the_standards(
    session: Session, office: render.Office
) -> None:
    for name, address in READERS:
        found = letters(session, office, name, address)
        assert len(found) >= 20

        for revision, letter in found:
            first, again = (render.message(office, letter)[2] for _ in range(2))
            is_marketing = revision.kind is Kind.MARKETING
            assert linter.complaints(first, marketing=is_marketing, most=998) == []
            assert first == again
            assert dkim.verify(first, dnsfunc=lambda *_, **__: record(SIGNER).encode())
