"""Publishing: drafts become one version, and nobody overwrites a colleague."""

from datetime import datetime, timedelta
from pathlib import Path

import factories
import folders
import pytest
from folders import step
from sqlalchemy import select
from sqlalchemy.orm import Session

from funnel.domain.status import (
    DeliveryState,
    Kind,
    Purpose,
    SequenceState,
    SubscriberState,
)
from funnel.flow import due, publishing, render
from funnel.flow.publishing import draft as publishing_draft
from funnel.mail.checks import Level
from funnel.models import Delivery, Enrollment, Sequence, Step


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return folders.written(tmp_path / "rust")


@pytest.fixture
def sequence(session: Session, folder: Path, now: datetime) -> Sequence:
    return folders.planted(session, folder, now)


def test_a_draft_names_only_pictures_that_are_there(
    session: Session, sequence: Sequence
) -> None:
    welcome, there = step(sequence, "01-welkom"), factories.picture(session).name
    missing = "0123456789abcdef0123-640x400.png"
    body = f"Hoi\n\n![a](media:{there})\n\n![b](media:{missing})"

    publishing.save_draft(session, welcome.id, {"body": body}, seen=None)

    said = [(one.field, one.line, one.sentence) for one in mistakes(welcome)]
    assert said == [("body", 5, publishing_draft.NO_PICTURE)]
    assert mistakes(welcome)[0].details == {"name": missing}


def test_a_draft_like_the_published_text_is_no_draft(
    session: Session, sequence: Sequence
) -> None:
    row = step(sequence, "02-rust")
    publishing.save_draft(session, row.id, {"subject": "Anders"}, seen=None)
    assert row.draft is not None

    publishing.save_draft(
        session, row.id, {"subject": "Rust", "timing": "1  DAY at 8.30"}, seen=None
    )

    assert row.draft is None


def test_a_draft_over_a_colleagues_newer_one_is_refused(
    session: Session, sequence: Sequence
) -> None:
    row = step(sequence, "02-rust")
    opened = publishing.contents(row).latest.fingerprint
    publishing.save_draft(session, row.id, {"subject": "Van haar"}, seen=opened)

    with pytest.raises(publishing.DraftConflict) as conflict:
        publishing.save_draft(session, row.id, {"subject": "Van mij"}, seen=opened)

    assert conflict.value.latest.subject == "Van haar"
    assert publishing.contents(row).latest.subject == "Van haar"


def test_publishing_makes_one_version_and_leaves_old_revisions_as_they_were(
    session: Session, sequence: Sequence, now: datetime
) -> None:
    row = step(sequence, "02-rust")
    old = row.revision
    assert old is not None
    publishing.save_draft(session, row.id, {"subject": "Nieuw"}, seen=None)

    publishing.publish(session, sequence.id, base_version=1, author="Mara", now=now)

    assert sequence.version == 2
    assert row.draft is None
    assert row.revision is not None
    assert (row.revision.subject, row.revision.version) == ("Nieuw", 2)
    assert (old.subject, old.version) == ("Rust", 1)
    assert "Tot gauw" in row.revision.html


def test_two_people_publish_and_the_second_is_told(
    session: Session, sequence: Sequence, now: datetime
) -> None:
    row = step(sequence, "02-rust")
    publishing.save_draft(session, row.id, {"subject": "Een"}, seen=None)
    publishing.publish(session, sequence.id, base_version=1, author="A", now=now)
    publishing.save_draft(session, row.id, {"subject": "Twee"}, seen=None)

    with pytest.raises(publishing.VersionConflict):
        publishing.publish(session, sequence.id, base_version=1, author="B", now=now)

    assert sequence.version == 2


def test_a_draft_saved_after_the_review_is_not_published_unseen(
    session: Session, sequence: Sequence, now: datetime
) -> None:
    row = step(sequence, "02-rust")
    publishing.save_draft(session, row.id, {"subject": "Gezien"}, seen=None)
    reviewed = publishing.seen(sequence)
    publishing.save_draft(session, row.id, {"subject": "Ongezien"}, seen=None)

    with pytest.raises(publishing.VersionConflict):
        publishing.publish(
            session, sequence.id, base_version=1, drafts=reviewed, author="A", now=now
        )


def test_who_is_inside_is_planned_again_when_a_time_changes(
    session: Session, sequence: Sequence, now: datetime
) -> None:
    row = step(sequence, "02-rust")
    later = now + timedelta(days=2)
    inside = factories.enrollment(
        session, sequence=sequence, due_at=later, next_step_id=row.id
    )
    publishing.save_draft(session, row.id, {"subject": "Alleen tekst"}, seen=None)
    publishing.publish(session, sequence.id, base_version=1, author="A", now=now)
    session.refresh(inside)
    assert inside.due_at == later

    publishing.save_draft(session, row.id, {"timing": "3 days at 09:00"}, seen=None)
    change = publishing.changes(session, sequence)[0]
    publishing.publish(session, sequence.id, base_version=2, author="A", now=now)

    session.refresh(inside)
    assert inside.due_at == now
    assert change.waiting == 1


def test_nothing_goes_live_under_a_sample_profile_outside_the_embedded_mode(
    session: Session, folder: Path, now: datetime
) -> None:
    factories.business(session, is_sample=True)
    found = publishing.import_folder(
        session, folder, now=now, author="t", publish=False
    )
    publishing.publish(session, found.id, base_version=0, author="A", now=now)

    with pytest.raises(publishing.NotReady):
        publishing.go_live(session, found.id, now=now)
    assert found.state == "draft"
    publishing.go_live(session, found.id, now=now, embedded=True)
    assert found.state == "live"


def test_a_complete_profile_lets_it_go_live(
    session: Session, sequence: Sequence, now: datetime
) -> None:
    factories.business(session, is_sample=False)
    sequence.state = SequenceState.DRAFT

    publishing.go_live(session, sequence.id, now=now)

    assert sequence.state == "live"


def test_a_test_mail_goes_to_the_colleague_with_the_draft_and_counts_nowhere(
    session: Session, sequence: Sequence, now: datetime
) -> None:
    row, mara = step(sequence, "02-rust"), factories.user(session)
    publishing.save_draft(session, row.id, {"subject": "Proef"}, seen=None)

    publishing.test_send(session, row.id, mara, now=now)

    mail = session.scalars(select(Delivery)).one()
    assert (mail.is_test, mail.kind, mail.state) == (
        True,
        Kind.SERVICE,
        DeliveryState.SCHEDULED,
    )
    assert (mail.address, mail.user_id) == (mara.address, mara.id)
    assert mail.draft is not None
    assert mail.draft["subject"] == "Proef"
    assert mail.subscriber_id is None


@pytest.mark.parametrize(
    ("purpose", "why", "way_out"),
    [
        (None, "je hebt aangemeld", None),
        (Purpose.SERIES, "voor de mailserie", "de mailserie"),
        (Purpose.OFFERS, "een aanbod", "aanbiedingen en de mailserie"),
    ],
)
def test_the_footer_of_a_preview_and_of_a_test_follows_the_purpose(
    session: Session,
    sequence: Sequence,
    now: datetime,
    purpose: Purpose | None,
    why: str,
    way_out: str | None,
) -> None:
    factories.business(session)
    row, mara = step(sequence, "02-rust"), factories.user(session)
    kind = Kind.MARKETING if purpose else Kind.SERVICE
    fields = {"kind": kind, "purpose": purpose}
    publishing.save_draft(session, row.id, fields, seen=None)

    shown = publishing.preview(session, row, publishing.contents(row).latest, now=now)
    sent = publishing.test_send(session, row.id, mara, now=now)
    facts = session.execute(render.NEEDED, {"ids": [sent.id]}).one()
    business = session.execute(render.BUSINESS).one()
    frozen = render.freeze(facts, business, render.draft(facts), now)

    for footer in (shown.text, frozen.values["says"]["reason_text"]):
        assert why in footer
    assert ("Afmelden voor" in shown.text) is (way_out is not None)
    assert f"Afmelden voor {way_out}:" in shown.text or way_out is None


def test_a_name_with_a_template_in_it_is_shown_and_never_run(
    session: Session, sequence: Sequence, now: datetime
) -> None:
    factories.business(session, name="{{ 7*7 }}<b>", host_name="{{ 7*7 }}<b>")
    row = step(sequence, "02-rust")
    content = publishing.contents(row).latest
    body = publishing.Content(
        kind=content.kind,
        timing="at once",
        subject="{{ brand }}",
        body="Dag {{ brand }}",
    )

    shown = publishing.preview(session, row, body, now=now)

    assert shown.subject == "{{ 7*7 }}<b>"
    assert "{{ 7*7 }}&lt;b&gt;" in shown.html


def test_the_sample_person_gets_each_step_at_its_moment(
    session: Session, sequence: Sequence, now: datetime
) -> None:
    row = step(sequence, "02-rust")
    publishing.save_draft(
        session,
        row.id,
        {"is_on": True, "condition": "", "timing": "2 days at 09:15"},
        seen=None,
    )

    found = publishing.sample(session, sequence, now=now)

    moments = {item.step.slug: item.at for item in found.moments.values()}
    assert moments["01-welkom"] == now
    assert moments["02-rust"].isoformat() == "2026-11-25T08:15:00+00:00"
    assert "20-verplaatst" not in moments


def test_what_lies_ahead_of_a_subscriber_is_what_the_scan_will_do(
    session: Session, sequence: Sequence, now: datetime
) -> None:
    inside = factories.enrollment(session, sequence=sequence)
    due.scan(session, now=now)
    session.refresh(inside)

    ahead = publishing.ahead(session, [inside], now=now)

    assert set(ahead) == {step(sequence, "02-rust").id}
    assert session.get_one(Enrollment, inside.id).next_step_id in ahead


def test_nothing_lies_ahead_of_somebody_whose_mailbox_is_gone(
    session: Session, sequence: Sequence, now: datetime
) -> None:
    inside = factories.enrollment(session, sequence=sequence)
    inside.subscriber.state = SubscriberState.BOUNCED
    session.flush()

    assert publishing.ahead(session, [inside], now=now) == {}


def test_nothing_is_published_that_leaves_a_masterclass_without_its_mails(
    session: Session, sequence: Sequence, now: datetime
) -> None:
    factories.masterclass(session, sequence_id=sequence.id)
    publishing.save_draft(
        session, step(sequence, "02-rust").id, {"subject": "Stil"}, seen=None
    )

    with pytest.raises(publishing.BadDraft, match="confirmation"):
        publishing.publish(session, sequence.id, base_version=1, author="Mara", now=now)

    assert sequence.version == 1


def mistakes(row: Step) -> list[publishing.Finding]:
    found = publishing.findings(row, publishing.contents(row).latest)
    return [one for one in found if one.rule == publishing.MISTAKE]


def test_a_mistake_in_a_text_is_kept_and_said_with_its_place(
    session: Session, sequence: Sequence
) -> None:
    wrong = {
        "timing": "some day",
        "condition": "joined or else",
        "body": "Hoi,\n\nDag {{ frist_name }}.",
    }
    row = step(sequence, "02-rust")

    publishing.save_draft(session, row.id, wrong, seen=None)

    found = {one.field: one for one in mistakes(row)}
    assert set(found) == {"timing", "condition", "body"}
    assert (found["body"].line, found["body"].column) == (3, 8)
    assert "first_name" in found["body"].details.values()
    assert "1 day at 08:30" in found["timing"].details["examples"]
    assert row.draft is not None
    assert {name: row.draft[name] for name in wrong} == wrong


@pytest.mark.parametrize("is_on", [True, False])
@pytest.mark.parametrize(
    "fields",
    [
        {"subject": ""},
        {"subject": "two\nlines"},
        {"preheader": "{{ config }}"},
        {"body": ""},
        {"body": "Hoi {% if start %}"},
        {"body": "{{ ''.__class__ }}"},
        {"body": "[hier](javascript:alert(1))"},
        {"condition": "sent 99-nobody"},
        {"condition": "joined or else"},
        {"timing": "1 day"},
        {"timing": ""},
    ],
)
def test_what_is_half_written_is_kept_and_goes_to_nobody(
    session: Session,
    sequence: Sequence,
    now: datetime,
    fields: dict[str, str],
    is_on: bool,
) -> None:
    """Also of a mail that is off: no version can be made of it."""
    row, mara = step(sequence, "02-rust"), factories.user(session)

    publishing.save_draft(session, row.id, {**fields, "is_on": is_on}, seen=None)

    content = publishing.contents(row).latest
    assert {name: getattr(content, name) for name in fields} == fields
    for said in publishing.findings(row, content)[:1]:
        assert (said.rule, said.level) == (publishing.MISTAKE, Level.BLOCK)
    assert publishing.is_half_written(row)
    assert publishing.sample(session, sequence, now=now).moments
    with pytest.raises(publishing.BadDraft):
        publishing.preview(session, row, content, now=now)
    with pytest.raises(publishing.BadDraft):
        publishing.test_send(session, row.id, mara, now=now)
    with pytest.raises(publishing.BadDraft, match="02-rust"):
        publishing.publish(
            session, sequence.id, base_version=sequence.version, author="t", now=now
        )


@pytest.mark.parametrize(
    "field", ["subject", "preheader", "timing", "condition", "body"]
)
def test_what_is_too_long_is_not_kept(
    session: Session, sequence: Sequence, field: str
) -> None:
    row, most = step(sequence, "02-rust"), publishing_draft.MOST[field]

    with pytest.raises(publishing.BadDraft, match="too long"):
        publishing.save_draft(session, row.id, {field: "x" * (most + 1)}, seen=None)

    assert row.draft is None
