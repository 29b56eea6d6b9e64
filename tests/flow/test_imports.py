"""Files of subscribers: understood, checked row by row, brought in once."""

from datetime import datetime
from typing import Any

import factories
import pytest
import sending
from importing import (
    HEAD,
    WORDING,
    alone,
    brought_in,
    checked,
    person,
    plan,
    upload,
    work,
)
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from funnel.domain.status import ImportState, Purpose, SubscriberState, Verdict
from funnel.flow import imports, preferences, reports, subscribers
from funnel.flow.imports import Unready
from funnel.flow.preferences import Wording
from funnel.flow.reports import Selection
from funnel.models import (
    Consent,
    Event,
    EventKind,
    ImportChunk,
    ImportRow,
    Subscriber,
    SubscriberImport,
)


def test_new_people_come_with_proof_of_where_their_consent_comes_from(
    session: Session, now: datetime
) -> None:
    brought_in(session, HEAD + "Bo@Example.NL;Bo;lente, Rustig aan\n", now, tag="oud")

    bo = person(session, "Bo@example.nl")
    proof = session.scalars(select(Consent)).one()
    assert bo.state is SubscriberState.ACTIVE
    assert bo.tags == ["oud", "lente", "rustig-aan"]
    assert (proof.subscriber_id, proof.purpose) == (bo.id, Purpose.SERIES)
    assert (proof.wording, proof.place, proof.at) == (WORDING, "import", now)
    told = session.scalars(select(Event.kind).where(Event.subscriber_id == bo.id))
    assert list(told) == [EventKind.IMPORTED]
    assert set(subscribers.known_tags(session)) == {"oud", "lente", "rustig-aan"}


def test_checking_changes_nobody_and_says_of_each_row_what_is_wrong(
    session: Session, now: datetime
) -> None:
    left = factories.subscriber(session, address="weg@example.nl")
    wording = Wording("Afmelden", "nl", "unsubscribe")
    preferences.unsubscribe(session, left.id, now=now, wording=wording)
    factories.subscriber(
        session, address="dood@example.nl", state=SubscriberState.BOUNCED
    )
    factories.subscriber(session, address="hier@example.nl", first_name="")
    before = session.scalar(select(func.count(Subscriber.id)))
    rows = (
        *("nieuw@example.nl;Bo;", "NIEUW@example.nl;Nog eens;", "geen adres;X;"),
        *("weg@example.nl;Weg;", "dood@example.nl;D;", "hier@example.nl;Hier;"),
        *("te@example.nl;veel;cellen;hier", ";;", "x@nergens;Y;"),
    )

    row = checked(session, HEAD + "\n".join(rows), now)

    assert row.state is ImportState.CHECKED
    assert session.scalar(select(func.count(Subscriber.id))) == before
    assert row.tally == {
        "new": 1,
        "known": 1,
        "duplicate": 1,
        "bad-address": 2,
        "left": 1,
        "suppressed": 1,
        "bad-row": 1,
    }
    report = {one.line: one.verdict for one in imports.left_out(session, row.id)}
    assert report == {
        3: Verdict.DUPLICATE,
        4: Verdict.BAD_ADDRESS,
        5: Verdict.LEFT,
        6: Verdict.SUPPRESSED,
        8: Verdict.BAD_ROW,
        10: Verdict.BAD_ADDRESS,
    }


def test_who_unsubscribed_here_is_never_opted_in_again_by_a_file(
    session: Session, now: datetime
) -> None:
    left = factories.subscriber(session, address="weg@example.nl")
    sending.agree(session, left)
    wording = Wording("Afmelden", "nl", "unsubscribe")
    preferences.unsubscribe(session, left.id, now=now, wording=wording)
    gone = factories.subscriber(session, address="gewist@example.nl")
    preferences.erase(session, gone.id, now=now)

    brought_in(session, HEAD + "Weg@example.nl;W;lente\ngewist@example.nl;G;\n", now)

    session.refresh(left)
    assert left.state is SubscriberState.UNSUBSCRIBED
    assert left.tags == []
    assert preferences.in_force(session, left.id) == frozenset()
    assert reports.count(session, Selection(words="gewist")) == 0


def test_who_leaves_between_the_check_and_the_import_stays_out(
    session: Session, now: datetime
) -> None:
    row = checked(session, HEAD + "bo@example.nl;Bo;\nan@example.nl;An;\n", now)
    bo = factories.subscriber(session, address="bo@example.nl")
    wording = Wording("Afmelden", "nl", "unsubscribe")
    preferences.unsubscribe(session, bo.id, now=now, wording=wording)

    imports.start(session, row.id)
    work(session, now)

    row = session.get_one(SubscriberImport, row.id)
    assert row.tally == {"new": 1, "left": 1}
    assert [one.address for one in imports.left_out(session, row.id)] == [
        "bo@example.nl"
    ]


def test_known_people_get_the_tag_and_a_missing_name_and_no_consent(
    session: Session, now: datetime
) -> None:
    known = factories.subscriber(
        session, address="An@example.nl", address_key="an@example.nl", first_name=""
    )
    named = factories.subscriber(session, address="bo@example.nl", first_name="Bo")

    brought_in(session, HEAD + "an@example.nl;Anna;oud\nbo@example.nl;X;oud\n", now)

    session.refresh(known)
    session.refresh(named)
    assert (known.first_name, known.tags) == ("Anna", ["oud"])
    assert (named.first_name, named.tags) == ("Bo", ["oud"])
    assert session.scalars(select(Consent)).all() == []


def test_the_same_file_a_second_time_changes_nothing(
    session: Session, now: datetime
) -> None:
    text = HEAD + "".join(f"r{n}@example.nl;R{n};oud\n" for n in range(30))
    brought_in(session, text, now)

    again = brought_in(session, text, now)

    assert again.tally == {"known": 30}
    for table in (Subscriber, Consent, Event):
        assert session.scalar(select(func.count()).select_from(table)) == 30


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("head", ["email,name\r\n", ""])
def test_whoever_goes_on_with_a_file_begins_where_the_other_stopped(
    session: Session,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
    encoding: str,
    head: str,
) -> None:
    monkeypatch.setattr("funnel.flow.imports.check.BATCH", 2)
    monkeypatch.setattr("funnel.flow.imports.bring.BATCH", 2)
    rows = [
        f'r{n}@example.nl,"Zoë\n{n}"\r\n' if n % 3 else f'bad {n},"a\n\nb"\r\n\r\n'
        for n in range(9)
    ]
    row = upload(session, (head + "".join(rows)).encode(encoding), now)
    columns = ["address", "first_name"]
    imports.prepare(session, row.id, plan(row, columns=columns, has_header=bool(head)))

    alone(session, now)
    imports.start(session, row.id)
    alone(session, now)

    lines = [one.line for one in imports.left_out(session, row.id)]
    first = 3 + bool(head)
    assert row.tally == {"new": 6, "bad-address": 3}
    assert lines == [first, first + 8, first + 16]
    names = session.scalars(select(Subscriber.first_name)).all()
    assert set(names) == {f"Zoë {n}" for n in (1, 2, 4, 5, 7, 8)}


def test_who_lives_where_we_know_no_time_comes_in_and_is_reported(
    session: Session, now: datetime
) -> None:
    text = (
        "email,tijdzone\nmars@example.nl,Mars/Phobos\n"
        "parijs@example.nl,Europe/Paris\nleeg@example.nl,\n"
    )
    row = checked(session, text, now)
    before = [(one.line, one.values) for one in imports.left_out(session, row.id)]
    tally = dict(row.tally)

    imports.start(session, row.id)
    work(session, now)

    assert tally == {"new": 2, "unknown-zone": 1}
    assert [(line, values["odd_zone"]) for line, values in before] == [
        (2, "Mars/Phobos")
    ]
    assert session.get_one(SubscriberImport, row.id).tally == {
        "new": 2,
        "home-zone": 1,
    }
    assert [one.line for one in imports.left_out(session, row.id)] == [2]
    assert person(session, "mars@example.nl").zone == "Europe/Amsterdam"
    assert person(session, "mars@example.nl").state is SubscriberState.ACTIVE
    assert person(session, "parijs@example.nl").zone == "Europe/Paris"


def test_our_own_export_brings_everybody_back_as_they_were(
    session: Session, now: datetime
) -> None:
    risky = [
        "=1+1",
        "+31 6 12345678",
        "-Bo",
        "@an",
        "'t Hart",
        "'=x",
        "\uff1dx",
        'Zoë; "Q"',
    ]
    for number, name in enumerate(risky):
        her = factories.subscriber(
            session, first_name=name, tags=["oud", f"n{number}"], zone="Asia/Tokyo"
        )
        sending.agree(session, her, purpose=Purpose.OFFERS)
    factories.subscriber(session, state=SubscriberState.UNSUBSCRIBED)
    session.commit()
    names = (Subscriber.address, Subscriber.first_name, Subscriber.tags)
    wanted = (*names, Subscriber.zone, Subscriber.state, Subscriber.language)
    rows = select(*wanted).order_by(Subscriber.address)
    before = [tuple(row) for row in session.execute(rows)]
    file = "".join(subscribers.lines(session, Selection()))
    for table in (Consent, Subscriber):
        session.execute(table.__table__.delete())  # type: ignore[attr-defined]  # a Table

    brought_in(session, file, now, purposes=list(Purpose))

    assert [tuple(row) for row in session.execute(rows)] == before
    proofs = session.scalars(select(Consent.purpose)).all()
    assert proofs == [Purpose.OFFERS] * len(risky)


@pytest.mark.parametrize(
    ("changes", "problems"),
    [
        ({"columns": ["", "first_name", ""]}, {"columns": "missing"}),
        ({"columns": ["address", "tags", "tags"]}, {"columns": "twice"}),
        ({"purposes": []}, {"purposes": "missing"}),
        ({"wording": "  mag wel "}, {"wording": "missing"}),
        ({"tag": "twee, tags"}, {"tag": "bad"}),
    ],
)
def test_without_an_address_a_purpose_and_a_source_of_consent_nothing_begins(
    session: Session, now: datetime, changes: dict[str, Any], problems: dict[str, str]
) -> None:
    row = upload(session, HEAD + "bo@example.nl;Bo;\n", now)

    with pytest.raises(Unready) as refused:
        imports.prepare(session, row.id, plan(row, **changes))

    assert refused.value.problems == problems
    assert session.get_one(SubscriberImport, row.id).state is ImportState.UPLOADED


def test_a_file_that_was_not_checked_cannot_be_brought_in(
    session: Session, now: datetime
) -> None:
    row = upload(session, HEAD + "bo@example.nl;Bo;\n", now)

    with pytest.raises(Unready):
        imports.start(session, row.id)


def test_a_file_is_gone_once_it_is_brought_in_or_thrown_away(
    session: Session, now: datetime
) -> None:
    brought_in(session, HEAD + "bo@example.nl;Bo;\n", now)
    other = checked(session, HEAD + "an@example.nl;An;\n", now)
    imports.cancel(session, other.id, now=now)

    assert session.scalars(select(ImportChunk)).all() == []
    assert session.scalars(select(ImportRow)).all() == []


def test_reports_are_forgotten_after_a_month(session: Session, now: datetime) -> None:
    row = brought_in(session, HEAD + "geen adres;Bo;\n", now)
    row.created_at = now - imports.desk.KEPT_FOR
    session.flush()

    imports.forget_old(session, now=now)

    assert session.scalars(select(ImportRow)).all() == []
