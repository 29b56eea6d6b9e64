"""What people do, in a real browser: a reader comes, a marketer edits."""

import re
from datetime import datetime, timedelta
from itertools import count

import pytest
from babel.dates import format_date
from playwright.sync_api import BrowserContext, Page, expect
from reader import Reader
from running import Running, wait_for

from browser.conftest import Seen

pytestmark = [pytest.mark.system, pytest.mark.browser, pytest.mark.timeout(300)]


def test_a_reader_signs_up_confirms_joins_and_leaves(
    context: BrowserContext, seen: Seen, system: Running
) -> None:
    reader = Reader(system, f"lezer-{seen.width}@lezer.example")
    page = context.new_page()
    date = free_day(system)
    start = f"{date:%Y-%m-%d} 20:00"
    system.add_date(start)

    page.goto(system.url)
    page.get_by_label("E-mailadres").fill("geen adres")
    page.get_by_role("button", name="Reserveer mijn plek").click()
    expect(page.get_by_label("E-mailadres")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("E-mailadres")).to_have_value("geen adres")

    day = format_date(date, "EEEE d MMMM", "nl")
    page.get_by_label("E-mailadres").fill(reader.address)
    page.get_by_label("Voornaam").fill("Noor")
    page.get_by_label(day).check()
    page.get_by_label("Stuur me ook de mailserie").check()
    page.get_by_role("button", name="Reserveer mijn plek").click()
    expect(page).to_have_url(re.compile("/bedankt"))
    expect(page.get_by_text(reader.address)).to_be_visible()

    confirm(page, reader)
    system.set_clock(start)
    join(page, reader)

    page.goto(reader.mails()[1].link("/preferences/"))
    expect(page.locator("main")).to_contain_text("mailserie")
    joined = "SELECT joined_at IS NOT NULL FROM registration r JOIN subscriber s"
    joined += " ON s.id = r.subscriber_id WHERE s.address = %s"
    assert system.execute(joined, [reader.address]) == [(True,)]


def free_day(system: Running) -> datetime:
    """Return a day that no date of the masterclass has, nine days from now or later."""
    day = "SELECT (starts_at AT TIME ZONE 'Europe/Amsterdam')::date FROM occurrence"
    taken = {taken for (taken,) in system.execute(day)}
    days = (system.now() + timedelta(days=number) for number in count(9))
    return next(day for day in days if day.date() not in taken)


def confirm(page: Page, reader: Reader) -> None:
    wait_for(reader.mails, "the confirmation mail")
    page.goto(reader.mails()[-1].link("/confirm/"))
    page.get_by_role("button", name="Bevestig mijn plek").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("plek")
    wait_for(lambda: len(reader.mails()) == 2, "her seat by mail")


def join(page: Page, reader: Reader) -> None:
    page.goto(reader.mails()[1].link("/join/"))
    page.locator("form button").first.click()
    expect(page).to_have_url(f"{reader.system.url}/voorbeeld/zaal")


def test_the_inbox_shows_a_letter_and_moves_time(
    context: BrowserContext, seen: Seen, system: Running
) -> None:
    reader = Reader(system, f"post-{seen.width}@lezer.example")
    form = reader.visitor.get("/").form("/signup")
    reader.visitor.submit(form, address=reader.address, series="yes")
    wait_for(reader.mails, "the confirmation mail")
    page = context.new_page()

    page.goto(f"{system.url}/inbox")
    page.get_by_role("link", name=reader.address).first.click()
    letter = page.frame_locator("iframe").locator("body")
    expect(letter).to_contain_text("Klopt dat?")
    before = system.now()
    page.goto(f"{system.url}/inbox")
    page.locator("button[value=day]").click()
    expect(page.locator("[role=status]").first).to_be_visible()

    assert (system.now() - before).days >= 1


def test_a_marketer_edits_previews_and_publishes(
    context: BrowserContext, seen: Seen, system: Running
) -> None:
    page = context.new_page()
    subject = f"Moe? Lees dit rustig ({seen.width})"
    log_in(page, system)

    page.goto(f"{system.url}/admin/sequences/magnesium")
    page.get_by_role("link", name="Moe").first.click()
    page.locator("input[name=subject]").fill(subject)
    page.locator("[data-surface] .tiptap").fill("Hoi {{ first_nam }}")
    with page.expect_navigation():
        page.locator("#editor button.go").click()
    expect(page.locator("#findings")).to_contain_text("first_name")
    expect(page.locator("input[name=subject]")).to_have_value(subject)

    page.locator("[data-surface] .tiptap").fill("Hoi {{ first_name }}, welkom.")
    with page.expect_navigation():
        page.locator("#editor button.go").click()
    letter = page.frame_locator("iframe").first.locator("body")
    expect(letter).to_contain_text("welkom")

    page.goto(f"{system.url}/admin/sequences/magnesium/publish")
    expect(page.locator("main")).to_contain_text(subject)
    page.locator("form button.go").click()
    expect(page.get_by_role("link", name=subject).first).to_be_visible()
    live = "SELECT r.subject FROM step s JOIN revision r ON r.id = s.revision_id"
    assert system.execute(f"{live} WHERE s.slug = '04-moe'") == [(subject,)]


def log_in(page: Page, system: Running) -> None:
    """Come in as the first marketer, and leave the profile for later."""
    page.goto(f"{system.url}/admin/")
    page.locator("input[name=address]").fill("marketer@example.com")
    page.locator("input[name=password]").fill(system.password)
    page.locator("form button.go").click()
    page.locator("button[formaction*=later]").click()
