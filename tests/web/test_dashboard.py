"""The start page: numbers as the rows say them, and files of them."""

import csv
import io
import re
from datetime import date, timedelta
from typing import Any

import factories
import pytest
import tracking
from sqlalchemy.orm import Session
from studio import Colleague
from visitors import Stage as Set
from visitors import stage

from funnel import clock
from funnel.domain.status import DeliveryState, Page, Reason, SequenceState, Stage
from funnel.flow import counts, events
from funnel.models import (
    ClickCount,
    EventKind,
    Heartbeat,
    Source,
    StageCount,
    System,
    VisitCount,
)

TODAY = date(2026, 11, 23)  # a Monday
DAY = timedelta(days=1)
WEEK = 7 * DAY
NO = "\u2013"
"""How the page says that there is none."""

TAG, CELL = re.compile(r"<[^>]+>"), re.compile(r"<t[dh]\b.*?</t[dh]>", re.DOTALL)


@pytest.fixture(autouse=True)
def clock_of_the_tests(session: Session) -> None:
    """Let it be the day of the factories, and somebody be at work."""
    session.add(System(id=1, clock_offset=factories.NOW - clock.real()))
    for name in ("scan", "drain"):
        session.add(Heartbeat(name=name, at=clock.real() + DAY))


@pytest.fixture
def on(session: Session) -> Set:
    found = stage(session)
    factories.business(session, is_sample=False)
    return found


@pytest.fixture
def instagram(session: Session) -> Source:
    row = Source(name="instagram", medium="bio", campaign="", first_on=TODAY)
    session.add(row)
    session.flush()
    return row


def came(session: Session, visits: int, day: date = TODAY, **about: Any) -> None:
    row = {"page": Page.LANDING, "slug": "magnesium"} | about
    session.add(VisitCount(day=day, visits=visits, **row))


def got(
    session: Session,
    on: Set,
    day: date = TODAY,
    source: Source | None = None,
    **at: int,
) -> None:
    """Let so many people who signed up on a day come to these stages."""
    for stage_, people in at.items():
        session.add(
            StageCount(
                day=day,
                stage=Stage(stage_),
                masterclass_id=on.masterclass.id,
                occurrence_id=on.tuesday.id,
                source_id=source.id if source else None,
                people=people,
            )
        )


def bars(page: str) -> list[str]:
    """Return the funnel as it reads, a line for each bar."""
    listed = page.partition('id="funnel"')[2].partition("</ol>")[0]
    return [words(one) for one in listed.split("</li>")[:-1]]


def table(page: str, name: str) -> list[list[str]]:
    """Return the cells of a table's body."""
    found = page.partition(f'id="{name}"')[2].partition("</table>")[0]
    body = found.partition("<tbody>")[2]
    rows = [CELL.findall(row) for row in body.split("</tr>")]
    return [[words(cell) for cell in row] for row in rows if row]


def words(markup: str) -> str:
    return " ".join(TAG.sub(" ", "<" + markup.partition("<")[2]).split())


def file(mara: Colleague, name: str, query: str = "") -> list[list[str]]:
    answer = mara.get(f"/admin/numbers/{name}.csv?{query}")
    assert answer.mimetype == "text/csv"
    text = answer.get_data(as_text=True).removeprefix("\ufeff")
    return list(csv.reader(io.StringIO(text)))


def test_the_funnel_says_how_many_came_and_which_part_went_on(
    mara: Colleague, session: Session, on: Set
) -> None:
    came(session, 400)
    came(session, 99, page=Page.ARTICLE)
    came(session, 70, TODAY - 60 * DAY)
    got(session, on, signed_up=50, confirmed=40, joined=10, replayed=3)
    got(session, on, TODAY - WEEK, signed_up=50, agreed=4, clicked=1)
    got(session, on, TODAY - 60 * DAY, signed_up=7)

    page = mara.get("/admin/").text

    assert bars(page) == [
        "Visits 400",
        "Sign-ups 100 25% of the visits",
        "Confirmed 40 40% of the sign-ups",
        "Joined 10 25% of who confirmed",
        "Watched the recording 3 7.5% of who confirmed",
        "Followed a link 1 25% of who lets us see that",
    ]
    assert file(mara, "funnel")[1:3] == [
        ["Visits", "400", ""],
        ["Sign-ups", "100", "25% of the visits"],
    ]


def test_a_purchase_is_a_stage_as_soon_as_somebody_bought(
    mara: Colleague, session: Session, on: Set
) -> None:
    got(session, on, signed_up=10, confirmed=5, bought=1)

    assert bars(mara.get("/admin/").text)[-1] == "Bought 1 20% of who confirmed"


@pytest.mark.parametrize(
    ("query", "signups"),
    [
        ("", "60"),
        ("period=week", "10"),
        ("period=quarter", "160"),
        ("period=nonsense", "60"),
        ("first=2026-11-15&last=2026-11-20", "20"),
        ("last=2026-11-15&first=2026-11-20", "20"),
        ("first=2026-11-32&last=x", "60"),
        ("first=0001-01-01&last=0001-01-02", "60"),
        ("occurrence=99999999999999999999999", "60"),
        ("source=%00%27%3B--", "0"),
    ],
)
def test_any_time_can_be_asked_for(
    mara: Colleague, session: Session, on: Set, query: str, signups: str
) -> None:
    got(session, on, signed_up=10)
    got(session, on, TODAY - WEEK, signed_up=20)
    got(session, on, TODAY - 2 * WEEK, signed_up=30)
    got(session, on, TODAY - 8 * WEEK, signed_up=100)

    page = mara.get(f"/admin/?{query}").text

    assert f"Sign-ups {signups}" in bars(page)[1]


def test_weeks_and_days_are_told_one_by_one_and_none_is_left_out(
    mara: Colleague, session: Session, on: Set
) -> None:
    came(session, 50)
    got(session, on, signed_up=10, confirmed=8)
    got(session, on, TODAY - 2 * WEEK + DAY, signed_up=1234)

    by_week = table(mara.get("/admin/").text, "weeks")
    by_day = file(mara, "weeks", "first=2026-11-22&last=2026-11-23")

    assert by_week == [
        ["23 Nov", "50", "10", "8", NO, NO],
        ["16 Nov", NO, NO, NO, NO, NO],
        ["9 Nov", NO, "1,234", NO, NO, NO],
        ["2 Nov", NO, NO, NO, NO, NO],
    ]
    assert [row[:3] for row in by_day] == [
        ["Day", "Visits", "Sign-ups"],
        ["2026-11-22", "0", "0"],
        ["2026-11-23", "50", "10"],
    ]


def test_sources_stand_in_the_order_of_what_they_brought(
    mara: Colleague, session: Session, on: Set, instagram: Source
) -> None:
    came(session, 500)
    came(session, 100, source_id=instagram.id)
    got(session, on, signed_up=5, confirmed=1)
    got(session, on, source=instagram, signed_up=40, joined=9)

    page = mara.get("/admin/").text
    only = mara.get("/admin/?source=instagram").text
    without = mara.get("/admin/?source=-").text

    assert table(page, "sources") == [
        ["instagram bio", "", "100", "40", NO, "9", NO],
        ["no source named", "", "500", "5", "1", NO, NO],
    ]
    assert bars(only)[:2] == ["Visits 100", "Sign-ups 40 40% of the visits"]
    assert bars(without)[:2] == ["Visits 500", "Sign-ups 5 1.0% of the visits"]


def test_behind_many_sources_the_rest_is_one_line(
    mara: Colleague, session: Session, on: Set
) -> None:
    for number in range(33):
        row = Source(name=f"x{number:02}", medium="", campaign="", first_on=TODAY)
        session.add(row)
        session.flush()
        got(session, on, source=row, signed_up=100 - number)

    rows = file(mara, "sources")

    assert len(rows) == 32
    assert rows[-1][:5] == ["all the others", "", "", "0", str(70 + 69 + 68)]


def test_a_date_tells_how_far_those_came_who_chose_it(
    mara: Colleague, session: Session, on: Set
) -> None:
    came(session, 30)
    got(session, on, signed_up=20, confirmed=10, joined=5)

    page = mara.get("/admin/").text
    one = mara.get(f"/admin/?occurrence={on.tuesday.id}").text
    other = mara.get(f"/admin/?occurrence={on.sunday.id}").text

    assert [row[2:] for row in table(page, "dates")] == [["20", "10", "5", NO]]
    assert f"/admin/subscribers?occurrence={on.tuesday.id}" in page
    assert bars(one)[0] == "Sign-ups 20"
    assert bars(other)[0] == "Sign-ups 0"


def test_mails_are_told_by_step_with_the_reasons_of_who_got_none(
    mara: Colleague, session: Session, on: Set
) -> None:
    step = tracking.step(session, sequence=on.sequence, subject="Rust in je dag")
    planned = {"step_id": step.id, "planned_at": factories.NOW - 5 * DAY}
    sent = [
        factories.delivery(session, **planned, state=DeliveryState.SENT)
        for _ in range(3)
    ]
    skipped = {"state": DeliveryState.SKIPPED, "reason": Reason.NO_CONSENT}
    for more in (skipped, skipped, {"state": DeliveryState.FAILED}):
        factories.delivery(session, **planned, **more)
    for other in (
        {"state": DeliveryState.SENT, "is_test": True},
        {"state": DeliveryState.SCHEDULED},
        {"state": DeliveryState.SENT, "planned_at": factories.NOW - 90 * DAY},
    ):
        factories.delivery(session, **(planned | other))
    assert step.revision is not None
    clicks = ClickCount(link_id=step.revision.links[0].id, day=TODAY, clicks=2)
    session.add(clicks)
    left, at = EventKind.UNSUBSCRIBED, factories.NOW
    events.record(session, left, at=at, delivery_id=sent[0].id)

    page = mara.get("/admin/").text
    rows = file(mara, "mails")
    counts.fold(session, now=factories.NOW)
    folded = file(mara, "mails")

    assert rows[1] == [
        *("Magnesium", "Rust in je dag", "3", "2", "1", "1", "2"),
        "she did not ask for these mails: 2",
    ]
    assert folded == rows
    assert f"view=skipped&amp;step={step.id}&amp;reason=no-consent" in page
    assert f"view=sent&amp;step={step.id}" in page


def test_a_name_that_a_spreadsheet_would_run_is_text_in_a_file(
    mara: Colleague, session: Session, on: Set
) -> None:
    evil = "=HYPERLINK(1)"
    on.sequence.name = evil
    step = factories.step(session, sequence=on.sequence, subject="@SUM(A1)")
    factories.delivery(session, step_id=step.id, state=DeliveryState.SENT)

    row = file(mara, "mails")[1]

    assert row[:2] == [f"'{evil}", "'@SUM(A1)"]


def test_what_is_wrong_stands_at_the_top_and_calm_at_the_foot(
    mara: Colleague, session: Session, on: Set
) -> None:
    calm = mara.get("/admin/").text
    factories.delivery(session, due_at=factories.NOW - timedelta(hours=2))
    on.sequence.state = SequenceState.PAUSED
    for hours in (1, 30):
        at = factories.NOW - timedelta(hours=hours)
        events.record(session, EventKind.FAILED, at=at)

    late = mara.get("/admin/").text

    assert calm.index('id="funnel"') < calm.index("Sending is on time")
    assert late.index("Mail is late") < late.index('id="funnel"')
    assert late.index("is paused: nobody gets its mails") < late.index('id="funnel"')
    assert late.index("1 mail was refused for good") < late.index('id="funnel"')
    assert "refused for good" not in calm


def test_who_has_nothing_yet_reads_what_to_do_first(
    mara: Colleague, session: Session, on: Set
) -> None:
    assert on
    empty = mara.get("/admin/").text
    came(session, 1)

    assert "What now?" in empty
    assert "utm_source=instagram" in empty
    assert "What now?" not in mara.get("/admin/").text


def test_a_table_that_is_not_there_is_no_file(mara: Colleague, on: Set) -> None:
    assert on
    assert mara.get("/admin/numbers/people.csv").status_code == 404
