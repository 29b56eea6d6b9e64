"""What browser tests share: a system, a browser, the ways in which a page is seen."""

import os
from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

import pytest
import tables
from playwright.sync_api import Browser, BrowserContext, Page, expect
from running import Running

from browser import chromium, routes


class Seen(NamedTuple):
    """How somebody looks at a page."""

    width: int
    scheme: Literal["light", "dark"]
    language: str

    def __str__(self) -> str:
        return f"{self.width}-{self.scheme}-{self.language}"


PATIENCE = 20_000  # milliseconds, on a machine that does much else
expect.set_options(timeout=PATIENCE)

WAYS = [Seen(360, "dark", "nl"), Seen(1280, "light", "en")]


@pytest.fixture(scope="package")
def staged() -> Iterator[Running]:
    """One system for these files, with a reader in it: to start takes many seconds."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    with Running.started(f"browser-{worker}") as system:
        routes.stage(system)
        tables.keep(system.database_url)
        yield system


@pytest.fixture(scope="module")
def system(staged: Running) -> Running:
    """The system as it was staged, whatever the file before this one did to it."""
    tables.put_back(staged.database_url)
    return staged


@pytest.fixture(scope="module")
def cookies(system: Running) -> list[Any]:
    """What the browser of somebody holds who is logged in."""
    return routes.cookies(system)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """A browser for these files: its event loop would be in the way of other tests."""
    try:
        with chromium.launched() as browser:
            yield browser
    except chromium.NoBrowser as reason:
        if os.environ.get("CI"):
            pytest.fail(str(reason))
        pytest.skip(str(reason))


@pytest.fixture(scope="module", params=WAYS, ids=str)
def seen(request: pytest.FixtureRequest) -> Seen:
    way: Seen = request.param
    return way


@pytest.fixture
def context(browser: Browser, seen: Seen) -> Iterator[BrowserContext]:
    context = browser.new_context(
        viewport={"width": seen.width, "height": 900},
        color_scheme=seen.scheme,
        reduced_motion="reduce",
    )
    context.set_default_timeout(PATIENCE)
    yield context
    context.close()


@pytest.fixture
def desk(
    browser: Browser, system: Running, cookies: list[Any]
) -> Iterator[BrowserContext]:
    """The browser of somebody who is logged in, at a desk, and reads English."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 900}, reduced_motion="reduce"
    )
    context.add_cookies(cookies)
    context.set_default_timeout(PATIENCE)
    system.execute("UPDATE \"user\" SET language = 'en'")
    yield context
    context.close()


@pytest.fixture
def page(desk: BrowserContext) -> Iterator[Page]:
    """A page of hers that must not complain: no broken policy, no error of a script."""
    page = desk.new_page()
    said: list[str] = []
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on(
        "console",
        lambda line: said.append(line.text) if "Policy" in line.text else None,
    )
    yield page
    assert said == []
