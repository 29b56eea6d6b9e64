"""The editor of a mail, as a browser test works in it."""

from playwright.sync_api import Locator, Page, expect
from running import Running, wait_for

PUBLISHED = """SELECT revision.body FROM step
    JOIN revision ON revision.id = step.revision_id WHERE slug {} ORDER BY step.id"""
DRAFT = "SELECT coalesce(draft->>'body', '') FROM step WHERE slug = %s"


def step(system: Running, slug: str) -> int:
    return int(system.execute("SELECT id FROM step WHERE slug = %s", [slug])[0][0])


def opened(page: Page, system: Running, slug: str) -> Locator:
    """Open a mail, and return the text that is written in: not its source."""
    page.goto(f"{system.url}/admin/steps/{step(system, slug)}")
    expect(page.locator("#body")).to_be_hidden()  # the designed view stands for it
    return page.get_by_role("textbox", name="Text").and_(page.locator(".tiptap"))


def saving(page: Page) -> Locator:
    return page.locator("#saving")


def draft(system: Running, slug: str) -> str:
    return str(system.execute(DRAFT, [slug])[0][0])


def at_the_end(text: Locator) -> None:
    text.focus()
    text.press("Control+End")


def put_in(page: Page, item: str) -> None:
    page.get_by_role("button", name="Insert", exact=True).click()
    page.get_by_role("menuitem", name=item, exact=True).click()


def moved_by(page: Page, text: Locator, key: str) -> None:
    """Press a key, and wait until the editor has heard where the cursor went."""
    selection = (
        "JSON.stringify(document.querySelector('.tiptap').editor.state.selection)"
    )
    before = page.evaluate(selection)
    text.press(key)
    wait_for(lambda: page.evaluate(selection) != before, f"{key} to be heard")
