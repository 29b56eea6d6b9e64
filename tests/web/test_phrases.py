"""Timings and conditions in Dutch: every one has a form, and comes back from it."""

import re
from itertools import product

import pytest

from funnel.domain import conditions
from funnel.domain import timing as timings
from funnel.domain.conditions import Condition, Fact
from funnel.web.admin import phrases

ENGLISH = re.compile(r"\b(at|once|days?|hours?|minutes?|end|after|the|above|not|any)\b")

AMOUNTS = (
    *("1 minute", "15 minutes", "1 hour", "90 minutes", "24 hours"),
    *("0 days at 08:30", "1 day at 08:30", "2 days at 20:00"),
)
PINNED = [
    f"{anchor} {sign} {amount}"
    for anchor, sign, amount in product(
        ("start", "end", "replay end"), "+-", (*AMOUNTS[:5], *AMOUNTS[6:])
    )
]
DATED = "2026-12-24 at 09:00"
BEHIND = [f"{one} after the steps above" for one in (*PINNED, DATED)]
EVERY_TIMING = ["at once", *AMOUNTS, "start", "end", *PINNED, DATED, *BEHIND]
EVERY_FACT = [
    Fact(word, names, is_not)
    for word in conditions.TESTS
    for names in ([("03-stress",)] if word in conditions.NAMED else [()])
    for is_not in (False, True)
] + [Fact("sent", ("03-stress", "04-moe"), is_not) for is_not in (False, True)]


@pytest.mark.parametrize("text", EVERY_TIMING)
def test_a_timing_is_said_in_dutch_and_understood_again(text: str) -> None:
    said = phrases.timing_shown(text, "nl")

    assert str(timings.parse(text)) == text
    assert not ENGLISH.search(said)
    assert phrases.timing_kept(said) == text
    assert phrases.timing_kept(text) == text
    assert phrases.timing_shown(text, "en") == text


@pytest.mark.parametrize(
    "condition",
    [
        *(Condition((fact,)) for fact in EVERY_FACT),
        *(Condition((EVERY_FACT[0], fact), is_or=True) for fact in EVERY_FACT),
        Condition(tuple(EVERY_FACT)),
    ],
    ids=str,
)
def test_a_condition_is_said_in_dutch_and_understood_again(
    condition: Condition,
) -> None:
    said = phrases.condition_shown(str(condition), "nl")

    assert not ENGLISH.search(said)
    assert phrases.condition_kept(said) == str(condition)
    assert phrases.condition_kept(str(condition)) == str(condition)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Meteen", "at once"),
        ("3 uur", "3 hours"),
        ("1 dag om 08:30", "1 day at 08:30"),
        ("+1 dag 08:30", "1 day at 08:30"),
        ("+3 u", "3 hours"),
        ("start −24 u", "start - 24 hours"),  # noqa: RUF001 - the list's own minus
        ("einde + 2 uur", "end + 2 hours"),
        ("einde herhaling - 24 uur", "replay end - 24 hours"),
        ("einde van de opname - 1 uur", "replay end - 1 hour"),
        (
            "start + 3 dagen om 10:00 na de stappen erboven",
            "start + 3 days at 10:00 after the steps above",
        ),
        ("2026-12-24 om 09:00", "2026-12-24 at 09:00"),
        ("24-12-2026 9:00", "2026-12-24 at 09:00"),
        ("morgen", "morgen"),
        ("1 dag", "1 dag"),
        ("", ""),
    ],
)
def test_what_a_marketer_may_write_for_a_timing(typed: str, kept: str) -> None:
    assert phrases.timing_kept(typed) == kept


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("aangemeld", "registered"),
        ("Niet erbij geweest", "not joined"),
        ("label x", "tag x"),
        ("zonder label x of gekocht", "not tag x or purchased"),
        ("klikte in stap 02-plek", "clicked 02-plek"),
        ("kreeg een van 03-stress, 04-moe", "any of 03-stress, 04-moe sent"),
        ("label x and joined", "tag x and joined"),
        ("tag of and joined", "tag of and joined"),
        ("gekocht en aangemeld of teruggekeken",) * 2,
        ("labelx",) * 2,
        ("label",) * 2,
        ("",) * 2,
    ],
)
def test_what_a_marketer_may_write_for_a_condition(typed: str, kept: str) -> None:
    assert phrases.condition_kept(typed) == kept


def test_the_words_of_the_plan_all_have_dutch_ones() -> None:
    assert set(phrases.FACTS) == set(conditions.TESTS)
    assert len(phrases.timing_examples("nl")) == len(timings.EXAMPLES)
    assert phrases.condition_examples("en") == list(conditions.EXAMPLES)
