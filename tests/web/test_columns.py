"""The columns of the list of subscribers, as a marketer chooses them."""

import re
from datetime import datetime
from html import unescape
from typing import Any

import factories
import pytest
import visitors
from pages import said
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session
from studio import Colleague

from funnel import clock
from funnel.config import Settings
from funnel.domain.status import DeliveryState, Purpose, SubscriberState
from funnel.flow import signup
from funnel.flow.reports import Detail
from funnel.models import Consent, Event, EventKind, Subscriber

PEOPLE = "/admin/subscribers"
NOTHING = "\N{EN DASH}"
USUAL = ["Address", "First name", "State", "Tags", "Signed up"]


@pytest.fixture(autouse=True)
def on(session: Session) -> visitors.Stage:
    found = visitors.stage(session)
    factories.business(session, is_sample=False)
    return found


def test_columns_stay_when_the_list_is_turned_over_and_narrowed(
    mara: Colleague, session: Session
) -> None:
    for _ in range(51):
        factories.subscriber(session, zone="America/Curacao")
    last = session.scalar(select(func.min(Subscriber.id) + 1))
    chosen = "column=agreed&column=zone"

    page = mara.get(f"{PEOPLE}?q=reader&column=zone&column=agreed").text

    assert headings(page) == ["Address", "Agreed to", "Time zone"]
    assert len(rows(page)) == 50
    assert all("America/Curacao" in row for row in rows(page))
    links = [unescape(one) for one in re.findall('href="([^"]*)"', page)]
    assert [one for one in links if chosen in one] == [
        f"{PEOPLE}?{chosen}",  # everybody
        f"{PEOPLE}/selection?{chosen}&q=reader",
        f"{PEOPLE}?order=newest&after={last}&{chosen}&q=reader",
    ]
    ticked = re.findall(r'value="(\w+)"\s+checked', page)
    assert ticked == ["agreed", "zone"]
    back = mara.get(f"{PEOPLE}/selection?q=reader&{chosen}").text
    assert f"{PEOPLE}?{chosen}&q=reader" in unescape(back)


def test_the_usual_columns_make_no_address_longer(mara: Colleague) -> None:
    for query in ("", "?column=first_name&column=state&column=tags&column=signed_up"):
        links = re.findall('href="([^"]*)"', mara.get(PEOPLE + query).text)

        assert not [one for one in links if "column=" in one]


@pytest.mark.parametrize(
    "forged", ["nothing", "id;drop table subscriber", "%00", "password_hash"]
)
def test_a_column_that_is_none_of_ours_is_left_out(
    mara: Colleague, session: Session, forged: str
) -> None:
    factories.subscriber(session)

    beside = mara.get(f"{PEOPLE}?column={forged}&column=language").text
    alone = mara.get(f"{PEOPLE}?column={forged}").text

    assert headings(beside) == ["Address", "Language"]
    assert headings(alone) == USUAL


def test_every_column_says_what_is_known_of_her(
    mara: Colleague, session: Session, now: datetime
) -> None:
    seat = factories.registration(session)
    inside = factories.enrollment(session, registration=seat)
    her: dict[str, Any] = {"subscriber_id": seat.subscriber_id, "at": now}
    for state in (DeliveryState.SENT, DeliveryState.BOUNCED, DeliveryState.SKIPPED):
        factories.delivery(session, subscriber_id=seat.subscriber_id, state=state)
    session.add(Event(kind=EventKind.PURCHASED, **her))
    session.add(Event(kind=EventKind.CLICKED, **her))
    session.add(consent(Purpose.SERIES, granted=True, **her))
    for granted in (True, False):
        session.add(consent(Purpose.OFFERS, granted=granted, **her))
        session.flush()
    session.add(consent(Purpose.CLICKS, granted=True, **her))
    bo = factories.subscriber(
        session,
        first_name="",
        language="en",
        state=SubscriberState.PENDING,
        confirmed_at=None,
    )
    session.add(Event(kind=EventKind.BOUNCED, at=now, subscriber_id=bo.id))
    session.flush()

    page = mara.get(f"{PEOPLE}?order=oldest&{every()}").text

    when = "Tue 1 Dec 20:00"
    told, nothing = (
        dict(zip(map(str, Detail), cells(row)[1:], strict=True)) for row in rows(page)
    )
    assert told["first_name"] == "Sanne"
    assert told["agreed"] == "mail series, seeing her clicks"
    assert told["seat"] == when
    assert told["sequences"] == inside.sequence.name
    assert told["mails"] == "2"
    assert told["bought"] != NOTHING
    assert told["left"] == NOTHING
    assert nothing.pop("left") == told["bought"]
    assert nothing.pop("state") == "not confirmed"
    assert nothing.pop("language") == "English"
    assert nothing.pop("zone") == "Europe/Amsterdam"
    assert nothing.pop("signed_up") == told["signed_up"]
    assert set(nothing.values()) == {NOTHING}


def test_where_somebody_came_from_is_what_her_first_form_says(
    mara: Colleague, session: Session, on: visitors.Stage, settings: Settings
) -> None:
    for name, source in (("an", "Podcast"), ("an", "Brief"), ("bo", "")):
        asked = {"source": {"utm_source": source}} if source else {}
        made = visitors.form(on, f"{name}@example.nl", **asked)
        now, real = factories.NOW, clock.real()
        signup.submit(session, made, now=now, real=real, limits=settings)

    page = mara.get(f"{PEOPLE}?order=oldest&column=source").text

    assert [cells(row)[1] for row in rows(page)] == ["podcast", NOTHING]


def test_only_what_is_shown_is_looked_up(mara: Colleague, session: Session) -> None:
    factories.subscriber(session)
    asked: list[str] = []
    engine = session.get_bind()

    @event.listens_for(engine, "before_cursor_execute")
    def note(*call: object) -> None:
        asked.append(str(call[2]))

    mara.get(PEOPLE)
    assert not [one for one in asked if "FROM event" in one or "FROM delivery" in one]
    mara.get(f"{PEOPLE}?column=mails")
    assert [one for one in asked if "FROM delivery" in one]
    assert not [one for one in asked if "FROM event" in one]
    event.remove(engine, "before_cursor_execute", note)


def every() -> str:
    return "&".join(f"column={one}" for one in Detail)


def consent(purpose: Purpose, *, granted: bool, **her: Any) -> Consent:
    words: dict[str, Any] = {
        "wording": "Ja",
        "wording_version": "1",
        "language": "nl",
        "place": "form",
    }
    return Consent(purpose=purpose, granted=granted, **words, **her)


def headings(page: str) -> list[str]:
    return re.findall('<th scope="col">(.*?)</th>', page)


def rows(page: str) -> list[str]:
    body = page.partition("<tbody>")[2].partition("</tbody>")[0]
    return body.split("</tr>")[:-1]


def cells(row: str) -> list[str]:
    return [said(cell) for cell in row.split("</td>")[:-1]]
