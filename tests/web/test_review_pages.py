"""What is said of a draft on its own page and before a publish."""

import factories
import pytest
from sqlalchemy.orm import Session
from studio import Colleague

from funnel.domain.status import SequenceState
from funnel.flow import publishing
from funnel.models import Sequence, Step

BODY = "Hoi,\n\n[Lees verder]({{ article_url }})."
REVIEW = "/admin/sequences/rust/publish"


@pytest.fixture(autouse=True)
def profile(session: Session) -> None:
    factories.business(session, is_sample=False)


@pytest.fixture
def step(session: Session) -> Step:
    row = factories.sequence(session, slug="rust", state=SequenceState.LIVE)
    return factories.step(session, sequence=row, subject="Rust", body=BODY)


def draft(session: Session, step: Step, **fields: str) -> None:
    publishing.save_draft(session, step.id, fields, seen=None)


def test_what_keeps_a_mail_back_stands_where_the_button_would_be(
    mara: Colleague, session: Session, step: Step
) -> None:
    draft(session, step, body=f"{BODY}\n\n[VUL IN: prijs & btw]")

    page = mara.get(REVIEW).text

    assert "1 mail cannot be published like this" in page
    assert "<q>[VUL IN: prijs &amp; btw]</q>" in page
    assert "Write what it is." in page
    assert "Line 5:" in page
    assert f'href="/admin/steps/{step.id}"' in page
    assert "Publish version" not in page


def test_a_forged_publish_is_refused_with_the_mail_and_the_reason(
    mara: Colleague, session: Session, step: Step
) -> None:
    draft(session, step, body="[hier](https://example.com)")
    row = step.sequence
    sent = {"version": str(row.version), "drafts": publishing.seen(row)}

    answer = mara.post(REVIEW, **sent)

    assert answer.status_code == 422
    assert f"{step.slug}: This link is only an example" in answer.text
    assert session.get_one(Sequence, row.id).version == 1


def test_what_is_only_to_be_looked_at_leaves_the_button(
    mara: Colleague, session: Session, step: Step
) -> None:
    draft(session, step, preheader="")

    page = mara.get(REVIEW).text

    assert "There is no preheader" in page
    assert "cannot be published" not in page
    assert "Publish version 2" in page


def test_the_page_of_a_mail_says_both_apart_in_the_language_of_its_reader(
    mara: Colleague, session: Session, step: Step
) -> None:
    draft(session, step, body="TODO, {{ first_name }}", preheader="")

    english = mara.get(f"/admin/steps/{step.id}").text
    mara.user.language = "nl"
    session.commit()
    dutch = mara.get(f"/admin/steps/{step.id}").text

    assert "1 thing to put right before you can publish" in english
    assert "3 things to look at before you publish" in english
    assert "“first_name” may be missing" in english
    assert "1 ding om op te lossen voordat je kunt publiceren" in dutch
    assert "kan ontbreken. Zeg wat er dan moet staan" in dutch
    assert "default(&#34;…&#34;)" in dutch
