"""What cannot be undone asks first, and says what it does and to whose work."""

import re

import factories
import pytest
import sending
from flask import Flask
from sqlalchemy.orm import Session
from studio import Colleague, colleague

from funnel.domain.status import SequenceState, SubscriberState, TeamRole
from funnel.flow import preferences
from funnel.models import Sequence, Subscriber


@pytest.fixture
def mara(app: Flask, session: Session) -> Colleague:
    factories.business(session, is_sample=False)
    return colleague(app, session)


def asked(page: str, path: str) -> str:
    """Return what is said before the form to this path; it is folded away at first."""
    for part in re.findall(r"<details.*?</details>", page, re.DOTALL):
        if f'action="{path}"' in part:
            assert " open" not in part.split(">", 1)[0]
            assert part.index("<summary") < part.index("<form")
            return " ".join(part.split())
    raise AssertionError(f"nothing asks before {path}")


def forms(page: str, path: str) -> int:
    return page.count(f'action="{path}"')


def test_dropping_every_draft_names_how_many_mails_and_whose_words(
    mara: Colleague, app: Flask, session: Session
) -> None:
    sequence = factories.sequence(session, slug="rust")
    steps = [factories.step(session, sequence=sequence) for _ in range(2)]
    session.commit()
    bo = colleague(app, session)
    bo.user.name, mara.user.name = "Bo", "Mara"
    session.commit()
    mara.post("/admin/sequences/rust/list/discard")  # what was before does not count
    for her, step in ((bo, steps[0]), (mara, steps[1])):
        her.post(f"/admin/steps/{step.id}/switch")

    page = mara.get("/admin/sequences/rust/publish").text

    said = asked(page, "/admin/sequences/rust/list/discard")
    assert forms(page, "/admin/sequences/rust/list/discard") == 1
    assert "The changes of 2 mails are thrown away." in said
    assert "Written by Mara, Bo." in said
    assert "cannot be undone" in said


def test_archiving_says_how_many_people_get_no_more(
    mara: Colleague, session: Session
) -> None:
    sequence = factories.sequence(session, slug="rust", state=SequenceState.LIVE)
    factories.enrollment(session, sequence=sequence)
    session.commit()

    page = mara.get("/admin/sequences/rust").text
    said = asked(page, "/admin/sequences/rust/archive")
    mara.post("/admin/sequences/rust/archive")

    assert forms(page, "/admin/sequences/rust/archive") == 1
    assert "1 person is inside and gets no more of its mails." in said
    kept = session.get_one(Sequence, sequence.id, populate_existing=True)
    assert kept.state is SequenceState.ARCHIVED


def test_letting_somebody_go_says_that_it_is_for_good(
    mara: Colleague, session: Session
) -> None:
    way = factories.enrollment(
        session, sequence=factories.sequence(session, slug="rust")
    )
    session.commit()
    path = f"/admin/subscribers/{way.subscriber_id}"

    page = mara.get(path).text

    said = asked(page, f"{path}/ways/rust/finish")
    assert "no more marketing mail" in said
    assert "cannot be undone" in said


def test_who_asks_one_of_us_to_stop_gets_no_more_marketing(
    mara: Colleague, session: Session
) -> None:
    way = factories.enrollment(session)
    her = session.get_one(Subscriber, way.subscriber_id)
    sending.agree(session, her)
    session.commit()
    path = f"/admin/subscribers/{her.id}"

    said = asked(mara.get(path).text, f"{path}/unsubscribe")
    mara.post(f"{path}/unsubscribe")

    assert "only she herself can come back" in said
    session.expire_all()
    assert her.state is SubscriberState.UNSUBSCRIBED
    assert preferences.in_force(session, her.id) == frozenset()
    page = mara.get(path).text
    assert "by one of us, as she asked" in page
    assert f"{path}/unsubscribe" not in page


def test_who_wants_to_be_forgotten_is_erased_by_an_owner(
    mara: Colleague, app: Flask, session: Session
) -> None:
    owner = colleague(app, session, role=TeamRole.OWNER)
    her = factories.subscriber(session, address="noor@example.nl")
    session.commit()
    path = f"/admin/subscribers/{her.id}"

    said = asked(owner.get(path).text, f"{path}/erase")
    assert f"{path}/erase" not in mara.get(path).text
    owner.post(f"{path}/erase")

    assert "cannot be undone" in said
    session.expire_all()
    assert her.address is None
    assert "noor@example.nl" not in mara.get("/admin/subscribers").text
