"""What keeps drafts from being published, and what is only said of them."""

import dataclasses
from datetime import datetime
from typing import Any

import factories
import pytest
from sqlalchemy.orm import Session

from funnel.domain.status import Kind, Purpose, Role, SequenceState
from funnel.flow import publishing
from funnel.flow.publishing import BadDraft, Finding, structure, touched
from funnel.mail.checks import Level
from funnel.models import Sequence, Step

BODY = "Hoi,\n\n[Lees verder]({{ article_url }})."


@pytest.fixture
def row(session: Session) -> Sequence:
    """A, b and c, published and live; c goes to who got a."""
    sequence = factories.sequence(session, slug="rust", state=SequenceState.LIVE)
    for rank, slug in enumerate(("01-a", "02-b", "03-c")):
        condition = "any of 01-a sent" if slug == "03-c" else ""
        factories.step(
            session,
            sequence=sequence,
            slug=slug,
            rank=rank,
            subject=f"Mail {slug[-1]}",
            body=BODY,
            condition=condition,
        )
    session.refresh(sequence)
    return sequence


def step(row: Sequence, letter: str) -> Step:
    return next(one for one in row.steps if one.slug.endswith(letter))


def draft(session: Session, row: Sequence, letter: str, **fields: Any) -> None:
    publishing.save_draft(session, step(row, letter).id, fields, seen=None)


def publish(session: Session, row: Sequence, now: datetime) -> None:
    version = row.version
    publishing.publish(session, row.id, base_version=version, author="t", now=now)


def kept_back(row: Sequence) -> dict[str, set[str]]:
    return {
        one.slug: {finding.rule for finding in why}
        for one, why in publishing.blocks(row)
    }


def found_in(row: Sequence, letter: str, **changes: Any) -> list[Finding]:
    one = step(row, letter)
    content = dataclasses.replace(publishing.contents(one).latest, **changes)
    return publishing.findings(one, content)


def rules_of(row: Sequence, letter: str, **changes: Any) -> set[str]:
    return {finding.rule for finding in found_in(row, letter, **changes)}


def test_a_draft_with_a_gap_is_not_published_and_nothing_is_lost(
    session: Session, row: Sequence, now: datetime
) -> None:
    draft(session, row, "b", body=f"{BODY}\n\n[VUL IN: prijs]")
    draft(session, row, "a", subject="Anders")

    with pytest.raises(BadDraft, match=r"02-b.*filled in"):
        publish(session, row, now)
    session.rollback()

    assert kept_back(row) == {"02-b": {"left-open"}}
    assert row.version == 1
    assert step(row, "a").draft is not None
    draft(session, row, "b", body=BODY)
    publish(session, row, now)
    assert (row.version, publishing.blocks(row)) == (2, [])


def test_a_mail_that_is_off_is_kept_back_only_when_it_is_switched_on(
    session: Session, row: Sequence, now: datetime
) -> None:
    draft(session, row, "b", body="[hier](https://vul-in.example)", is_on=False)
    found = publishing.findings(
        step(row, "b"), publishing.contents(step(row, "b")).latest
    )
    publish(session, row, now)

    draft(session, row, "b", is_on=True)

    assert {one.level for one in found} == {Level.LOOK}
    assert kept_back(row) == {"02-b": {"made-up-link"}}


def test_a_condition_on_a_mail_that_this_deletes_keeps_both_back(
    session: Session, row: Sequence, now: datetime
) -> None:
    seen = structure.mark(row)
    publishing.remove(session, step(row, "a").id, now=now, seen=seen)

    with pytest.raises(BadDraft, match=r"03-c.*condition.*Mail a"):
        publish(session, row, now)
    session.rollback()

    assert kept_back(row) == {"03-c": {"missing-mail"}}
    draft(session, row, "c", condition="any of 02-b sent")
    publish(session, row, now)
    assert [one.slug for one in structure.listed(row)] == ["02-b", "03-c"]


@pytest.mark.parametrize(
    ("condition", "level"),
    [
        ("sent 01-a", Level.BLOCK),
        ("clicked 01-a", Level.BLOCK),
        ("any of 01-a, 02-b sent", Level.LOOK),
        ("not sent 01-a", Level.LOOK),
        ("joined", None),
        ("sent 02-b", None),
    ],
)
def test_a_condition_that_somebody_can_still_meet_is_only_looked_at(
    session: Session, row: Sequence, now: datetime, condition: str, level: Level | None
) -> None:
    publishing.remove(session, step(row, "a").id, now=now, seen=structure.mark(row))

    found = found_in(row, "c", condition=condition)

    said = [(one.level, one.details) for one in found if one.rule == "missing-mail"]
    assert said == ([(level, {"mail": "Mail a"})] if level else [])


def test_a_mail_without_a_draft_that_a_deletion_touches_is_said(
    session: Session, row: Sequence, now: datetime
) -> None:
    revised = step(row, "c").revision
    assert revised is not None
    revised.condition = "any of 01-a, 02-b sent"

    publishing.remove(session, step(row, "a").id, now=now, seen=structure.mark(row))

    said = [(one.slug, [why.rule for why in found]) for one, found in touched(row)]
    assert said == [("03-c", ["missing-mail"])]
    assert publishing.blocks(row) == []
    assert touched(factories.sequence(session)) == []


def test_what_is_only_to_be_looked_at_is_published(
    session: Session, row: Sequence, now: datetime
) -> None:
    draft(session, row, "b", body="Hoi {{ first_name }}.", preheader="")

    found = found_in(row, "b")
    publish(session, row, now)

    rules = {"no-preheader", "nothing-to-follow", "bare-name"}
    assert {one.rule for one in found} == rules
    assert row.version == 2


def test_what_the_law_says_comes_after_what_keeps_a_mail_back_and_once(
    session: Session, row: Sequence
) -> None:
    body = f"Magnesium helpt tegen hoofdpijn. [VUL IN: prijs]\n\n{BODY}"
    draft(session, row, "b", body=body)

    found = found_in(row, "b")

    assert [one.level for one in found][:1] == [Level.BLOCK]
    law = {one.rule for one in found if one.is_claim}
    assert "M01" in law
    assert [one.quote for one in found].count("[VUL IN: prijs]") == 1


def test_a_product_makes_an_advertisement_of_the_mail_and_of_those_around_it(
    session: Session, row: Sequence
) -> None:
    product = '[Potje](https://winkel.nl/x "product")\nMet magnesium.'
    draft(session, row, "b", body=product, purpose=Purpose.OFFERS)

    found = found_in(row, "b")

    assert "R01" in {one.rule for one in found}
    assert "R01" not in rules_of(row, "b", subject="[Advertentie] Een potje")
    assert "H02" in rules_of(row, "c", body=f"Slaap is een vak. € 5.\n\n{BODY}")


def test_who_is_told_of_a_new_date_has_one(row: Sequence) -> None:
    body = f"[agenda]({{{{ calendar_url }}}})\n\n{BODY}"
    service = {"body": body, "kind": Kind.SERVICE, "purpose": None}

    assert "dead-link" in rules_of(row, "b", **service)
    assert "dead-link" not in rules_of(row, "b", **service, timing="start - 24 hours")
    step(row, "b").role = Role.MOVED
    assert "dead-link" not in rules_of(row, "b", **service)


def test_a_link_of_a_product_is_said_once_and_without_its_markdown(
    row: Sequence,
) -> None:
    body = f'{BODY}\n\n[**Kussen**](https://winkel.example/kussen "product")\nZacht.'

    found = found_in(row, "b", body=body, kind=Kind.MARKETING, purpose=Purpose.OFFERS)

    made_up = [one.quote for one in found if one.rule == "made-up-link"]
    assert made_up == ["https://winkel.example/kussen"]
    assert [one.quote for one in found if one.rule == "R01"] == ["Kussen"]
