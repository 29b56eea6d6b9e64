"""A mail as one real person reads it, and who lacks what it says."""

from dataclasses import replace

import factories
import pytest
from sqlalchemy.orm import Session

from funnel.domain.status import EnrollmentState, Kind, Role
from funnel.flow import publishing, reports
from funnel.models import Step

BODY = (
    'Hoi {{ first_name|default("daar") }},\n\n'
    "{% if start %}{{ start_day }}{% else %}Nog geen datum.{% endif %}\n\n"
    '[Open]({{ join_url }} "button")'
)


@pytest.fixture
def step(session: Session) -> Step:
    factories.business(session, host_name="Noor")
    step = factories.step(session, kind=Kind.SERVICE, role=Role.LISTED)
    factories.masterclass(session, sequence_id=step.sequence_id, title="Rust")
    return step


def shown(session: Session, step: Step, body: str, **her: object) -> publishing.Preview:
    content = replace(publishing.contents(step).latest, body=body)
    return publishing.preview(session, step, content, now=factories.NOW, **her)  # type: ignore[arg-type]


def test_a_preview_says_what_is_known_of_her_and_links_nowhere(
    session: Session, step: Step
) -> None:
    her = factories.subscriber(session, first_name="Fenna")

    mail = shown(session, step, BODY, her=her)

    assert "Hoi Fenna," in mail.text
    assert "Nog geen datum." in mail.text
    assert "https://voorbeeld.nl/join/abc" in mail.text


def test_a_preview_for_somebody_with_a_seat_names_her_date(
    session: Session, step: Step
) -> None:
    her = factories.subscriber(session, first_name="")
    seat = factories.registration(session, subscriber=her)
    factories.enrollment(
        session, subscriber=her, sequence=step.sequence, registration=seat
    )

    mail = shown(session, step, BODY, her=her)

    assert "Hoi daar," in mail.text
    assert "Nog geen datum." not in mail.text


def test_somebody_is_found_by_her_address_or_a_part_of_her_name(
    session: Session,
) -> None:
    her = factories.subscriber(session, address="fenna@lezer.example", first_name="Fen")
    factories.subscriber(session, address=None, first_name="Fenomeen")

    assert publishing.reader(session, " fenna@LEZER.example ") is her
    assert publishing.reader(session, "geen adres") is None
    assert list(publishing.readers(session, "fen")) == [her]


def test_who_lacks_a_value_is_counted_among_those_inside(
    session: Session, step: Step
) -> None:
    inside = {"sequence": step.sequence}
    named, seated = (factories.subscriber(session, first_name="Fen") for _ in "ab")
    nameless, gone = (factories.subscriber(session, first_name="") for _ in "ab")
    seat = factories.registration(session, subscriber=seated)
    factories.enrollment(session, subscriber=seated, registration=seat, **inside)
    factories.enrollment(session, subscriber=named, registration=None, **inside)
    factories.enrollment(session, subscriber=nameless, registration=None, **inside)
    left = EnrollmentState.EXITED
    factories.enrollment(session, subscriber=gone, state=left, **inside)

    lacking = reports.lacking(session, step.sequence_id)

    assert lacking == {
        "first_name": 1,
        **dict.fromkeys(("start", "start_both", "start_day", "start_time"), 2),
    }
