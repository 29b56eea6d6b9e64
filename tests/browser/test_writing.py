"""A marketer writes a mail: with keys, menus and dialogs, and sees it as it will be."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect
from running import Running

from browser.editor import PUBLISHED, draft, moved_by, opened, put_in, saving
from browser.test_every_page import findings, overflow

pytestmark = [pytest.mark.system, pytest.mark.browser, pytest.mark.timeout(300)]


def test_she_writes_with_the_keyboard_alone(page: Page, system: Running) -> None:
    text = opened(page, system, "08b-over-een-uur")
    body = page.locator("#body")
    text.focus()
    text.press("Control+A")
    text.press("Delete")
    page.keyboard.type("Hoi ")

    choose(page, "Value", "first name")
    page.keyboard.type(", dit is ")
    page.keyboard.press("Control+b")
    page.keyboard.type("vet")
    page.keyboard.press("Control+b")
    page.keyboard.type(".")
    choose(page, "Insert", "Button")
    expect(page.get_by_role("dialog", name="Button")).to_be_visible()
    page.keyboard.type("Kom binnen")
    page.keyboard.press("Enter")
    page.keyboard.type("Tot dan *echt*, 5 * 3")

    written = (
        'Hoi {{ first_name|default("daar") }}, dit is **vet**.\n\n'
        '[Kom binnen]({{ join_url }} "button")\n\nTot dan *echt*, 5 * 3'
    )
    expect(body).to_have_value(written)
    page.get_by_role("radio", name="Source").check()
    expect(body).to_be_visible()
    body.press("Control+End")
    page.keyboard.type("\n\n> Let op")
    page.get_by_role("radio", name="Designed").check()
    expect(text.locator("blockquote")).to_have_text("Let op")
    expect(saving(page)).to_contain_text("Saved")
    assert draft(system, "08b-over-een-uur") == f"{written}\n\n> Let op"


WHEN_CLOSED = """() => document.addEventListener("close", () => {
  const { anchorNode, anchorOffset } = getSelection();
  const { state, view } = document.activeElement.editor ?? {};
  const at = view?.posAtDOM(anchorNode, anchorOffset);
  window.found = [state?.doc.childCount, state?.selection.from, at];
}, { capture: true, once: true })"""


@pytest.mark.parametrize(("key", "blocks", "at"), [("Enter", 3, 10), ("Escape", 1, 4)])
def test_the_cursor_is_back_before_the_browser_tells_that_a_dialog_closed(
    page: Page, system: Running, key: str, blocks: int, at: int
) -> None:
    """It tells so in a task of its own, and a fast key comes before that."""
    text = opened(page, system, "08b-over-een-uur")
    text.press("Control+A")
    page.keyboard.type("Hoi")
    page.evaluate(WHEN_CLOSED)
    choose(page, "Insert", "Button")
    expect(page.get_by_role("dialog", name="Button")).to_be_visible()
    page.keyboard.type("Ja")
    page.keyboard.press(key)
    page.wait_for_function("window.found")

    assert page.evaluate("window.found") == [blocks, at, at]


def choose(page: Page, menu: str, item: str) -> None:
    """From the text to the toolbar, along it to a menu, and down to an entry."""
    page.keyboard.press("Alt+F10")
    focused = page.locator(":focus")
    for _ in range(12):
        if (focused.text_content() or "").strip() == menu:
            break
        page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    for _ in range(20):
        if (focused.text_content() or "").strip().startswith(item):
            break
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")


def test_blocks_and_pictures_are_put_in(
    page: Page, system: Running, tmp_path: Path
) -> None:
    text = opened(page, system, "09a-dank-je-wel")
    picture = tmp_path / "thee.png"
    Image.new("RGB", (40, 30), "green").save(picture)
    text.press("Control+A")
    page.keyboard.type("Hoi,")
    put_in(page, "Signature")
    put_in(page, "Product…")
    page.get_by_label("Its name").fill("Kussen")
    page.get_by_label("Web address of its shop").fill("winkel.example/kussen")
    page.get_by_label("What it is, in a sentence or two").fill("Zacht.\n\nRond.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    put_in(page, "Picture…")
    dialog = page.get_by_role("dialog", name="Picture")
    dialog.get_by_label("What it shows").fill("een kop thee")
    dialog.get_by_role("button", name="Put it in").click()
    expect(dialog.get_by_role("alert")).to_contain_text("begins with https://")
    dialog.get_by_label("From this computer").set_input_files(picture)
    dialog.get_by_role("button", name="Put it in").click()

    expect(text.locator(".picture img")).to_have_attribute("alt", "een kop thee")
    expect(text.locator(".picture img")).to_have_js_property("naturalWidth", 40)
    found = page.locator("#body").input_value()
    name = re.search(r"media:\S+?\.\w+", found)
    assert name
    assert found == (
        "Hoi,\n\n{{ signature }}\n\n"
        '[Kussen](https://winkel.example/kussen "product")\nZacht.\nRond.\n\n'
        f"![een kop thee]({name[0]})"
    )
    text.locator(".goods").dblclick()
    expect(page.get_by_label("What it is, in a sentence")).to_have_value(
        "Zacht.\nRond."
    )
    page.get_by_role("button", name="Take it out").click()
    expect(page.locator("#body")).not_to_have_value(re.compile("Kussen"))
    expect(saving(page)).to_contain_text("Saved")


def test_a_chip_is_changed_with_the_keyboard(page: Page, system: Running) -> None:
    text = opened(page, system, "20-al-ingeschreven")
    text.press("Control+A")
    page.keyboard.type("Hoi {{ first_name }}, lees verder.")
    expect(text.locator(".hole")).to_have_text("first name")
    for key in ("Home", *["ArrowRight"] * len("Hoi ?")):
        moved_by(page, text, key)
    expect(text.locator(".ProseMirror-selectednode")).to_have_count(1)
    text.press("Enter")
    dialog = page.get_by_role("dialog", name="Value")
    dialog.get_by_label("What to say when it is missing").fill("jij")
    dialog.get_by_label("What to say when it is missing").press("Enter")

    expect(page.locator("#body")).to_have_value(
        'Hoi {{ first_name|default("jij") }}, lees verder.'
    )
    for key in ("End", "Shift+Home"):
        moved_by(page, text, key)
    page.keyboard.press("Control+k")
    page.get_by_role("dialog", name="Link").get_by_label("Leads to").select_option(
        label="the article"
    )
    page.get_by_role("dialog", name="Link").get_by_role(
        "button", name="Put it in"
    ).click()
    expect(page.locator("#body")).to_have_value(
        '[Hoi {{ first_name|default("jij") }}, lees verder.]({{ article_url }})'
    )


def test_the_preview_is_of_whom_she_chooses_by_day_or_night(
    page: Page, system: Running
) -> None:
    opened(page, system, "04-moe")
    frame = page.frame_locator("[data-preview] iframe").last
    letter = frame.locator("body")
    expect(letter).to_contain_text("Hoi Anna,")
    system.execute(
        "UPDATE subscriber SET first_name = 'Fenna' WHERE address = %s",
        ["bezoeker@lezer.example"],
    )

    page.get_by_label("For", exact=True).fill("fenn")
    expect(page.locator("#readers option")).to_have_count(1)
    page.get_by_label("For", exact=True).fill("bezoeker@lezer.example")
    expect(letter).to_contain_text("Hoi Fenna,")
    page.get_by_label("Dark").check()
    expect(letter).to_have_css("background-color", "rgb(23, 26, 24)")
    page.get_by_label("Plain text").check()
    expect(frame.locator("pre")).to_contain_text("Hoi Fenna,")
    page.get_by_label("For", exact=True).fill("niemand@lezer.example")
    page.get_by_label("For", exact=True).press("Enter")
    expect(letter).to_contain_text("Nobody here has the address")


def test_the_lines_of_the_inbox_follow_her(page: Page, system: Running) -> None:
    opened(page, system, "09d-nog-even")
    page.get_by_label("Subject").fill(
        "Dit onderwerp is langer dan een telefoon laat zien, echt"
    )
    expect(page.locator("#subject-hint")).to_have_class(re.compile("long"))
    expect(page.locator("#inbox-line strong")).to_contain_text("Dit onderwerp")
    page.get_by_label("Subject").fill("Tot {{ replay_until }}")
    expect(page.locator("#inbox-line strong")).to_contain_text("uur")
    expect(page.locator("#subject-hint output")).not_to_contain_text("22 characters")


@pytest.mark.parametrize(("width", "scheme"), [(320, "dark"), (1280, "light")])
def test_menus_and_dialogs_are_accessible(
    page: Page, system: Running, width: int, scheme: str
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of two
    opened(page, system, "10-aanbod")
    wrong = {}
    for menu in ("Insert", "Value"):
        page.get_by_role("button", name=menu, exact=True).click()
        wrong[menu] = [*findings(page, "[data-toolbar]"), *overflow(page)]
        page.keyboard.press("Escape")
    page.get_by_role("button", name="Value Subject").click()
    wrong["Subject"] = [*findings(page, ".field:has(#subject)"), *overflow(page)]
    page.keyboard.press("Escape")
    for item in ("Button…", "Product…", "Picture…", "Text for some people…"):
        page.get_by_role("button", name="Insert", exact=True).click()
        page.get_by_role("menuitem", name=item).click()
        wrong[item] = findings(page, "dialog[open]")
        page.keyboard.press("Escape")
    assert {name: found for name, found in wrong.items() if found} == {}


@pytest.mark.parametrize(
    ("keys", "written", "behind"),
    [
        (["Home"], "{{ signature }}\n\nHoi daar", "{{ signature }}\n\nXHoi daar"),
        (
            ["ArrowLeft"] * len("daar"),
            "Hoi\n\n{{ signature }}\n\ndaar",
            "Hoi\n\n{{ signature }}\n\nXdaar",
        ),
        ([], "Hoi daar\n\n{{ signature }}", "Hoi daar\n\n{{ signature }}\n\nX"),
    ],
)
def test_a_block_stands_where_the_cursor_is_and_the_text_goes_on_behind_it(
    page: Page, system: Running, keys: list[str], written: str, behind: str
) -> None:
    text = opened(page, system, "09a-dank-je-wel")
    text.press("Control+A")
    page.keyboard.type("Hoi daar")
    for key in keys:
        moved_by(page, text, key)

    put_in(page, "Signature")

    expect(page.locator("#body")).to_have_value(written)
    page.keyboard.type("X")
    expect(page.locator("#body")).to_have_value(behind)
    blank = text.locator("p").filter(has_not_text=re.compile(r"\S"))
    expect(blank).to_have_count(0)


@pytest.fixture
def nameless(system: Running) -> Iterator[None]:
    """Nobody has told her name, for as long as a test takes."""
    names = system.execute("SELECT id, first_name FROM subscriber")
    system.execute("UPDATE subscriber SET first_name = ''")
    yield
    for her, name in names:
        system.execute(
            "UPDATE subscriber SET first_name = %s WHERE id = %s", [name, her]
        )


@pytest.mark.usefixtures("nameless")
@pytest.mark.parametrize("line", ["Subject", "Preheader"])
def test_a_value_is_put_into_a_line_where_the_cursor_is(
    page: Page, system: Running, line: str
) -> None:
    """With the keyboard: Tab leads from the line to its values."""
    opened(page, system, "09d-nog-even")
    name = line.lower()
    field, shown = page.locator(f"#{name}"), page.locator("#inbox-line")
    field.fill("Hoi ! Tot zo")
    field.press("Home")
    for _ in "Hoi ":
        field.press("ArrowRight")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name=f"Value {line}")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.locator(f"#values-{name}")).to_contain_text(
        page.locator("#values-body .lack").first.inner_text()
    )
    page.keyboard.press("h")
    page.keyboard.press("Enter")

    expect(field).to_be_focused()
    expect(field).to_have_value("Hoi {{ host }}! Tot zo")
    expect(saving(page)).to_contain_text("Saved")
    expect(shown).to_contain_text("Hoi Noor")
    expect(page.locator(f"#{name}-hint output")).to_have_text(
        re.compile(r"^(?!22 )\d+ characters")
    )
    [(kept,)] = system.execute(
        f"SELECT draft->>'{name}' FROM step WHERE slug = '09d-nog-even'"
    )
    assert kept == "Hoi {{ host }}! Tot zo"
    field.press("Control+z")
    expect(field).to_have_value("Hoi ! Tot zo")
    expect(saving(page)).to_contain_text("Saved")


def test_a_value_takes_the_place_of_what_is_selected_but_never_of_the_whole_line(
    page: Page, system: Running
) -> None:
    opened(page, system, "09d-nog-even")
    subject = page.get_by_label("Subject", exact=True)
    value = page.get_by_role("button", name="Value Subject")
    name = page.locator("#values-subject").get_by_role("menuitem", name="first name")
    subject.fill("Hoi Anna")

    subject.press("Control+Shift+ArrowLeft")
    value.click()
    name.click()
    expect(subject).to_have_value('Hoi {{ first_name|default("daar") }}')
    subject.fill("Hoi ")
    subject.press("Control+a")  # as Tab leaves it, on the way in
    value.click()
    name.click()
    expect(subject).to_have_value('Hoi {{ first_name|default("daar") }}')
    expect(page.locator("#inbox-line strong")).to_have_text("Hoi Anna")
    value.click()
    page.keyboard.press("Escape")
    expect(value).to_be_focused()


def test_a_viewer_reads_it_as_it_looks_and_as_source_and_writes_nothing(
    page: Page, system: Running
) -> None:
    system.execute("UPDATE \"user\" SET role = 'viewer'")
    try:
        text = opened(page, system, "22-gaat-niet-door")
        expect(text).to_have_attribute("contenteditable", "false")
        text.press("x")
        text.locator(".hole").first.dblclick()  # asks nothing: no error of a script
        assert findings(page) == []
        page.get_by_role("radio", name="Source").check()
        body = page.locator("#body")
        expect(body).to_be_focused()
        expect(body).not_to_be_editable()
        [(published,)] = system.execute(PUBLISHED.format("= '22-gaat-niet-door'"))
        body.press("x")
        expect(body).to_have_value(published)
        for field in page.locator("#editor").locator("input, select, textarea").all():
            if field.get_attribute("type") not in {"hidden", "radio"}:
                assert field.is_disabled() or not field.is_editable()
        expect(page.locator("#editor button")).to_have_count(0)
        assert findings(page) == []
        page.get_by_label("Dark").check()
        letter = page.frame_locator("[data-preview] iframe").last.locator("body")
        expect(letter).to_have_css("background-color", "rgb(23, 26, 24)")
        page.get_by_label("Plain text").check()
        frame = page.frame_locator("[data-preview] iframe").last
        expect(frame.locator("pre")).to_be_visible()
    finally:
        system.execute("UPDATE \"user\" SET role = 'owner'")
