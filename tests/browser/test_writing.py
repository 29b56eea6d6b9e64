"""A marketer writes a mail as it looks; whatever happens, her text stays."""

import json
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect
from running import Running, wait_for

from browser import routes
from browser.test_every_page import findings, overflow
from funnel.mail import markdown

pytestmark = [pytest.mark.system, pytest.mark.browser, pytest.mark.timeout(300)]

DRAFT = "SELECT coalesce(draft->>'body', '') FROM step WHERE slug = %s"


@pytest.fixture(scope="module")
def system() -> Iterator[Running]:
    """One system: each test writes at a mail of its own."""
    with Running.started("writing") as system:
        routes.stage(system)
        system.execute("UPDATE \"user\" SET language = 'en'")
        yield system


@pytest.fixture
def context(browser: Browser, system: Running) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.add_cookies(routes.cookies(system))  # type: ignore[arg-type]  # a TypedDict
    context.set_default_timeout(20_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page that must not complain: no broken policy, no error of a script."""
    page = context.new_page()
    said: list[str] = []
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on(
        "console",
        lambda line: said.append(line.text) if "Policy" in line.text else None,
    )
    yield page
    assert said == []


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


PUBLISHED = """SELECT revision.body FROM step
    JOIN revision ON revision.id = step.revision_id WHERE slug {} ORDER BY step.id"""
COME_THROUGH = """async (sources) => {
  const { read } = await import("/static/js/editor/read.js");
  const { write } = await import("/static/js/editor/write.js");
  const { editor } = document.querySelector(".tiptap");
  return sources.map((source) => {
    const { tr } = editor.state;
    tr.replaceWith(0, tr.doc.content.size, read(source, editor.schema).content);
    const untouched = write(tr.doc).source;
    const end = tr.selection.constructor.atEnd(tr.doc);
    return [untouched, write(tr.setSelection(end).insertText("x").doc).source];
  });
}"""


def test_every_mail_comes_through_the_designed_view_byte_for_byte(
    page: Page, system: Running
) -> None:
    """What was published, whatever another test has written over it."""
    opened(page, system, "02-plek")
    bodies = [body for (body,) in system.execute(PUBLISHED.format("<> ''"))]
    assert len(bodies) > 20

    for body, found in zip(bodies, page.evaluate(COME_THROUGH, bodies), strict=True):
        assert found == [body, f"{body}x"]


@pytest.mark.parametrize("slug", ["02-plek", "10-aanbod", "23-nieuwe-datum"])
def test_one_letter_is_all_that_changes(page: Page, system: Running, slug: str) -> None:
    text = opened(page, system, slug)
    page.get_by_role("radio", name="Source").check()
    [(before,)] = system.execute(PUBLISHED.format("= %s"), [slug])
    body = page.locator("#body")
    body.fill(before)
    page.get_by_role("radio", name="Designed").check()
    expect(text).to_be_focused()

    text.press("Control+End")
    text.press("x")
    expect(body).to_have_value(f"{before}x")
    text.press("Backspace")
    expect(body).to_have_value(before)
    expect(saving(page)).to_contain_text("Saved")


def test_what_nobody_touches_stays_as_it_was_written(
    page: Page, system: Running
) -> None:
    """Another hand's Markdown is not put right while somebody adds a word."""
    odd = (
        "\n* een\n* twee\n\n\nRegel met\\* een ster  \nen _schuin_\n***\n"
        "{% if start %}\nDag {{  host  }}\n{% endif %}\n1) a\n2) b\n\n&lt;Slot"
    )
    text = opened(page, system, "23-nieuwe-datum")
    page.get_by_role("radio", name="Source").check()
    page.locator("#body").fill(odd)
    page.get_by_role("radio", name="Designed").check()
    expect(text).to_be_visible()

    text.locator("li", has_text="twee").click()
    text.press("End")
    page.keyboard.type(" x")

    changed = odd.replace("\n* een\n* twee\n", "- een\n- twee x\n").removeprefix("\n")
    expect(page.locator("#body")).to_have_value(re.compile("twee x"))
    assert page.locator("#body").input_value().split() == changed.split()
    assert page.locator("#body").input_value().endswith(odd[odd.index("Regel") :])


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


def put_in(page: Page, item: str) -> None:
    page.get_by_role("button", name="Insert", exact=True).click()
    page.get_by_role("menuitem", name=item, exact=True).click()


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


WRITE = """async (texts) => {
  const { write } = await import("/static/js/editor/write.js");
  const { schema } = document.querySelector(".tiptap").editor;
  return texts.map((blocks) => {
    const content = blocks.map(([type, attrs, words]) => ({
      type, attrs, content: words.map(([text, marks]) => ({
        type: "text", text, marks: marks.map((mark) => ({ type: mark })),
      })),
    }));
    return write(schema.nodeFromJSON({ type: "doc", content }));
  });
}"""
SIGNS = [*"*_[]()<>&\\!#-+1.`~|:/\"'", " ", "ab", "Ça", "**", "- ", "1. ", "> ", "&lt;"]


def test_what_is_typed_is_what_the_mail_says(page: Page, system: Running) -> None:
    """Whatever signs a text holds, Markdown's own among them, a reader sees them."""
    opened(page, system, "02-plek")
    chance = random.Random(7)
    texts: list[Any] = [
        [
            [kind, {"level": 2} if kind == "heading" else {}, typed(chance)]
            for kind in chance.choices(["paragraph", "heading"], k=2)
        ]
        for _ in range(400)
    ]

    for blocks, found in zip(texts, page.evaluate(WRITE, texts), strict=True):
        said = [plain("".join(words for words, _ in one[2])) for one in blocks]
        assert read_by_the_mail(found["source"]) == [one for one in said if one], found


def typed(chance: random.Random) -> list[tuple[str, list[str]]]:
    """Return a line of words and signs, as one writes it without any emphasis."""
    return [("".join(chance.choices(SIGNS, k=chance.randint(1, 12))), [])]


def read_by_the_mail(source: str) -> list[str]:
    tokens = markdown.read(source).tokens
    return [plain(markdown.words(one)) for one in tokens if one.type == "inline"]


def plain(text: str) -> str:
    return " ".join(text.split())


def test_emphasis_is_read_as_it_is_shown(page: Page, system: Running) -> None:
    """Bold directly against italic, half a word, a sign, spaces: the mail has it so."""
    opened(page, system, "02-plek")
    chance = random.Random(11)
    words = ["ab", " ", "c d", ".", " e", "f ", "(g)", "h!", "\u00a0"]
    marks: list[list[str]] = [[], ["bold"], ["italic"], ["bold", "italic"]]
    texts: list[Any] = [
        [
            [
                "paragraph",
                {},
                [(chance.choice(words), chance.choice(marks)) for _ in range(4)],
            ]
        ]
        for _ in range(400)
    ]

    found = page.evaluate(WRITE, texts)

    for [[_, _, runs]], one in zip(texts, found, strict=True):
        shown = [(letter, set(marks)) for text, marks in runs for letter in text]
        assert one["isExact"], one
        assert letters_of_the_mail(one["source"]) == [
            one for one in shown if not one[0].isspace()
        ], one


def letters_of_the_mail(source: str) -> list[tuple[str, set[str]]]:
    """Return every letter that a reader sees, and how it is emphasised."""
    names = {"strong": "bold", "em": "italic"}
    found: list[tuple[str, set[str]]] = []
    marks: set[str] = set()
    for block in markdown.read(source).tokens:
        for token in block.children or []:
            if token.nesting:
                marks ^= {names[token.tag]}
            found += [(one, set(marks)) for one in token.content if not one.isspace()]
    return found


def test_what_markdown_cannot_say_is_told(page: Page, system: Running) -> None:
    """No emphasis can end between a sign and a value: a value is like a letter."""
    text = opened(page, system, "02-plek")
    text.press("Control+A")
    page.keyboard.press("Delete")
    page.keyboard.press("Control+b")
    page.keyboard.type("Let op!")
    page.keyboard.press("Control+b")
    page.keyboard.type("{{ host }}")

    expect(page.locator("[data-why]")).to_contain_text("Markdown cannot say all")
    expect(saving(page)).to_contain_text("Saved")


def moved_by(page: Page, text: Locator, key: str) -> None:
    """Press a key, and wait until the editor has heard where the cursor went."""
    selection = (
        "JSON.stringify(document.querySelector('.tiptap').editor.state.selection)"
    )
    before = page.evaluate(selection)
    text.press(key)
    wait_for(lambda: page.evaluate(selection) != before, f"{key} to be heard")


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


def test_what_is_pasted_is_read_as_markdown_or_made_simple(
    page: Page, system: Running
) -> None:
    text = opened(page, system, "21-nieuwe-tijd")
    text.press("Control+A")
    text.press("Delete")
    paste(text, {"text/plain": "**Vet** en {{ host }}\r\n\r\n- een\r\n- twee"})
    expect(page.locator("#body")).to_have_value(
        "**Vet** en {{ host }}\n\n- een\n- twee"
    )

    text.press("Control+A")
    text.press("Delete")
    html = (
        '<meta charset="utf-8"><h2 style="color:red">Kop</h2>'
        '<p style="margin:0">Een <b>vet</b> <a href="javascript:alert(1)">woord</a>, '
        '<a href="https://winkel.example/a">link</a></p>'
        "<table><tr><td>cel</td><td>{{ brand }}</td></tr><tr><th>b</th></tr></table>"
        '<img src="https://x.example/y">'
    )
    paste(text, {"text/html": html, "text/plain": "Kop"})
    expect(page.locator("#body")).to_have_value(
        "## Kop\n\nEen **vet** woord, [link](https://winkel.example/a)\n\n"
        "cel {{ brand }}\n\nb"
    )
    expect(page.locator("[data-why]")).to_contain_text("a table or a picture")
    page.keyboard.type("x")
    expect(page.locator("[data-why]")).to_be_hidden()


def paste(text: Locator, data: dict[str, str]) -> None:
    text.evaluate(
        """(element, data) => {
          const clipboardData = new DataTransfer();
          for (const type of Object.keys(data)) clipboardData.setData(type, data[type]);
          const options = { clipboardData, bubbles: true, cancelable: true };
          element.dispatchEvent(new ClipboardEvent("paste", options));
        }""",
        data,
    )


def test_what_the_designed_view_cannot_show_opens_as_source(
    page: Page, system: Running
) -> None:
    opened(page, system, "08c-de-deur")
    page.get_by_role("radio", name="Source").check()
    page.locator("#body").fill("Hoi <b>jij</b>\n")

    page.get_by_role("radio", name="Designed").click()

    expect(page.locator("[data-why]")).to_contain_text("Line 1 holds HTML")
    expect(page.locator("[data-designed]")).to_be_hidden()
    expect(page.locator("#body")).to_have_value("Hoi <b>jij</b>\n")
    page.locator("#body").fill("Hoi {{ first_name")
    page.get_by_role("radio", name="Designed").click()
    expect(page.locator("[data-why]")).to_contain_text("braces that do not close")


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


def test_of_two_tabs_the_second_sees_the_difference_and_loses_nothing(
    context: BrowserContext, page: Page, system: Running
) -> None:
    other = context.new_page()
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
    context: BrowserContext, page: Page, system: Running
) -> None:
    text = opened(page, system, "05-cyclus")
    context.set_offline(True)
    at_the_end(text)
    page.keyboard.type(" Onderweg.")
    expect(saving(page)).to_contain_text("kept in this browser")
    kept = page.evaluate(
        "Object.entries(localStorage).find(([k]) => k.includes('step'))"
    )
    assert json.loads(kept[1])["fields"]["body"].endswith("Onderweg.")

    page.keyboard.type(" Nog meer.")
    context.set_offline(False)
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
    context: BrowserContext, page: Page, system: Running
) -> None:
    leave_behind(page, system, "24-jouw-gegevens", " Van mij.")
    other = context.new_page()
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
    context: BrowserContext, page: Page, system: Running
) -> None:
    text = opened(page, system, "06-etiket")
    context.clear_cookies()
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
