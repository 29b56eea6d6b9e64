"""The designed view: what it shows and writes is what the mail says, byte for byte."""

import random
import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect
from running import Running

from browser.editor import PUBLISHED, opened, saving
from funnel.mail import markdown

pytestmark = [pytest.mark.system, pytest.mark.browser, pytest.mark.timeout(300)]


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
