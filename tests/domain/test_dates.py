"""Moments in words."""

from datetime import timedelta

import pytest
from ten_mails import local

from funnel.domain import dates

START = local("2026-12-01 20:00")
HOME = "Europe/Amsterdam"


def test_dutch_moments_read_as_the_dutch_write_them() -> None:
    assert dates.day(START, HOME, "nl") == "dinsdag 1 december"
    assert dates.short_day(START, HOME, "nl") == "di 1 dec"
    assert dates.clock_time(START, HOME, "nl") == "20.00"
    assert (
        dates.moment(START, HOME, "nl") == "dinsdag 1 december, 20.00 uur (Amsterdam)"
    )
    assert (
        dates.full(START, HOME, "nl")
        == "dinsdag 1 december 2026, 20.00 uur (Amsterdam)"
    )


def test_english_moments_read_as_the_english_write_them() -> None:
    assert dates.day(START, HOME, "en") == "Tuesday 1 December"
    assert dates.short_day(START, HOME, "en") == "Tue 1 Dec"
    assert dates.clock_time(START, HOME, "en") == "20:00"
    assert dates.full(START, HOME, "en") == "Tuesday 1 December 2026, 20:00 (Amsterdam)"


@pytest.mark.parametrize(
    ("hers", "added"),
    [
        ("Europe/Amsterdam", ""),
        ("Europe/Brussels", ""),
        ("America/Curacao", ", bij jou 15.00 uur (Curaçao)"),
        ("Australia/Sydney", ", bij jou woensdag 2 december, 06.00 uur (Sydney)"),
        ("Nowhere/AtAll", ""),
    ],
)
def test_her_own_clock_is_told_where_it_shows_another_time(
    hers: str, added: str
) -> None:
    text = dates.both(START, HOME, hers, "nl")

    assert text == f"dinsdag 1 december, 20.00 uur (Amsterdam){added}"


@pytest.mark.parametrize(
    ("zone", "city"),
    [
        ("America/Argentina/Buenos_Aires", "Buenos Aires"),
        ("Europe/Brussels", "Brussel"),
        ("UTC", "UTC"),
    ],
)
def test_a_zone_is_known_by_its_city(zone: str, city: str) -> None:
    assert dates.place(zone, "nl") == city


@pytest.mark.parametrize(
    ("minutes", "dutch", "english"),
    [
        (0, "0 minuten", "0 minutes"),
        (1, "1 minuut", "1 minute"),
        (60, "1 uur", "1 hour"),
        (90, "1 uur en 30 minuten", "1 hour and 30 minutes"),
        (3000, "2 dagen en 2 uur", "2 days and 2 hours"),
    ],
)
def test_a_length_is_told_in_days_hours_and_minutes(
    minutes: int, dutch: str, english: str
) -> None:
    assert dates.duration(timedelta(minutes=minutes), "nl") == dutch
    assert dates.duration(timedelta(minutes=minutes), "en") == english
