"""`make screenshots`: pictures of the pages into docs/screenshots, always true."""

import os
import shutil
import sys
import tempfile
from io import BytesIO
from pathlib import Path
from typing import Literal

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from marketer import Marketer
from PIL import Image
from playwright.sync_api import Browser
from running import ROOT, Running

from browser import chromium, routes

FOLDER = ROOT / "docs" / "screenshots"
PICTURES = {
    "landing": "pages.home",
    "article": "pages.article",
    "thanks": "pages.thanks",
    "join": "masterclass.join",
    "preferences": "preferences.wishes",
    "inbox": "inbox.message",
    "dashboard": "admin.dashboard.show",
    "sequence": "admin.sequences.show",
    "step": "admin.steps.edit",
    "list": "admin.structure.show",
    "pictures": "admin.media.index",
    "publish": "admin.sequences.review",
    "simulator": "admin.simulator.show",
    "settings": "admin.rules.show",
    "subscribers": "admin.subscribers.index",
    "subscriber": "admin.subscribers.show",
    "import": "admin.imports.show",
    "deliveries": "admin.deliveries.index",
    "dates": "admin.occurrences.index",
    "team": "admin.team.index",
}
SIZES = {"phone": 360, "wide": 1280}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
ALL_FOUR = ("landing", "inbox", "sequence")
USUAL = (("wide", "light"), ("phone", "dark"))
"""How the other pages are shown: two pictures tell about all four."""


def main() -> None:
    """Start a system, put somebody in it, and photograph it."""
    home = Path(tempfile.mkdtemp(prefix="funnel-pictures-"))
    home.chmod(0o711)  # PostgreSQL's user walks through
    os.environ["TEST_RUN_HOME"] = str(home)
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    try:
        with Running.started("pictures") as system, chromium.launched() as browser:
            routes.stage(system)
            draft(system)
            people_come(system)
            for size in SIZES:
                for scheme in SCHEMES:
                    photograph(system, browser, size, scheme)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def draft(system: Running) -> None:
    """Leave a change that waits to be published."""
    marketer = Marketer(system)
    marketer.log_in()
    marketer.edit("04-moe", subject="Moe? Lees dit rustig", timing="3 days at 09:15")


def people_come(system: Running) -> None:
    """Count what a month brings: the numbers name nobody, so rows are enough."""
    source = system.execute(
        "INSERT INTO source (name, medium, campaign, first_on)"
        " VALUES ('nieuwsbrief', 'email', 'november', now()::date) RETURNING id"
    )[0][0]
    system.execute(
        "INSERT INTO visit_count (day, page, slug, source_id, shard, visits)"
        " SELECT now()::date - ago, page, 'magnesium', source::bigint, 0,"
        " visits + 3 * mod(ago, 5)"
        " FROM generate_series(0, 27) ago, (VALUES ('landing', NULL, 38),"
        " ('landing', %s, 21), ('article', NULL, 52)) one (page, source, visits)"
        " ON CONFLICT DO NOTHING",
        [source],
    )
    system.execute(
        "INSERT INTO stage_count (day, stage, masterclass_id, occurrence_id, source_id,"
        " people) SELECT now()::date - ago, stage, 1, (SELECT min(id) FROM occurrence),"
        " source::bigint, people * (1 + mod(ago, 3)) FROM generate_series(0, 27) ago,"
        " (VALUES ('signed_up', 6), ('confirmed', 5), ('joined', 3), ('replayed', 1),"
        " ('agreed', 3), ('clicked', 2)) one (stage, people),"
        " (VALUES (NULL), (%s)) two (source)"
        " ON CONFLICT DO NOTHING",
        [source],
    )


def photograph(
    system: Running, browser: Browser, size: str, scheme: Literal["light", "dark"]
) -> None:
    """Take every picture in one size and scheme."""
    context = browser.new_context(
        viewport={"width": SIZES[size], "height": 900},
        color_scheme=scheme,
        reduced_motion="reduce",
        locale="nl-NL",
        timezone_id="Europe/Amsterdam",
    )
    context.add_cookies(routes.cookies(system))  # type: ignore[arg-type]  # a TypedDict
    page, paths = context.new_page(), routes.paths(system)
    for name, endpoint in PICTURES.items():
        if name not in ALL_FOUR and (size, scheme) not in USUAL:
            continue
        page.goto(system.url + paths[endpoint])
        save(page.screenshot(), FOLDER / f"{name}-{size}-{scheme}.png")
    context.close()


def save(picture: bytes, path: Path) -> None:
    """Write a picture with 128 colours: a third of the size, and nobody sees it."""
    image = Image.open(BytesIO(picture)).convert("RGB")
    few = image.quantize(128, dither=Image.Dither.NONE)
    few.save(path, optimize=True)


if __name__ == "__main__":
    main()
