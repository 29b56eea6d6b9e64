"""From a number of the start page to the people behind it, and what is done there."""

import html
import re
from datetime import timedelta
from typing import Any

import factories
import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session
from studio import Colleague, colleague
from visitors import Stage as Set
from visitors import form, stage

from funnel import clock
from funnel.config import Settings
from funnel.domain.status import TeamRole
from funnel.flow import enrollment, preferences, signup
from funnel.models import AuditEntry, System, Tagging

NOW = factories.NOW
DAY = timedelta(days=1)
LINK = re.compile(r'<a href="(/admin/subscribers\?stage=[^"]+)">(\d+)</a>')
PEOPLE = re.compile(r'id="count">\s*(\d+) (?:person|people)')


@pytest.fixture(autouse=True)
def clock_of_the_tests(session: Session) -> None:
    session.add(System(id=1, clock_offset=NOW - clock.real()))


@pytest.fixture
def on(session: Session) -> Set:
    found = stage(session)
    factories.business(session, is_sample=False)
    return found


@pytest.fixture
def town(session: Session, on: Set, settings: Settings) -> None:
    """Let ten come on three days, for two dates or none, from three places."""
    links: list[dict[str, str]] = [
        {},
        {"utm_source": "instagram", "utm_medium": "bio"},
        {"utm_source": "instagram", "utm_medium": "story", "utm_campaign": "herfst"},
        {"utm_source": "nieuwsbrief"},
    ]
    dates = [on.tuesday.id, on.sunday.id, None]
    for n in range(10):
        about: dict[str, Any] = {
            "source": links[n % 4],
            "occurrence_id": dates[n % 3],
            "first_name": f"Lezer {n}",
        }
        now = NOW - (n % 3) * 8 * DAY
        made = form(on, f"lezer{n}@example.nl", **about)
        sent = signup.submit(session, made, now=now, real=clock.real(), limits=settings)
        if n % 5:
            seat = signup.confirm(session, sent, series=True, now=now)
            if n % 2:
                enrollment.join(session, seat, now=NOW)
            if n == 7:
                enrollment.purchased(session, seat.subscriber_id, "boek", now=NOW)


def followed(mara: Colleague, path: str) -> list[tuple[str, str]]:
    """Return what each number of the page says, and what its list does."""
    page = mara.get(path).text
    found = []
    for address, number in LINK.findall(page):
        people = PEOPLE.search(mara.get(html.unescape(address)).text)
        assert people, address
        found.append((number, people[1]))
    return found


@pytest.mark.usefixtures("town")
@pytest.mark.parametrize(
    ("query", "links"),
    [
        ("", 30),
        ("first=2026-11-20&last=2026-11-24", 15),
        ("period=quarter&source=instagram", 15),
        ("period=quarter&source=-", 10),
    ],
)
def test_every_number_leads_to_just_as_many_people(
    mara: Colleague, query: str, links: int
) -> None:
    found = followed(mara, f"/admin/?{query}")

    assert len(found) >= links
    assert [said for said, _ in found] == [people for _, people in found]


@pytest.mark.usefixtures("town")
def test_the_numbers_of_a_date_lead_to_who_chose_it(mara: Colleague, on: Set) -> None:
    found = followed(mara, f"/admin/?period=quarter&occurrence={on.sunday.id}")

    assert len(found) >= 8
    assert [said for said, _ in found] == [people for _, people in found]


@pytest.mark.usefixtures("town")
def test_the_list_says_whom_it_shows_and_why_there_may_be_fewer(
    mara: Colleague, on: Set
) -> None:
    asked = "stage=confirmed&source=instagram,story,herfst&first=2026-11-01"
    asked += f"&last=2026-11-30&chosen={on.sunday.id}"

    page = mara.get(f"/admin/subscribers?{asked}").text

    selected = page.partition('id="selected"')[2].partition("</p>")[0]
    chips = re.findall(r'"chip plain">([^<]+)<', selected)
    assert chips[:3] == [
        *("confirmed", "signed up: 1 Nov to 30 Nov 2026"),
        "from instagram · story · herfst",
    ]
    assert chips[3].startswith("for ")
    assert "The overview can count more" in page
    assert "The overview can count more" not in mara.get("/admin/subscribers").text
    options = re.findall(r'<option value="([^"]*)"\s+selected>', page)
    assert options[1:] == ["confirmed", "instagram,story,herfst"]
    assert 'value="2026-11-01"' in page


@pytest.mark.usefixtures("town")
def test_the_people_of_a_number_are_tagged_and_the_trail_says_which(
    app: Flask, session: Session
) -> None:
    mara = colleague(app, session, TeamRole.OWNER)
    asked = "stage=confirmed&source=-&first=2026-10-01&last=2026-11-30"
    path = f"/admin/subscribers/selection?{asked}"
    page = mara.get(path).text
    [counted] = re.findall(r'name="counted" value="(\d+)"', page)
    assert counted != "0"

    sent = {"tag": "kwam", "what": "add", "counted": counted}
    address = f"/admin/subscribers/selection/tag?{asked}"
    answer = mara.post(address, **sent)

    assert answer.status_code == 303
    assert "stage=confirmed" in answer.location
    [tagging] = session.scalars(select(Tagging))
    assert tagging.selection["reach"]["stage"] == "confirmed"
    assert tagging.selection["reach"]["source"] == ""
    [entry] = session.scalars(
        select(AuditEntry).where(AuditEntry.deed == "selections.tag")
    )
    assert entry.about["stage"] == "confirmed"
    trail = mara.get("/admin/trail").text
    for said in ("came as far as: confirmed", "source: -", "from: 2026-10-01"):
        assert said in trail


def test_who_is_erased_stays_in_the_number_and_leaves_the_list(
    mara: Colleague, session: Session, on: Set, settings: Settings
) -> None:
    sent = signup.submit(session, form(on), now=NOW, real=clock.real(), limits=settings)
    seat = signup.confirm(session, sent, series=True, now=NOW)
    assert set(followed(mara, "/admin/")) == {("1", "1")}

    preferences.erase(session, seat.subscriber_id, now=NOW)

    assert set(followed(mara, "/admin/")) == {("1", "0")}
