"""Whatever happens to a marketer while she writes, her text is kept as she wrote it."""

import re

import pytest
from playwright.sync_api import Page, expect
from running import Running, wait_for

from browser.editor import at_the_end, draft, opened, put_in, saving

pytestmark = [pytest.mark.system, pytest.mark.browser, pytest.mark.timeout(300)]


def written(page: Page, system: Running, slug: str, body: str) -> None:
    """Give a mail this text, as its draft, and open it anew."""
    opened(page, system, slug)
    page.get_by_role("radio", name="Source").check()
    page.locator("#body").fill(body)
    expect(saving(page)).to_contain_text("Saved")
    page.get_by_role("radio", name="Designed").check()
    opened(page, system, slug)


CURSOR = "getSelection().anchorNode?.textContent"
LAST = [
    "{{ signature }}",
    "---",
    '[Kussen](https://winkel.nl/kussen "product")\nZacht.',
    '[Kom binnen]({{ join_url }} "button")',
    "{% if start %}\n{{ calendar_card }}\n{% endif %}",
]


@pytest.mark.parametrize("last", LAST)
def test_who_types_without_a_click_writes_behind_the_words(
    page: Page, system: Running, last: str
) -> None:
    """Never over the last block, as the editor's own way would be."""
    written(page, system, "02-plek", f"Hoi,\n\nEerste.\n\n{last}")

    page.get_by_role("textbox", name="Text").and_(page.locator(".tiptap")).focus()
    wait_for(lambda: page.evaluate(CURSOR) == "Eerste.", "the cursor to be put")
    page.keyboard.type("x")

    expect(page.locator("#body")).to_have_value(f"Hoi,\n\nEerste.x\n\n{last}")
    put_in(page, "Dividing line")
    expect(page.locator("#body")).to_have_value(f"Hoi,\n\nEerste.x\n\n---\n\n{last}")


def test_a_text_of_blocks_alone_keeps_them(page: Page, system: Running) -> None:
    written(page, system, "03-stress", "{{ signature }}")

    page.get_by_role("textbox", name="Text").and_(page.locator(".tiptap")).focus()
    page.keyboard.type("x")

    expect(page.locator("#body")).to_have_value("{{ signature }}\n\nx")


@pytest.mark.parametrize("item", ["Button…", "Product…", "Link"])
def test_a_link_that_no_mail_can_have_is_asked_for_again(
    page: Page, system: Running, item: str
) -> None:
    text = opened(page, system, "04-moe")
    text.press("Control+A")
    page.keyboard.type("Hoi")
    if item == "Link":
        page.keyboard.press("Control+k")
    else:
        put_in(page, item)
    dialog = page.locator("dialog[open]")
    where = dialog.get_by_label("Leads to")
    if where.count():
        where.select_option(label="a web address")
    dialog.get_by_label(re.compile("^(Words|Its name)")).fill("Kijk")
    address = dialog.get_by_label(re.compile("^Web address"))

    for wrong in ("javascript:alert(1)", "http://winkel.nl", "winkel"):
        address.fill(wrong)
        address.press("Enter")
        expect(dialog.get_by_role("alert")).to_contain_text("begins with https://")
    address.fill("winkel.nl/kussen")
    address.press("Enter")

    expect(dialog).to_have_count(0)
    expect(page.locator("#body")).to_have_value(
        re.compile(r"\[Kijk\]\(https://winkel.nl/kussen")
    )


def test_an_if_that_is_not_closed_yet_is_kept_and_holds_the_publishing_up(
    page: Page, system: Running
) -> None:
    half = "Hoi,\n\n{% if start %}\nTot dan."
    opened(page, system, "05-cyclus")
    page.get_by_role("radio", name="Source").check()
    page.locator("#body").fill(half)
    expect(saving(page)).to_contain_text("Saved")
    expect(saving(page)).to_contain_text("This if is never closed")
    letter = page.frame_locator("[data-preview] iframe").last.locator("body")
    expect(letter).to_contain_text("cannot be shown yet")

    page.reload()
    expect(page.locator("#body")).to_have_value(half)
    expect(page.locator("[data-found]")).to_be_hidden()
    page.goto(f"{system.url}/admin/sequences/magnesium/publish")

    blocks = page.locator("#blocks")
    expect(blocks).to_contain_text("Kijk een maand mee met je cyclus")
    expect(blocks).to_contain_text("Line 3")
    expect(page.get_by_role("button", name="Publish version")).to_have_count(0)


@pytest.mark.parametrize("button", ["Save draft", "Save and send"])
def test_whose_log_in_ended_stays_with_her_text_and_is_led_back_to_it(
    page: Page, system: Running, button: str
) -> None:
    opened(page, system, "06-etiket")
    there = page.url
    page.context.clear_cookies()
    subject = f"Nog niet bewaard: {button}"
    page.get_by_label("Subject", exact=True).fill(subject)
    page.get_by_role("button", name=button).click()

    expect(saving(page)).to_contain_text("You are logged out. Your text is kept")
    expect(page.locator("[data-log-in]")).to_be_focused()
    expect(page).to_have_url(there)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    page.locator("input[name=address]").fill("marketer@example.com")
    page.locator("input[name=password]").fill(system.password)
    page.locator("form button.go").click()
    if page.locator("button[formaction*=later]").count():
        page.locator("button[formaction*=later]").click()
        opened(page, system, "06-etiket")
    page.get_by_role("button", name="Put it back").click()
    expect(page.get_by_label("Subject", exact=True)).to_have_value(subject)
    expect(saving(page)).to_contain_text("Saved")


def test_a_form_without_its_log_in_is_answered_in_her_language_with_a_way_back(
    page: Page, system: Running
) -> None:
    """As it is sent without a script."""
    opened(page, system, "06-etiket")
    page.context.clear_cookies()
    page.evaluate("document.getElementById('editor').submit()")

    expect(page.locator("h1")).to_have_text("You are logged out")
    expect(page.locator("main")).to_contain_text("kept in this browser")
    page.get_by_role("link", name="Log in").click()
    expect(page).to_have_url(re.compile("/admin/login.next=/admin/steps/"))


def test_who_saves_without_a_connection_stays_where_her_text_is(
    page: Page, system: Running
) -> None:
    text = opened(page, system, "08b-over-een-uur")
    there = page.url
    page.context.set_offline(True)
    at_the_end(text)
    page.keyboard.type(" Onderweg.")
    page.get_by_role("button", name="Save draft").click()

    expect(saving(page)).to_contain_text("kept in this browser")
    expect(page).to_have_url(there)
    page.context.set_offline(False)
    expect(saving(page)).to_contain_text("Saved")
    assert draft(system, "08b-over-een-uur").endswith("Onderweg.")


@pytest.mark.parametrize("is_slow", [False, True])
def test_who_reloads_while_she_types_goes_on_where_she_was(
    page: Page, system: Running, is_slow: bool
) -> None:
    """Whether or not what she had sent has come in by then."""
    slug = "08c-de-deur" if is_slow else "08d-begonnen"
    text = opened(page, system, slug)
    for word in (" een", " twee", " drie"):
        at_the_end(text)
        if is_slow:  # the answer never comes, what was sent does
            page.route("**/keep", lambda route: route.fetch() and None, times=1)
            page.keyboard.type(" nog")
            expect(saving(page)).to_contain_text("Saving")
        page.keyboard.type(word)
        page.reload()
        expect(page.locator("#body")).to_be_hidden()
        expect(page.locator("#body")).to_have_value(re.compile(f"{word}$"))
        at_the_end(text)
        page.keyboard.type("!")
        expect(saving(page)).to_contain_text("Saved")
        assert draft(system, slug).endswith(f"{word}!")
    expect(page.locator("[data-found]")).to_be_hidden()


@pytest.mark.parametrize("view", ["Designed", "Source"])
def test_what_is_wrong_with_a_mail_is_said_first_and_leads_to_its_field(
    page: Page, system: Running, view: str
) -> None:
    opened(page, system, "09d-nog-even")
    page.get_by_label("When", exact=True).fill("ooit")
    page.get_by_label("Subject", exact=True).fill("")
    page.get_by_role("radio", name=view).check()
    page.get_by_role("button", name="Save and send").click()

    problems = page.locator("#problems")
    expect(problems).to_be_focused()
    expect(problems.get_by_role("listitem")).to_have_count(2)
    expect(problems).to_contain_text("Subject: Write a subject.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Subject", exact=True)).to_be_focused()
    problems.get_by_role("link", name="When").click()
    expect(page.get_by_label("When", exact=True)).to_be_focused()
