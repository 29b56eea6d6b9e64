"""Subscribers in the studio: filters, tags, corrections, files."""

import io
import json
from datetime import datetime

import factories
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from studio import Colleague

from funnel.domain.status import Reason, SequenceState, SubscriberState
from funnel.flow import imports, subscribers
from funnel.models import (
    AuditEntry,
    Enrollment,
    ImportRow,
    Subscriber,
    SubscriberImport,
    Tagging,
)


@pytest.fixture(autouse=True)
def profile(session: Session) -> None:
    factories.business(session, is_sample=False)


def test_filters_narrow_the_list_and_stay_when_it_is_turned_over(
    mara: Colleague, session: Session
) -> None:
    for number in range(55):
        factories.subscriber(session, first_name=f"Anna{number}", tags=["lente"])
    factories.subscriber(session, first_name="Bo", state=SubscriberState.BOUNCED)

    page = mara.get("/admin/subscribers?q=anna&tag=lente&order=oldest").text

    assert "55 people" in page
    assert "Bo<" not in page
    assert "order=oldest&amp;after=" in page
    assert "q=anna&amp;tag=lente" in page


@pytest.mark.parametrize(
    "query",
    [
        "order=id;drop table subscriber",
        "order=newest&after=1 OR 1=1",
        "order=address&after=%27%20OR%201=1--",
        "sequence=1)%20OR%20(1=1&occurrence=-1&waiting=9999999999999999999999",
        "q=%25%27%3B--&tag=%27%7D&state=nothing",
        "q=%00&tag=%00",
        "after=" + "9" * 5000,
        "order=address&after=%00",
        "stage=nothing&source=%00&first=x&last=9999-99-99&chosen=1)%20OR%20(1=1",
        "stage=joined&source=%27,%22,%25,--&first=2026-12-31&last=2026-01-01",
        "stage=agreed&source=,,,&chosen=99999999999999999999&first=2099-12-31",
    ],
)
def test_a_forged_query_is_an_ordinary_page(
    mara: Colleague, session: Session, query: str
) -> None:
    factories.subscriber(session)

    assert mara.get(f"/admin/subscribers?{query}").status_code == 200


def test_a_selection_is_tagged_after_its_number_was_confirmed(
    mara: Colleague, session: Session, now: datetime
) -> None:
    her = factories.subscriber(session, first_name="Anna")
    factories.subscriber(session, first_name="Bo")

    asked = mara.get("/admin/subscribers/selection?q=anna").text
    path = "/admin/subscribers/selection/tag?q=anna"
    wrong = mara.post(path, tag="lente", counted="2", what="add")
    bad = mara.post(path, tag="=x", counted="1", what="add")
    right = mara.post(path, tag="Lente", counted="1", what="add")
    subscribers.work(session, now=now)

    assert "1 person" in asked
    assert (wrong.status_code, bad.status_code) == (422, 422)
    assert "The number has changed" in wrong.text
    assert right.location == "/admin/subscribers?q=anna"
    session.refresh(her)
    assert her.tags == ["lente"]
    assert session.scalars(select(Tagging)).one().is_added
    deed = session.scalars(select(AuditEntry)).one()
    assert (deed.deed, deed.user_id) == ("selections.tag", mara.user.id)
    assert deed.about["tag"] == "Lente"


def test_a_file_of_people_is_streamed_and_written_down(
    mara: Colleague, session: Session
) -> None:
    factories.subscriber(session, address="an@example.nl", first_name="=1+1")

    answer = mara.post("/admin/subscribers/selection/export?q=an@")

    assert answer.mimetype == "text/csv"
    assert "attachment" in answer.headers["Content-Disposition"]
    assert '"an@example.nl","\'=1+1"' in answer.text
    deed = session.scalars(select(AuditEntry)).one()
    assert (deed.deed, deed.about) == ("selections.export", {})  # an erasure lasts


def test_one_person_is_tagged_corrected_and_given_as_a_file(
    mara: Colleague, session: Session
) -> None:
    her = factories.subscriber(session)
    path = f"/admin/subscribers/{her.id}"

    mara.post(f"{path}/tags", tag="Lente")
    bad = mara.post(path, first_name="Zoë", zone="Mars", language="nl")
    good = mara.post(path, first_name="Zoë", zone="Asia/Tokyo", language="en")
    file = mara.post(f"{path}/export")
    mara.post(f"{path}/tags", tag="lente", drop="yes")

    assert bad.status_code == 422
    assert 'value="Zoë"' in bad.text
    assert good.status_code == 303
    kept = json.loads(file.text)["subscriber"]
    assert (kept["first_name"], kept["tags"]) == ("Zoë", ["lente"])
    session.refresh(her)
    assert (her.zone, her.language, her.tags) == ("Asia/Tokyo", "en", [])
    deeds = session.scalars(select(AuditEntry.deed).order_by(AuditEntry.id)).all()
    assert deeds == [
        "selections.tag_one",
        "subscribers.edit",
        "subscribers.export",
        "selections.tag_one",
    ]


def test_a_file_is_sent_understood_checked_and_brought_in(
    mara: Colleague, session: Session, now: datetime
) -> None:
    data = "email;naam;x\nbo@example.nl;Bo;<script>\ngeen;=1+1;\n"
    sent = mara.post("/admin/imports", file=(io.BytesIO(data.encode()), "lijst.csv"))
    path = sent.location
    shown = mara.get(path).text
    columns = {"column-0": "address", "column-1": "first_name", "column-2": "evil"}
    wording = "Ticked the mail series on our site."
    unsaid = mara.post(f"{path}/check", **columns, has_header="yes")
    form = {**columns, "has_header": "yes", "purposes": "series", "wording": wording}
    mara.post(f"{path}/check", **form)
    waiting = mara.get(path).text
    imports.work(session, now=now)
    checked = mara.get(path).text
    report = mara.get(f"{path}/left-out.csv").text
    mara.post(f"{path}/start")
    twice = mara.post(f"{path}/start")
    imports.work(session, now=now)

    assert "&lt;script&gt;" in shown
    assert unsaid.status_code == 422
    assert 'id="wording-error"' in unsaid.text
    assert 'id="work"' in waiting
    assert "This is what would happen" in checked
    assert '"3";"geen";"the address has no @"' in report
    assert twice.status_code == 303  # a double click is no mistake of hers
    assert "is brought in" in mara.get(path).text
    bo = session.scalars(select(Subscriber)).one()
    assert (bo.address, bo.first_name) == ("bo@example.nl", "Bo")


def test_a_spreadsheet_instead_of_a_csv_file_is_refused_on_the_page(
    mara: Colleague, session: Session
) -> None:
    zipped = mara.post("/admin/imports", file=(io.BytesIO(b"PK\x03\x04"), "a.xlsx"))
    none = mara.post("/admin/imports")

    assert (zipped.status_code, none.status_code) == (422, 422)
    assert "no CSV file" in zipped.text
    assert session.scalars(select(SubscriberImport)).all() == []


def test_a_file_is_thrown_away(mara: Colleague, session: Session) -> None:
    row = factories.subscriber_import(session)

    mara.post(f"/admin/imports/{row.id}/cancel")

    assert "thrown away" in mara.get("/admin/imports").text
    assert session.scalars(select(ImportRow)).all() == []


def test_a_marketer_starts_a_sequence_for_her_and_lets_her_go(
    mara: Colleague, session: Session
) -> None:
    sequence = factories.sequence(session, doors={"enter": "by hand"})
    her = factories.subscriber(session)
    here = f"/admin/subscribers/{her.id}"

    mara.post(f"{here}/ways/start", sequence=sequence.slug)
    on_her_way = mara.get(here).text
    mara.post(f"{here}/ways/{sequence.slug}/finish")

    assert "Let her go from this sequence" in on_her_way
    assert "Let her go from this sequence" not in mara.get(here).text
    assert session.scalars(select(Enrollment)).one().reason is Reason.BY_HAND


def test_what_cannot_be_started_or_ended_is_said(
    mara: Colleague, session: Session
) -> None:
    draft = factories.sequence(session, state=SequenceState.DRAFT)
    live = factories.sequence(session, doors={"enter": "by hand"})
    her = factories.subscriber(session)
    here = f"/admin/subscribers/{her.id}"

    def said(path: str, **sent: str) -> str:
        mara.post(f"{here}/ways/{path}", **sent)
        return mara.get(here).text

    assert "let it go live first" in said("start", sequence=draft.slug)
    assert "not on her way" in said(f"{live.slug}/finish")
    said("start", sequence=live.slug)
    assert "may not start again" in said("start", sequence=live.slug)
