"""A draft saves itself; whatever happens, her text stays."""

import json
import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from running import Running, wait_for

from browser.editor import at_the_end, draft, opened, saving, step

pytestmark = [pytest.mark.system, pytest.mark.browser, pytest.mark.timeout(300)]


def test_a_draft_saves_itself_and_the_trail_says_so_once(
    page: Page, system: Running
) -> None:
    text = opened(page, system, "08d-begonnen")
    for word in (" een", " twee", " drie"):
        at_the_end(text)
        page.keyboard.type(word)
        expect(saving(page)).to_contain_text("Saved")
        wait_for(
            lambda said=word: draft(system, "08d-begonnen").endswith(said), "the draft"
        )

    expect(page.locator("#draft-state")).to_contain_text("draft")
    noted = "SELECT count(*) FROM audit_entry WHERE deed = 'steps.keep'"
    noted += " AND about->>'step_id' = %s"
    rows = system.execute(noted, [str(step(system, "08d-begonnen"))])
    assert rows == [(1,)]


def test_of_two_tabs_the_second_sees_the_difference_and_loses_nothing(
    desk: BrowserContext, page: Page, system: Running
) -> None:
    other = desk.new_page()
    mine, hers = (opened(one, system, "03-stress") for one in (page, other))
    at_the_end(hers)
    other.keyboard.type(" Van haar.")
    expect(saving(other)).to_contain_text("Saved")

    at_the_end(mine)
    page.keyboard.type(" Van mij.")
    expect(saving(page)).to_contain_text("was saved elsewhere")
    assert draft(system, "03-stress").endswith("Van haar.")
    page.get_by_role("button", name="See the difference").click()

    expect(page.locator(".change del")).to_contain_text("haar")
    expect(page.locator(".change ins")).to_contain_text("mij")
    expect(page.locator("#body")).to_have_value(re.compile("Van mij.$"))
    assert draft(system, "03-stress").endswith("Van haar.")
    page.get_by_role("button", name="Save draft").click()
    expect(page.get_by_role("status").first).to_contain_text("Saved")
    assert draft(system, "03-stress").endswith("Van mij.")


def test_without_a_connection_the_text_stays_and_is_saved_later(
    desk: BrowserContext, page: Page, system: Running
) -> None:
    text = opened(page, system, "05-cyclus")
    desk.set_offline(True)
    at_the_end(text)
    page.keyboard.type(" Onderweg.")
    expect(saving(page)).to_contain_text("kept in this browser")
    kept = page.evaluate(
        "Object.entries(localStorage).find(([k]) => k.includes('step'))"
    )
    assert json.loads(kept[1])["fields"]["body"].endswith("Onderweg.")

    page.keyboard.type(" Nog meer.")
    desk.set_offline(False)
    expect(saving(page)).to_contain_text("Saved")
    wait_for(
        lambda: draft(system, "05-cyclus").endswith("Onderweg. Nog meer."), "the draft"
    )
    assert not page.evaluate("Object.keys(localStorage).some(k => k.includes('step'))")


def leave_behind(page: Page, system: Running, slug: str, words: str) -> None:
    """Write while she is logged out, and go: it stays in the browser."""
    text = opened(page, system, slug)
    at_the_end(text)
    hers = page.context.cookies()
    page.context.clear_cookies()
    page.keyboard.type(words)
    expect(saving(page)).to_contain_text("kept in this browser")
    page.goto("about:blank")
    page.context.add_cookies(hers)  # type: ignore[arg-type]  # as they were given


def test_a_text_put_back_does_not_go_over_a_colleagues_newer_one(
    desk: BrowserContext, page: Page, system: Running
) -> None:
    leave_behind(page, system, "24-jouw-gegevens", " Van mij.")
    other = desk.new_page()
    hers = opened(other, system, "24-jouw-gegevens")
    at_the_end(hers)
    other.keyboard.type(" Van haar.")
    expect(saving(other)).to_contain_text("Saved")

    opened(page, system, "24-jouw-gegevens")
    page.get_by_role("button", name="Put it back").click()

    expect(saving(page)).to_contain_text("was saved elsewhere")
    assert draft(system, "24-jouw-gegevens").endswith("Van haar.")
    page.get_by_role("button", name="See the difference").click()
    expect(page.locator(".change ins")).to_contain_text("mij")


def test_texts_of_two_pages_are_both_kept_and_offered_one_by_one(
    page: Page, system: Running
) -> None:
    for words in (" Eerst.", " Daarna."):
        leave_behind(page, system, "01-bevestig", words)
    text = opened(page, system, "01-bevestig")

    expect(page.locator("[data-found]")).to_be_focused()
    page.get_by_role("button", name="Drop it").click()
    page.get_by_role("button", name="Put it back").click()

    expect(text).to_contain_text("Eerst.")
    expect(saving(page)).to_contain_text("Saved")
    assert draft(system, "01-bevestig").endswith("Eerst.")
    page.reload()
    expect(text).to_be_visible()
    expect(page.locator("[data-found]")).to_be_hidden()


def test_an_answer_that_got_lost_is_no_conflict(page: Page, system: Running) -> None:
    text = opened(page, system, "09c-opname")
    lost: list[int] = []

    def lose(route: object) -> None:
        if lost:
            route.continue_()  # type: ignore[attr-defined]
            return
        lost.append(route.fetch().status)  # type: ignore[attr-defined]
        route.abort()  # type: ignore[attr-defined]

    page.route("**/keep", lose)
    at_the_end(text)
    page.keyboard.type(" Eerst.")
    expect(saving(page)).to_contain_text("tried again")
    assert lost == [200]
    page.keyboard.type(" Daarna.")

    expect(saving(page)).to_contain_text("Saved")
    wait_for(
        lambda: draft(system, "09c-opname").endswith("Eerst. Daarna."), "the draft"
    )


def test_after_a_lost_log_in_her_text_is_offered_back(
    desk: BrowserContext, page: Page, system: Running
) -> None:
    text = opened(page, system, "06-etiket")
    desk.clear_cookies()
    at_the_end(text)
    page.keyboard.type(" Nog net getypt.")
    expect(saving(page)).to_contain_text("You are logged out")
    page.locator("[data-log-in]").click()

    page.locator("input[name=address]").fill("marketer@example.com")
    page.locator("input[name=password]").fill(system.password)
    page.locator("form button.go").click()
    if page.locator("button[formaction*=later]").count():
        page.locator("button[formaction*=later]").click()
        opened(page, system, "06-etiket")
    page.get_by_role("button", name="Put it back").click()

    expect(text).to_contain_text("Nog net getypt.")
    expect(saving(page)).to_contain_text("Saved")
    assert draft(system, "06-etiket").endswith("Nog net getypt.")


def test_what_is_half_written_is_said_and_saved(page: Page, system: Running) -> None:
    text = opened(page, system, "07-rode-draad")
    at_the_end(text)
    page.keyboard.type(" {{ frist_name }}")
    expect(saving(page)).to_contain_text("Did you mean “first_name”?")
    expect(page.locator("#findings")).to_contain_text("put right before you can")
    assert draft(system, "07-rode-draad").endswith("{{ frist_name }}")

    page.reload()
    expect(page.locator("[data-found]")).to_be_hidden()
    expect(page.locator("#body")).to_have_value(re.compile("frist_name"))
    expect(text.locator(".unknown")).to_have_text("frist_name")
