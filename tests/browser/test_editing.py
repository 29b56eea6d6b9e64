"""A marketer edits a running sequence in a real browser; a colleague does, too."""

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from running import Running, wait_for

pytestmark = [pytest.mark.system, pytest.mark.browser, pytest.mark.timeout(300)]

LIST = "/admin/sequences/magnesium/list"
REVIEW = "/admin/sequences/magnesium/publish"
ORDER = (
    "SELECT slug FROM step WHERE role = 'listed' AND deleted_at IS NULL"
    " AND revision_id IS NOT NULL ORDER BY rank LIMIT 5"
)


def mail(page: Page, subject: str) -> Locator:
    return page.locator("[data-step]").filter(has_text=subject)


def subjects(page: Page) -> list[str]:
    return page.locator("[data-step] h2 a").all_inner_texts()


def published_order(system: Running) -> list[str]:
    return [slug for (slug,) in system.execute(ORDER)]


def test_a_marketer_edits_a_running_sequence_reads_the_impact_and_undoes_it(
    page: Page, system: Running
) -> None:
    before = published_order(system)
    put_in(page, system)
    move(page)
    delete_and_retime(page, system)
    assert published_order(system) == before  # nobody has noticed

    page.goto(f"{system.url}{REVIEW}")
    table = page.locator("#impact")
    gone = table.get_by_role("row").filter(has_text="Zo lees je een etiket")
    expect(gone.locator("td.moves")).to_have_text("1")
    expect(page.locator("#overall")).to_contain_text(
        "something moves for the one person inside"
    )
    publish(page)
    assert published_order(system)[2:4] == ["03b-een-tussendoortje", "05-cyclus"]
    wait_for(lambda: waits_for(system) == "03b-een-tussendoortje", "the next plan")

    news = page.get_by_role("status")
    news.get_by_role("button", name="Undo version").click()
    expect(page.locator("h1")).to_contain_text("Publish")
    publish(page)
    assert published_order(system) == before


def publish(page: Page) -> None:
    page.get_by_role("button", name="Publish version").click()
    expect(page.get_by_role("status").first).to_contain_text("is published")


def put_in(page: Page, system: Running) -> None:
    page.goto(f"{system.url}{LIST}")
    page.get_by_role("link", name="Add a mail here , after “Wat een drukke dag").click()
    page.get_by_label("Subject").fill("Een tussendoortje")
    page.get_by_role("button", name="Add it, and write").click()
    expect(page.locator("#body")).to_be_hidden()  # the designed view stands for it
    page.get_by_role("textbox", name="Text").fill("Hoi, dit zit ertussen.")
    page.get_by_role("button", name="Save draft").click()
    letter = page.frame_locator("iframe").first.locator("body")
    expect(letter).to_contain_text("ertussen")
    page.goto(f"{system.url}{LIST}")
    assert subjects(page)[2] == "Een tussendoortje"


def move(page: Page) -> None:
    """With the keys one up, and with the mouse back to where it belongs."""
    grip = mail(page, "Kijk een maand mee").locator("[data-grip]")
    grip.focus()
    page.keyboard.press("ArrowUp")
    expect(page).to_have_url(re.compile("#step-"))
    expect(grip).to_be_focused()
    moved = page.locator(".chip.clay").filter(has_text="moved")
    expect(moved).to_have_count(1)
    expect(mail(page, "Kijk een maand mee").locator(moved)).to_be_visible()
    assert subjects(page)[3:5] == [
        "Kijk een maand mee met je cyclus",
        "Moe: wat het wel en niet zegt",
    ]
    drag(page, grip, mail(page, "Moe: wat het wel"))
    expect(page.locator(".chip.clay").filter(has_text="moved")).to_have_count(0)
    assert subjects(page)[3:5] == [
        "Moe: wat het wel en niet zegt",
        "Kijk een maand mee met je cyclus",
    ]


def drag(page: Page, grip: Locator, target: Locator) -> None:
    box = target.bounding_box()
    assert box is not None
    grip.drag_to(
        target, target_position={"x": box["width"] / 2, "y": box["height"] - 3}
    )
    page.wait_for_load_state()


def delete_and_retime(page: Page, system: Running) -> None:
    for subject in ("Zo lees je een etiket", "Moe: wat het wel"):
        row = mail(page, subject)
        row.locator("summary").click()
        row.get_by_role("button", name="Delete it").click()
        gone = page.locator("li.off").filter(has_text=subject)
        expect(gone.locator("del")).to_be_visible()
        expect(gone.get_by_role("button", name="Put back")).to_be_focused()
    mail(page, "Kijk een maand mee").get_by_role("link").first.click()
    page.locator("#timing").fill("3 days at 09:00")
    page.get_by_role("button", name="Save draft").click()
    expect(page.get_by_role("status").first).to_contain_text("Saved")
    page.goto(f"{system.url}{LIST}")


def waits_for(system: Running) -> str:
    query = "SELECT s.slug FROM enrollment e JOIN step s ON s.id = e.next_step_id"
    rows = system.execute(query)
    return str(rows[0][0]) if rows else ""


def test_of_two_marketers_the_second_reads_what_the_first_did_and_goes_on(
    page: Page, system: Running
) -> None:
    colleague = page.context.new_page()
    step = system.execute("SELECT id FROM step WHERE slug = '10-aanbod'")[0][0]
    edit(page, system, step, "Mijn mail")
    page.goto(f"{system.url}{REVIEW}")
    edit(colleague, system, step, "Haar mail")
    colleague.goto(f"{system.url}{REVIEW}")
    publish(colleague)
    edit(colleague, system, step, "Beste mail")

    page.get_by_role("button", name="Publish version").click()
    expect(page.locator("#since")).to_contain_text("published version")
    expect(page.locator("#since del")).to_have_text(["Mijn"])
    publish(page)

    live = "SELECT r.subject FROM step s JOIN revision r ON r.id = s.revision_id"
    assert system.execute(f"{live} WHERE s.slug = '10-aanbod'") == [("Beste mail",)]


def edit(page: Page, system: Running, step: int, subject: str) -> None:
    page.goto(f"{system.url}/admin/steps/{step}")
    page.locator("#subject").fill(subject)
    page.get_by_role("button", name="Save draft").click()
    expect(page.get_by_role("status").first).to_contain_text("Saved")


def test_the_simulator_answers_as_she_types(page: Page, system: Running) -> None:
    page.goto(f"{system.url}/admin/sequences/magnesium/simulator")
    answer = page.locator("#answer")
    expect(answer).to_contain_text("Europe/Amsterdam")

    page.get_by_label("On the clock of").fill("America/Curacao")
    expect(answer).to_contain_text("America/Curacao")
    page.get_by_label("asks for the mail series").uncheck()
    expect(answer).to_contain_text("she did not ask for these mails")
    expect(page).to_have_url(re.compile("zone=America"))


def test_a_tag_and_a_mail_are_chosen_by_keyboard_and_without_script(
    browser: Browser, system: Running, cookies: list[Any]
) -> None:
    context = browser.new_context(java_script_enabled=False)
    context.add_cookies(cookies)
    page = context.new_page()
    step = system.execute("SELECT id FROM step WHERE slug = '04-moe'")[0][0]
    page.goto(f"{system.url}/admin/steps/{step}")
    kind, tag = page.locator("#condition"), page.locator("#condition_tag")
    expect(tag).to_be_hidden()
    kind.select_option("clicked")
    expect(page.locator("#condition_mail")).to_be_visible()
    expect(tag).to_be_hidden()

    kind.select_option("not tag")
    kind.press("Tab")
    expect(tag).to_be_focused()
    page.keyboard.type("klant")
    page.keyboard.press("Enter")

    expect(tag).to_have_value("klant")
    draft = system.execute("SELECT draft->>'condition' FROM step WHERE id = %s", [step])
    assert draft == [("not tag klant",)]
    context.close()
