"""What a marketer does beside writing, in a real browser: a file, a question, a team.

A file of subscribers with mistakes in it; somebody who asks why she got no mail; a
colleague who is invited and logs in with a second step.
"""

from datetime import timedelta
from pathlib import Path

import pyotp
import pytest
from playwright.sync_api import Browser, Page, expect
from reader import Reader, inbox
from running import Running, wait_for

from funnel import clock

pytestmark = [pytest.mark.system, pytest.mark.browser, pytest.mark.timeout(300)]

LIST = """email;voornaam;labels
bo@lezer.example;Bo;lente
geen adres;Iemand;
bo@lezer.example;Bo;
cas@lezer.example;Čas;lente
"""
CONSENT = "Vinkten de mailserie aan op onze site, in 2025."
PASSWORD = "vier heel andere woorden"


def test_a_file_with_mistakes_is_looked_at_brought_in_and_accounted_for(
    page: Page, system: Running, tmp_path: Path
) -> None:
    file = tmp_path / "lijst.csv"
    file.write_text(LIST, "utf-8")
    page.goto(f"{system.url}/admin/subscribers")
    page.get_by_role("link", name="Bring in").click()
    page.get_by_label("CSV file").set_input_files(file)
    page.get_by_role("button", name="Look at the file").click()
    expect(page.get_by_role("cell", name="Čas")).to_be_visible()

    page.get_by_role("button", name="Check every row").click()
    expect(page.get_by_label("Where it comes from")).to_have_attribute(
        "aria-invalid", "true"
    )
    page.get_by_label("Where it comes from").fill(CONSENT)
    page.get_by_label("mail series").check()
    page.get_by_role("button", name="Check every row").click()
    left_out = page.locator("#left-out")
    expect(left_out.get_by_role("row")).to_have_count(3)  # with the heading
    expect(left_out).to_contain_text("geen adres")
    assert people(system, "lezer.example") == {"bezoeker"}  # nobody is changed

    page.get_by_role("button", name="Bring").click()
    expect(page.locator(".tally")).to_contain_text("2")
    wait_for(
        lambda: people(system, "lezer.example") == {"bezoeker", "bo", "cas"},
        "the file to be brought in",
    )
    with page.expect_download() as download:
        page.get_by_role("link", name="Download all of them").click()
    assert "geen adres" in Path(download.value.path()).read_text("utf-8")


def test_a_file_with_many_columns_scrolls_inside_its_page(
    page: Page, system: Running, tmp_path: Path
) -> None:
    file = tmp_path / "breed.csv"
    more = ",".join(f"kolom {number}" for number in range(60))
    file.write_text(f"email,{more}\nbreed@file.example,x\n", "utf-8")
    page.goto(f"{system.url}/admin/imports")
    page.get_by_label("CSV file").set_input_files(file)
    page.get_by_role("button", name="Look at the file").click()
    expect(page.locator("#columns select")).to_have_count(61)

    for width in (320, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def people(system: Running, domain: str) -> set[str]:
    """Return whom the list knows there, by what stands before the @."""
    rows = system.execute(
        "SELECT split_part(address, '@', 1) FROM subscriber WHERE address LIKE %s",
        [f"%@{domain}"],
    )
    return {name for (name,) in rows}


def test_who_asks_why_she_got_no_mail_can_be_told(page: Page, system: Running) -> None:
    reader = Reader(system, "vera@vraag.example")
    form = reader.visitor.get("/").form("/signup")
    reader.visitor.submit(form, address=reader.address)  # no box ticked
    system.settle()
    reader.confirm()
    system.settle()

    page.goto(f"{system.url}/admin/subscribers")
    page.get_by_label("Address or first name").fill("vera@vraag")
    page.get_by_label("Address or first name").press("Enter")
    page.get_by_role("link", name=reader.address).click()
    expect(page.locator("h1")).to_have_text(reader.address)
    story = page.locator(".stories li").filter(has_text="Moe: wat het wel en niet zegt")
    expect(story).to_contain_text("Will not come")
    expect(story).to_contain_text("she did not ask for these mails")
    expect(page.locator("main")).to_contain_text("She never agreed to marketing mail")


def test_a_colleague_is_invited_and_comes_in_with_a_second_step(
    page: Page, system: Running, browser: Browser
) -> None:
    page.goto(f"{system.url}/admin/team")
    page.get_by_label("Address").fill("bo@collega.example")
    page.get_by_label("Name").fill("Bo")
    page.get_by_label("Role").select_option("viewer")
    page.get_by_role("button", name="Mail the invitation").click()
    expect(page.locator("#users")).to_contain_text("invited")
    system.settle()
    letter = next(one for one in inbox(system) if one.to == "bo@collega.example")

    secret = turn_on(browser, system, letter.link("/admin/choose/"))

    context = browser.new_context(viewport={"width": 390, "height": 800})
    her = context.new_page()
    log_in(her, system)
    assert her.url.endswith("/admin/code")
    her.goto(f"{system.url}/admin/subscribers")
    assert "/admin/login" in her.url  # the first step alone opens nothing
    log_in(her, system)
    her.locator("#code").fill(pyotp.TOTP(secret).now())
    her.locator("button.go").click()
    expect(her.locator("nav").first).to_be_visible()
    her.goto(f"{system.url}/admin/subscribers")
    expect(her.locator("h1")).to_have_text("Subscribers")
    expect(her.get_by_role("link", name="Bring in")).to_have_count(0)  # she looks
    context.close()


def turn_on(browser: Browser, system: Running, link: str) -> str:
    """Choose a password by the mailed link, turn the second step on; its secret."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    her = context.new_page()
    her.goto(link)
    her.locator("#password").fill(PASSWORD)
    her.locator("button.go").click()
    log_in(her, system)
    system.execute("UPDATE \"user\" SET language = 'en'")
    her.goto(f"{system.url}/admin/account/second-step")
    secret = her.locator("code").first.inner_text().replace(" ", "")
    before = clock.real() - timedelta(seconds=30)  # a clock that lags is let in
    her.get_by_label("The six digits").fill(pyotp.TOTP(secret).at(before))
    her.get_by_label("Your password").fill(PASSWORD)
    her.get_by_role("button", name="Turn it on").click()
    expect(her.locator(".paper-codes code")).to_have_count(10)
    context.close()
    return secret


def log_in(her: Page, system: Running) -> None:
    her.goto(f"{system.url}/admin/login")
    her.locator("#address").fill("bo@collega.example")
    her.locator("#password").fill(PASSWORD)
    her.locator("button.go").click()
