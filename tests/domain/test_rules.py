"""The rules of a sequence, as a file and a row hold them."""

import re
import tomllib
from datetime import time, timedelta
from pathlib import Path
from typing import Any

import pytest

from funnel.domain import conditions, timing
from funnel.domain.rules import BadRules, Hold, Hours, Rules

WRITTEN = {
    "hour": "09:15",
    "send_days": ["mon", "tue", "wed", "thu", "fri"],
    "one_marketing_mail_a_day": False,
    "hold": {"before": "48 hours", "after": "90 minutes"},
    "quiet": {"from": "22:00", "to": "07:00"},
    "window": {"from": "09:00", "to": "17:30"},
    "lateness": {
        "marketing": "24 hours",
        "reminder": "1 hour",
        "last_hour": "5 minutes",
        "live": "1 minute",
        "service": "48 hours",
    },
}


def test_rules_that_are_written_out_read_back_as_they_were() -> None:
    assert Rules.from_dict(WRITTEN).to_dict() == WRITTEN
    assert list(Rules.from_dict({}).to_dict()) == list(WRITTEN)


def test_no_rules_at_all_are_careful_ones() -> None:
    rules = Rules.from_dict({})

    assert rules == Rules()
    assert Rules.from_dict(rules.to_dict()) == rules
    assert rules.quiet == Hours(time(21), time(8))
    assert rules.hour == time(8, 30)
    assert rules.one_marketing_mail_a_day
    assert rules.hold is None
    assert rules.window is None
    assert rules.lateness.marketing == timedelta(hours=48)


def test_one_kind_of_lateness_can_change_without_the_others() -> None:
    rules = Rules.from_dict({"lateness": {"live": "3 minutes"}})

    assert rules.lateness.live == timedelta(minutes=3)
    assert rules.lateness.reminder == timedelta(hours=3)


def test_quiet_hours_and_hold_can_be_switched_off() -> None:
    rules = Rules.from_dict({"quiet": False, "hold": False})

    assert rules.quiet is None
    assert rules.hold is None


def test_a_hold_is_told_in_hours() -> None:
    rules = Rules.from_dict({"hold": {"before": "48 hours", "after": "96 hours"}})

    assert rules.hold == Hold(timedelta(hours=48), timedelta(hours=96))


@pytest.mark.parametrize(
    ("hours", "inside", "outside"),
    [
        (Hours(time(21), time(8)), ["21:00", "23:59", "00:00", "07:59"], ["08:00"]),
        (Hours(time(9), time(17)), ["09:00", "16:59"], ["17:00", "08:59", "23:00"]),
    ],
)
def test_hours_may_cross_midnight_and_end_before_their_last_minute(
    hours: Hours, inside: list[str], outside: list[str]
) -> None:
    assert all(hours.holds(time.fromisoformat(at)) for at in inside)
    assert not any(hours.holds(time.fromisoformat(at)) for at in outside)


@pytest.mark.parametrize(
    ("rules", "advice"),
    [
        ({"quite": {}}, "quite"),
        ({"quiet": {"from": "21:00", "too": "08:00"}}, "too"),
        ({"quiet": {"from": "21:00"}}, "no time"),
        ({"quiet": True}, "table"),
        ({"quiet": {"from": "08:00", "to": "08:00"}}, "begins and ends"),
        ({"hour": "25:00"}, "no time"),
        ({"hour": "07:00"}, "nowhere to go"),
        ({"hour": "08:30", "window": {"from": "09:00", "to": "17:00"}}, "nowhere"),
        ({"send_days": []}, "one at least"),
        ({"send_days": ["monday"]}, "one at least"),
        ({"hold": {"before": "2 days"}}, "no length"),
        ({"lateness": {"marketing": "soon"}}, "no length"),
        ({"lateness": {"live": "0 minutes"}}, "1 minute at least"),
        ({"one_marketing_mail_a_day": "yes"}, "true or false"),
    ],
)
def test_rules_that_nobody_can_plan_with_are_refused_with_advice(
    rules: dict[str, Any], advice: str
) -> None:
    with pytest.raises(BadRules, match=advice):
        Rules.from_dict(rules)


def test_the_page_for_marketers_shows_words_that_are_understood() -> None:
    page = (Path(__file__).parents[2] / "docs" / "timing.md").read_text("utf-8")
    when, who = (
        re.findall(
            r"`([^`]+)`", "\n".join(re.findall(r"^\| (`.+?) \|", part, re.MULTILINE))
        )
        for part in page.split("\n## ")[1:3]
    )
    block = page.split("```toml\n")[1].split("```")[0]

    assert [str(timing.parse(text)) for text in when] == when
    assert [str(conditions.parse(text)) for text in who] == who
    shown = tomllib.loads(block)["rules"]
    assert Rules.from_dict(shown).to_dict() == shown
    assert {**shown, "hold": False, "window": False} == Rules.from_dict({}).to_dict()
