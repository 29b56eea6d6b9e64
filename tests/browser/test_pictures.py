"""A picture goes from a marketer's desk into a letter, in a real browser."""

import factories
import pytest
from playwright.sync_api import Page, expect
from running import Running

pytestmark = [pytest.mark.system, pytest.mark.browser, pytest.mark.timeout(300)]


def test_a_picture_is_sent_up_and_seen_in_the_letter_before_anybody_gets_it(
    page: Page, system: Running
) -> None:
    file = {"name": "noten.png", "mimeType": "image/png", "buffer": factories.drawing()}
    page.goto(f"{system.url}/admin/media")
    page.get_by_label("Picture", exact=True).set_input_files(file)  # type: ignore[arg-type]  # a FilePayload
    page.get_by_label("What it shows").fill("een kom [noten]")
    page.get_by_role("button", name="Send the picture up").click()
    expect(page.get_by_role("img", name="een kom [noten]")).to_be_visible()
    line = page.get_by_label("For the text of a mail").input_value()

    step = system.execute("SELECT id FROM step WHERE slug = '04-moe'")[0][0]
    page.goto(f"{system.url}/admin/steps/{step}")
    page.get_by_role("radio", name="Source").check()
    page.locator("#body").fill(f"Hoi,\n\n{line}")
    page.get_by_role("button", name="Save draft").click()
    expect(page.get_by_role("status").first).to_contain_text("Saved as a draft")

    shown = page.frame_locator("iframe").first.get_by_role("img")
    expect(shown).to_have_attribute("alt", "een kom [noten]")
    expect(shown).to_have_js_property("naturalWidth", 640)
