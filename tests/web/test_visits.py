"""Visits of public pages: counted without a cookie, and never in the way."""

from typing import Any

import factories
import pytest
import tracking
from flask.testing import FlaskClient
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session
from visitors import stage

from funnel.domain.status import Page
from funnel.models import Source, VisitCount

BROWSER = {"User-Agent": tracking.BROWSER}
INSTAGRAM = "utm_source=Instagram&utm_medium=bio&utm_campaign=herfst"


@pytest.fixture(autouse=True)
def masterclass(session: Session) -> None:
    stage(session, is_home=True, article_slug="magnesium")


def counted(session: Session) -> dict[tuple[Page, str | None], int]:
    session.expire_all()
    rows = session.execute(
        select(VisitCount.page, Source.name, func.sum(VisitCount.visits))
        .outerjoin(Source, Source.id == VisitCount.source_id)
        .group_by(VisitCount.page, Source.name)
    )
    return {(page, name): int(visits) for page, name, visits in rows}


def test_a_persons_visits_are_counted_by_page(
    client: FlaskClient, session: Session
) -> None:
    for path in ("/", "/magnesium", "/artikel/magnesium", "/blad/boodschappenlijst"):
        answer = client.get(path, headers=BROWSER)
        assert answer.status_code == 200
        assert "Set-Cookie" not in answer.headers

    assert counted(session) == {
        (Page.LANDING, None): 2,
        (Page.ARTICLE, None): 1,
        (Page.SHEET, None): 1,
    }


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("HEAD", {}),
        ("GET", {"User-Agent": "Mozilla/5.0 (compatible; Googlebot/2.1)"}),
        ("GET", {"User-Agent": "curl/8.0"}),
        ("GET", {"User-Agent": ""}),
        ("GET", {"Sec-Purpose": "prefetch;prerender"}),
        ("GET", {"Purpose": "prefetch"}),
    ],
)
def test_a_machine_is_no_visitor(
    client: FlaskClient, session: Session, method: str, headers: dict[str, str]
) -> None:
    client.open("/", method=method, headers=BROWSER | headers)

    assert counted(session) == {}


def test_a_form_that_comes_back_is_no_visit(
    client: FlaskClient, session: Session
) -> None:
    answer = client.post("/magnesium/signup", headers=BROWSER)

    assert answer.status_code in {303, 422}
    assert counted(session) == {}


def test_the_source_goes_along_from_the_article_to_the_form(
    client: FlaskClient, session: Session
) -> None:
    article = client.get(f"/artikel/magnesium?{INSTAGRAM}", headers=BROWSER).text
    assert "/magnesium?utm_source=Instagram&amp;utm_medium=bio" in article

    client.get(f"/magnesium?{INSTAGRAM}", headers=BROWSER)

    assert counted(session) == {
        (Page.ARTICLE, "instagram"): 1,
        (Page.LANDING, "instagram"): 1,
    }


@pytest.mark.parametrize("asks", [{"DNT": "1"}, {"Sec-GPC": "1"}])
def test_whoever_asks_not_to_be_followed_comes_from_nowhere(
    client: FlaskClient, session: Session, asks: dict[str, Any]
) -> None:
    page = client.get(f"/?{INSTAGRAM}", headers=BROWSER | asks).text

    assert counted(session) == {(Page.LANDING, None): 1}
    assert "Instagram" not in page


def test_a_page_is_shown_although_its_visit_cannot_be_counted(
    client: FlaskClient, session: Session, caplog: pytest.LogCaptureFixture
) -> None:
    session.execute(text("ALTER TABLE visit_count RENAME TO visits_elsewhere"))

    answer = client.get("/", headers=BROWSER)

    assert answer.status_code == 200
    assert "</form>" in answer.text
    assert "was not counted" in caplog.text


def test_made_up_words_of_a_link_are_no_error(
    client: FlaskClient, session: Session
) -> None:
    for word in ("%00", "x" * 3000, "%3Cscript%3E", "%F0%9F%92%A9", "a%0Ab", "%FF"):
        assert client.get(f"/?utm_source={word}", headers=BROWSER).status_code == 200

    assert counted(session) == {(Page.LANDING, "other"): 6}
    assert factories.NOW
