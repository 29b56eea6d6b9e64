"""What the pages of sequences say is so on each of them."""

import re
from datetime import timedelta

import factories
import pytest
from flask import Flask
from sqlalchemy.orm import Session
from studio import Colleague, colleague

from funnel import clock
from funnel.domain.status import Kind
from funnel.flow import publishing
from funnel.flow.publishing import structure


@pytest.fixture
def mara(app: Flask, session: Session) -> Colleague:
    factories.business(session, is_sample=False)
    return colleague(app, session)


def test_the_list_counts_what_the_page_offers_to_publish(
    mara: Colleague, session: Session
) -> None:
    row = factories.sequence(session, slug="rust")
    steps = [factories.step(session, sequence=row, kind=Kind.SERVICE) for _ in "abcd"]
    publishing.save_draft(session, steps[0].id, {"subject": "Nieuw"}, seen=None)
    publishing.remove(session, steps[1].id, now=factories.NOW, seen=None)
    order = structure.order(row)
    structure.set_order(row, order[::-1])
    session.commit()

    count = len(publishing.unpublished(row))
    assert count > 2
    assert f"Publish {count} changes" in mara.get("/admin/sequences/rust/publish").text
    assert f"{count} changes to publish" in mara.get("/admin/sequences").text


def test_a_copy_says_that_it_has_no_masterclass_and_not_that_no_date_is_planned(
    mara: Colleague, session: Session
) -> None:
    row = factories.sequence(session, slug="rust")
    factories.step(session, sequence=row)
    factories.sequence(session, slug="leeg")
    factories.masterclass(session, sequence_id=row.id)
    session.commit()

    assert "No date is planned" in mara.get("/admin/sequences/rust").text
    alone = mara.get("/admin/sequences/leeg").text
    assert "No date is planned" not in alone
    assert "No masterclass sends its mails through this sequence" in alone


def test_an_invisible_letter_in_a_name_is_told_as_what_it_is(
    mara: Colleague, session: Session
) -> None:
    her = factories.subscriber(session)
    session.commit()

    answer = mara.post(
        f"/admin/subscribers/{her.id}",
        first_name="Bo\u200b",
        zone=her.zone,
        language="nl",
    )

    assert "without invisible ones" in answer.text


def test_no_page_invents_a_date_for_a_subject(
    mara: Colleague, session: Session
) -> None:
    row = factories.sequence(session, slug="rust")
    step = factories.step(session, sequence=row, kind=Kind.SERVICE)
    words = {"subject": "Tot {{ start_day }}!"}
    publishing.save_draft(session, step.id, words, seen=None)
    session.commit()
    alone = mara.get("/admin/sequences/rust/publish").text
    masterclass = factories.masterclass(session, sequence_id=row.id)
    start = clock.real() + timedelta(days=20)
    factories.occurrence(session, masterclass=masterclass, starts_at=start)
    session.commit()

    assert "Tot …!" in alone
    page = mara.get("/admin/sequences/rust/publish").text
    assert "Tot …!" not in page
    assert re.search(r"Tot \w+dag \d+ \w+!", page)
