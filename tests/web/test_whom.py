"""Who gets a mail is chosen in the editor, down to the tag and the mail above."""

import re

import factories
import pytest
from flask import Flask
from sqlalchemy.orm import Session
from studio import Colleague, colleague

from funnel.flow import publishing, subscribers
from funnel.models import Step


@pytest.fixture
def mara(app: Flask, session: Session) -> Colleague:
    factories.business(session, is_sample=False)
    return colleague(app, session)


@pytest.fixture
def step(session: Session) -> Step:
    """The third of four mails, in a world with a tag."""
    row = factories.sequence(session, slug="rust")
    steps = [
        factories.step(session, sequence=row, slug=slug, subject=slug.upper())
        for slug in ("01-een", "02-twee", "03-drie", "04-vier")
    ]
    subscribers.remember(session, ["oud"])
    session.commit()
    return steps[2]


def condition(step: Step) -> str:
    return publishing.contents(step).latest.condition


def chosen(page: str, name: str) -> str | None:
    """Return the option that a select shows."""
    select = re.search(rf'<select[^>]* name="{name}".*?</select>', page, re.DOTALL)
    assert select, name
    found = re.search(r'<option value="([^"]*)"\s+selected>', select[0])
    return found[1] if found else None


def form(step: Step, **said: str) -> dict[str, str]:
    content = publishing.contents(step).latest
    names = ("subject", "preheader", "body", "timing")
    fields = {name: getattr(content, name) for name in names}
    return fields | {"seen": content.fingerprint, "is_on": "on"} | said


@pytest.mark.parametrize(
    ("said", "means"),
    [
        ({"condition": "tag", "condition_tag": " Rustig Aan "}, "tag rustig-aan"),
        ({"condition": "not tag", "condition_tag": "oud"}, "not tag oud"),
        ({"condition": "clicked", "condition_mail": "02-twee"}, "clicked 02-twee"),
        (
            {"condition": "not clicked", "condition_mail": "01-een"},
            "not clicked 01-een",
        ),
        ({"condition": "sent", "condition_mail": "01-een"}, "sent 01-een"),
        ({"condition": "purchased", "condition_tag": "oud"}, "purchased"),
        ({"condition": "", "condition_mail": "01-een"}, ""),
        ({"condition": "tag oud and joined"}, "tag oud and joined"),
    ],
)
def test_what_is_chosen_is_kept_and_shown_again(
    mara: Colleague, step: Step, said: dict[str, str], means: str
) -> None:
    assert mara.post(f"/admin/steps/{step.id}", **form(step, **said)).status_code == 303

    page = mara.get(f"/admin/steps/{step.id}").text
    assert condition(step) == means
    assert chosen(page, "condition") == said["condition"]
    if " " in means and means == f"{said['condition']} {said.get('condition_mail')}":
        assert chosen(page, "condition_mail") == said["condition_mail"]
    if said["condition"] in {"tag", "not tag"}:
        assert f'name="condition_tag" value="{means.rpartition(" ")[2]}"' in " ".join(
            page.split()
        )


def test_only_mails_above_and_tags_that_are_there_are_offered(
    mara: Colleague, step: Step
) -> None:
    page = mara.get(f"/admin/steps/{step.id}").text

    mails = re.search(
        r'<select[^>]* name="condition_mail".*?</select>', page, re.DOTALL
    )
    assert mails
    assert re.findall('value="([^"]*)"', mails[0]) == ["01-een", "02-twee"]
    assert "01-EEN" in mails[0]
    assert '<option value="oud"></option>' in page


@pytest.mark.parametrize(
    "said",
    [
        {"condition": "tag", "condition_tag": ""},
        {"condition": "tag", "condition_tag": "a, b"},
        {"condition": "clicked"},
        {"condition": "clicked", "condition_mail": "09-nergens"},
    ],
)
def test_a_kind_without_a_good_name_is_kept_and_told(
    mara: Colleague, step: Step, said: dict[str, str]
) -> None:
    answer = mara.post(f"/admin/steps/{step.id}", **form(step, **said))

    assert answer.status_code == 303
    page = mara.get(f"/admin/steps/{step.id}").text
    assert "1 thing to put right before you can publish" in page
    assert chosen(page, "condition") == said["condition"]
