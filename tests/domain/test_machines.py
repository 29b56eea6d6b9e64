"""Telling people from the programs that open the links of every mail."""

from datetime import UTC, datetime, timedelta

import pytest

from funnel.domain import machines
from funnel.domain.machines import Touch

HANDED = datetime(2026, 11, 24, 7, 30, tzinfo=UTC)
WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
PEOPLE = [
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT}",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 26_1 like Mac OS X) AppleWebKit/605.1.15",
    "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
    f"Mozilla/5.0 (Linux; Android 14; CUBOT X90) {WEBKIT}",
    "Mozilla/5.0 (iPad; CPU OS 18_7 like Mac OS X) AppleWebKit/605.1.15 [FBAN/FBIOS]",
]
PROGRAMS = [
    "",
    "Mozilla/5.0",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (Windows NT 10.0) BingPreview/1.0b with more behind it",
    "curl/8.14.1 with something longer behind it",
    "python-requests/2.32.5 and more",
    "Go-http-client/1.1 and then some",
    "Mozilla/5.0 (X11) AppleWebKit/537.36 HeadlessChrome/142.0.0.0 Safari/537.36",
    "BarracudaCentral link protection, Mozilla/5.0",
    "Mozilla/5.0 (Windows NT 6.1) Mimecast URL protection",
]


@pytest.mark.parametrize("agent", PEOPLE)
def test_a_browser_is_a_person(agent: str) -> None:
    assert not machines.is_machine(agent)


@pytest.mark.parametrize("agent", PROGRAMS)
def test_a_program_that_says_so_is_none(agent: str) -> None:
    assert machines.is_machine(agent)


def test_a_page_fetched_before_anybody_asked_is_no_click() -> None:
    assert machines.is_machine(PEOPLE[0], ["prefetch;prerender"])


def touch(position: int, seconds: float, *, is_machine: bool = False) -> Touch:
    return Touch(position, HANDED + timedelta(seconds=seconds), is_machine)


@pytest.mark.parametrize(
    ("touches", "followed"),
    [
        ([touch(1, 40)], {1}),
        ([touch(1, 40), touch(2, 45)], {1, 2}),
        # All three links of the mail, half a minute after it came in:
        ([touch(1, 40), touch(2, 41), touch(3, 45)], set()),
        # The same, but at a reader's pace:
        ([touch(1, 20), touch(2, 60), touch(3, 110)], {1, 2, 3}),
        # Somebody who opens all of them in tabs, in the evening:
        ([touch(1, 9000), touch(2, 9002), touch(3, 9005)], {1, 2, 3}),
        # A gateway first, and then she herself:
        ([touch(1, 5), touch(2, 5), touch(3, 6), touch(2, 300)], {2}),
        ([touch(1, 1)], set()),
        ([touch(1, 900, is_machine=True)], set()),
    ],
)
def test_who_opens_every_link_within_seconds_of_the_delivery_is_a_scanner(
    touches: list[Touch], followed: set[int]
) -> None:
    assert machines.people(touches, 3, HANDED) == followed


def test_one_link_alone_is_no_burst() -> None:
    assert machines.people([touch(1, 30)], 1, HANDED) == {1}


def test_a_mail_whose_moment_is_unknown_gets_the_benefit_of_the_doubt() -> None:
    assert machines.people([touch(1, 1), touch(2, 1)], 2, None) == {1, 2}
