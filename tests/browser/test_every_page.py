"""Every page, as it is seen: narrow and wide, light and dark, Dutch and English."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import factories
import pytest
from marketer import Marketer
from playwright.sync_api import BrowserContext, Page
from running import Running

from browser import routes
from browser.conftest import Seen
from funnel.app import create_app
from funnel.config import Settings
from funnel.mail.picture import finished

pytestmark = [
    pytest.mark.system,
    pytest.mark.browser,
    pytest.mark.timeout(300),
]

NARROWEST = 320  # pixels: what WCAG 1.4.10 asks for
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OPTIONS = {
    "runOnly": {"type": "tag", "values": RULES},
    "resultTypes": ["violations"],  # what passed need not be described
    "preload": {"assets": ["media"]},  # no rule among these reads the style sheets
}
IN_COLOUR = {**OPTIONS, "runOnly": ["color-contrast", "link-in-text-block"]}
"""What may differ between light and dark: the rest of a page is the same in both."""


@pytest.fixture(scope="module")
def paths(system: Running) -> dict[str, str]:
    put_drafts(system)
    return routes.paths(system)


@pytest.fixture
def context(
    seen: Seen, context: BrowserContext, system: Running, cookies: list[Any]
) -> BrowserContext:
    """Somebody who is logged in, in one of the studio's languages."""
    context.add_cookies(cookies)
    system.execute('UPDATE "user" SET language = %s', [seen.language])
    return context


def put_drafts(system: Running) -> None:
    """Let drafts wait: a new timing, a gap beside a picture, and a mail taken out."""
    made = finished(factories.drawing())
    system.execute(
        "INSERT INTO picture (name, alt, width, height, size, added_at, data)"
        " VALUES (%s, 'een kom noten', %s, %s, %s, now(), %s)",
        [made.name, made.width, made.height, len(made.data), made.data],
    )
    marketer = Marketer(system)
    marketer.log_in()
    marketer.edit("04-moe", timing="3 days at 09:00")
    marketer.edit("05-cyclus", body=f"[VUL IN: wat]\n\n![noten](media:{made.name})")
    form = marketer.visitor.get("/admin/sequences/magnesium/list").form("/remove")
    marketer.visitor.submit(form)


def test_every_get_route_has_its_place_in_this_test(paths: dict[str, str]) -> None:
    settings = Settings(
        database_url="postgresql://localhost/nowhere",
        redis_url="redis://localhost",
        smtp_url="smtp://localhost",
        base_url="http://localhost:8000",
        secret_key="only-for-the-map-of-routes-0123456789",
        embedded=True,
    )
    rules = create_app(settings).url_map.iter_rules()

    pages = {rule.endpoint for rule in rules if "GET" in (rule.methods or ())}

    assert pages - set(routes.NO_PAGE) == set(paths)


def test_every_page_is_accessible_and_keeps_to_its_policy(
    context: BrowserContext, seen: Seen, system: Running, paths: dict[str, str]
) -> None:
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda line: said.append(f"{page.url}: {line.text}"))
    page.on("pageerror", lambda error: said.append(f"{page.url}: {error}"))
    wrong: dict[str, Any] = {}

    for name, path in {**paths, **routes.views()}.items():
        answer = page.goto(system.url + path)
        assert answer is not None
        assert answer.status == 200, (name, path, answer.status)
        wrong[name] = [*findings(page), *overflow(page)]
        wrong[name] += in_the_other_scheme(page, seen)
        if seen.width < NARROWEST * 2:
            wrong[name] += squeezed(page, seen)

    assert {name: found for name, found in wrong.items() if found} == {}
    assert said == []


def findings(
    page: Page, within: str = "html", options: dict[str, Any] = OPTIONS
) -> list[str]:
    """Return what axe-core finds, with the element and the reason."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(axe())
    violations = page.evaluate(
        "asked => axe.run(...asked).then(found => found.violations)", [within, options]
    )
    return [
        f"{rule['id']}: {node['target']} {node['failureSummary']}"
        for rule in violations
        for node in rule["nodes"]
    ]


def in_the_other_scheme(page: Page, seen: Seen) -> list[str]:
    """Return what is wrong with the colours for who sees the page the other way."""
    other: Literal["light", "dark"] = "light" if seen.scheme == "dark" else "dark"
    page.emulate_media(color_scheme=other)
    found = findings(page, options=IN_COLOUR)
    page.emulate_media(color_scheme=seen.scheme)
    return [f"{other}: {one}" for one in found]


def squeezed(page: Page, seen: Seen) -> list[str]:
    """Return a sentence if the page is too wide for the narrowest screen there is."""
    page.set_viewport_size({"width": NARROWEST, "height": 900})
    found = overflow(page)
    page.set_viewport_size({"width": seen.width, "height": 900})
    return found


def overflow(page: Page) -> list[str]:
    """Return a sentence if the page is wider than the screen (WCAG 1.4.10)."""
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return [f"{wide} pixels wider than the screen"] if wide > 0 else []


@cache
def axe() -> str:
    spec = find_spec("axe_playwright_python")
    assert spec is not None
    assert spec.origin is not None
    return (Path(spec.origin).parent / "axe.min.js").read_text("utf-8")
