"""What browser tests share: one browser, and the ways in which a page is seen."""

import os
from collections.abc import Iterator
from typing import Literal, NamedTuple

import pytest
from playwright.sync_api import Browser, BrowserContext, Page
from running import Running

from browser import chromium, routes


class Seen(NamedTuple):
    """How somebody looks at a page."""

    width: int
    scheme: Literal["light", "dark"]
    language: str

    def __str__(self) -> str:
        return f"{self.width}-{self.scheme}-{self.language}"


WAYS = [Seen(360, "dark", "nl"), Seen(1280, "light", "en")]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser for one file: its event loop would be in the way of other tests."""
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
    context.set_default_timeout(20_000)
    yield context
    context.close()


@pytest.fixture
def page(browser: Browser, system: Running) -> Iterator[Page]:
    """Somebody who is logged in, at a desk, and reads English."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.add_cookies(routes.cookies(system))  # type: ignore[arg-type]  # a TypedDict
    context.set_default_timeout(20_000)
    system.execute("UPDATE \"user\" SET language = 'en'")
    yield context.new_page()
    context.close()
