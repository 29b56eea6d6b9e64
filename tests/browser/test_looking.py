"""A marketer looks at her mail before anybody gets it: previews, a test to the team."""

import pytest
from playwright.sync_api import Page, expect
from running import Running, wait_for

from browser.editor import at_the_end, opened

pytestmark = [pytest.mark.system, pytest.mark.browser, pytest.mark.timeout(300)]

SEEN = """() => {
  const frame = document.querySelector("[data-preview] iframe:last-of-type");
  return [frame.contentWindow.scrollY, frame.contentWindow.innerWidth];
}"""


def test_the_preview_stays_where_she_looks_while_she_writes(
    page: Page, system: Running
) -> None:
    text = opened(page, system, "04-moe")
    frames = page.locator("[data-preview] iframe")
    letter = page.frame_locator("[data-preview] iframe").last.locator("body")
    expect(letter).to_contain_text("Hoi Anna,")
    frames.last.hover()
    page.mouse.wheel(0, 400)
    wait_for(lambda: page.evaluate(SEEN)[0] == 400, "the mail to scroll")

    at_the_end(text)
    page.keyboard.type(" Nog een zin.")
    expect(letter).to_contain_text("Nog een zin.")
    expect(frames).to_have_count(1)
    assert page.evaluate(SEEN)[0] == 400

    page.keyboard.type(" {% if start %}")  # there is nothing to show for a moment
    expect(letter).to_contain_text("cannot be shown yet")
    expect(frames).to_have_count(1)
    page.keyboard.press("Backspace")
    expect(letter).to_contain_text("Nog een zin.")
    expect(frames).to_have_count(1)
    assert page.evaluate(SEEN)[0] == 400


@pytest.mark.parametrize("width", [360, 1280])
def test_a_desktop_shows_more_of_a_mail_than_a_telephone(
    page: Page, system: Running, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    opened(page, system, "05-cyclus")
    place = page.locator("[data-preview]")
    phone = page.evaluate(SEEN)[1]

    page.get_by_label("Desktop").check()

    wait_for(lambda: page.evaluate(SEEN)[1] > phone, "a wider mail")
    assert phone <= 392
    assert page.evaluate(SEEN)[1] >= 680
    around, box = place.bounding_box(), place.locator("iframe").last.bounding_box()
    assert around
    assert box
    assert (box["x"], box["width"]) == pytest.approx(
        (around["x"], around["width"]), abs=3
    )
    assert box["height"] == pytest.approx(around["height"], abs=3)


COLLEAGUE = """INSERT INTO "user"
    (address, name, password_hash, role, language, created_at)
    VALUES ('noor@rustpunt.example', 'Noor', 'x', 'viewer', 'nl', now())"""
COUNTED = "SELECT count(*) FROM delivery WHERE NOT is_test"


def test_a_test_mail_is_in_a_colleagues_inbox_marked_and_counted_nowhere(
    page: Page, system: Running
) -> None:
    system.execute(COLLEAGUE)
    [(before,)] = system.execute(COUNTED)
    opened(page, system, "06-etiket")
    page.get_by_label("Subject", exact=True).fill("Proef voor Noor")
    page.get_by_label("to", exact=True).select_option(label="Noor")
    page.get_by_role("button", name="Save and send a test").click()
    said = page.get_by_role("status").first
    expect(said).to_have_text("A test is on its way to noor@rustpunt.example.")
    system.settle()

    page.goto(f"{system.url}/inbox")
    mail = page.get_by_role("link").filter(has_text="Proef voor Noor")
    expect(mail).to_contain_text("[TEST]")
    mail.click()
    expect(page.locator("main")).to_contain_text("noor@rustpunt.example")
    letter = page.frame_locator("iframe").locator("body")
    way_out = letter.get_by_role("link", name="Afmelden")
    expect(way_out.first).to_have_attribute("href", f"{system.url}/")  # leaves nothing
    assert system.execute(COUNTED) == [(before,)]
