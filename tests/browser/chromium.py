"""A real browser: the machine's Chromium, else Playwright's own."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Error, Playwright, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-sync",
    "--no-first-run",
)


class NoBrowser(Exception):  # noqa: N818 - it names what was found
    """This machine has no Chromium; the text says what to do."""


@contextmanager
def launched() -> Iterator[Browser]:
    """Start a headless Chromium, or raise NoBrowser."""
    with sync_playwright() as playwright:
        browser = _launch(playwright)
        yield browser
        browser.close()


def _launch(playwright: Playwright) -> Browser:
    # Chromium's sandbox refuses root, which is who a build machine runs as.
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    args = [*QUIET, *(["--no-sandbox"] if is_root else [])]
    try:
        return playwright.chromium.launch(executable_path=_path(), args=args)
    except Error as error:
        first = str(error).splitlines()[0]
        raise NoBrowser(
            f"no Chromium here ({first}); install the package “chromium”, "
            "or run: .venv/bin/playwright install chromium"
        ) from None


def _path() -> str | None:
    found = next(filter(None, map(shutil.which, NAMES)), None)
    return found or (str(MAC) if MAC.exists() else None)
