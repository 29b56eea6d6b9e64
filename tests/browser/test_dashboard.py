"""The start page in a real browser: numbers that a visitor's own walk makes."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import tracking
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect
from running import Running

from browser import routes
from browser.conftest import Seen
from browser.test_every_page import findings, overflow

pytestmark = [pytest.mark.system, pytest.mark.browser, pytest.mark.timeout(300)]

PAST = """
INSERT INTO stage_count (day, stage, masterclass_id, occurrence_id, people)
SELECT current_date - day, stage, 1, (SELECT min(id) FROM occurrence), people + day
FROM generate_series(0, 60) AS day,
     (VALUES ('signed_up', 90), ('confirmed', 60), ('joined', 20))
     AS row (stage, people)
ON CONFLICT (day, stage, masterclass_id, occurrence_id, source_id)
DO UPDATE SET people = excluded.people
"""
WORDS = {
    "nl": ("Aanmeldingen", "3 maanden", "Eigen dagen", "Toon", "Eerste dag"),
    "en": ("Sign-ups", "3 months", "Days of your own", "Show", "First day"),
}


UNNAMED = {"nl": "geen bron genoemd", "en": "no source named"}


@pytest.fixture
def context(browser: Browser, seen: Seen) -> Iterator[BrowserContext]:
    """Somebody whose browser does not say of itself that it is a test's."""
    context = browser.new_context(
        viewport={"width": seen.width, "height": 900},
        color_scheme=seen.scheme,
        reduced_motion="reduce",
        user_agent=tracking.BROWSER,
    )
    context.set_default_timeout(20_000)
    yield context
    context.close()


@pytest.fixture
def page(
    context: BrowserContext, seen: Seen, system: Running, cookies: list[Any]
) -> Page:
    context.add_cookies(cookies)
    system.execute('UPDATE "user" SET language = %s', [seen.language])
    return context.new_page()


def stage_of(page: Page, name: str) -> Locator:
    return page.locator(f"#funnel li.{name}")


def test_a_visit_of_a_person_stands_on_the_start_page_a_moment_later(
    page: Page, seen: Seen, system: Running
) -> None:
    source = f"bron-{seen.width}"
    before = system.execute("SELECT coalesce(sum(visits), 0) FROM visit_count")[0][0]

    page.goto(f"{system.url}/?utm_source={source}&utm_medium=bio")
    page.goto(f"{system.url}/admin/")

    expect(stage_of(page, "visits").locator(".count")).to_have_text(str(before + 1))
    expect(stage_of(page, "signed_up").locator(".count")).not_to_have_text("0")
    page.locator("#sources").get_by_role("link", name=source).click()
    expect(stage_of(page, "visits").locator(".count")).to_have_text("1")
    expect(stage_of(page, "signed_up").locator(".count")).to_have_text("0")


def test_with_months_of_numbers_the_page_can_be_read_asked_and_taken_along(
    page: Page, seen: Seen, system: Running, tmp_path: Path
) -> None:
    signups, quarter, own, show, first = WORDS[seen.language]
    system.execute(PAST)
    page.goto(f"{system.url}/admin/")
    usual = number(stage_of(page, "signed_up"))

    page.get_by_role("link", name=quarter).click()

    expect(page.locator(".times [aria-current]")).to_have_text(quarter)
    assert number(stage_of(page, "signed_up")) > usual
    assert findings(page) == []
    assert overflow(page) == []
    page.locator("summary").filter(has_text=own).click()
    page.get_by_label(first).fill("2026-01-01")
    page.get_by_role("button", name=show).click()
    assert "first=2026-01-01" in page.url
    assert findings(page) == []
    with page.expect_download() as taken:
        page.locator(".head:has(#funnel-title) .take").click()
    file = tmp_path / "funnel.csv"
    taken.value.save_as(file)
    separator = ";" if seen.language == "nl" else ","
    with file.open(encoding="utf-8-sig", newline="") as lines:
        rows = {row[0]: row[1] for row in csv.reader(lines, delimiter=separator)}
    assert rows[signups] == str(number(stage_of(page, "signed_up")))


def test_a_file_that_is_worked_on_is_followed_until_it_is_done(
    page: Page, system: Running
) -> None:
    file = routes.send_a_file(system)
    state = (
        "UPDATE subscriber_import SET state = %s, total = 10, done = %s WHERE id = %s"
    )
    [(was,)] = system.execute("SELECT state FROM subscriber_import")
    system.hold("Worker")
    try:
        system.execute(state, ["running", 3, file])
        page.goto(f"{system.url}/admin/imports/{file}")
        bar = page.locator("#work progress")
        expect(bar).to_have_attribute("value", "3")
        system.execute(state, ["running", 7, file])
        expect(bar).to_have_attribute("value", "7")
        system.execute(state, [was, 10, file])
        expect(bar).to_have_count(0)
    finally:
        system.execute(state, [was, 10, file])
        system.let_go("Worker")


def number(stage: Locator) -> int:
    text = stage.locator(".count").inner_text()
    return int(text.replace(",", "").replace(".", ""))


def test_a_number_leads_to_the_people_behind_it(
    page: Page, seen: Seen, system: Running
) -> None:
    """With the keyboard, from the stage and from the source; the list says whom."""
    page.goto(f"{system.url}/admin/")
    confirmed = stage_of(page, "confirmed").get_by_role("link")
    confirmed.focus()
    page.keyboard.press("Enter")

    address = page.locator("#people").get_by_role("link", name="bezoeker@lezer.example")
    expect(address).to_be_visible()
    expect(page.locator("#people tbody tr")).to_have_count(1)
    chosen = {"nl": "bevestigde", "en": "confirmed"}[seen.language]
    expect(page.locator("#selected")).to_contain_text(chosen)
    expect(page.locator("#stage option:checked")).to_have_text(chosen)
    assert findings(page) == []
    assert overflow(page) == []
    page.locator("#stage").select_option("bought")
    page.locator(".filters button").click()
    expect(page.locator(".empty")).to_be_visible()
    page.goto(f"{system.url}/admin/")
    row = page.locator("#sources tr").filter(has_text=UNNAMED[seen.language])
    row.locator(".number a").first.click()
    expect(address).to_be_visible()
    expect(page.locator("#selected")).to_contain_text(UNNAMED[seen.language])
