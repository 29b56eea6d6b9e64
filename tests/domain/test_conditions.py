"""Conditions: who gets a step."""

import pytest
from ten_mails import local

from funnel.domain import conditions
from funnel.domain.conditions import BadCondition, Situation

START = local("2026-12-01 20:00")
NOBODY = Situation(
    start=START,
    replay_until=local("2026-12-08 21:00"),
    joined=False,
    replayed=False,
    registered=True,
    tags={"vip"},
    clicked={"02-plek"},
    sent={"03-stress"},
)


def holds(text: str, her: Situation = NOBODY, at: str = "2026-12-02 08:30") -> bool:
    return conditions.parse(text).holds(her, local(at))


@pytest.mark.parametrize("text", ["", *conditions.EXAMPLES])
def test_an_example_is_already_canonical(text: str) -> None:
    assert str(conditions.parse(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not joined",
        "not joined and not replayed",
        "joined or not replayed",
        "registered",
        "after the start",
        "replay open",
        "tag vip",
        "not tag guest",
        "sent 03-stress",
        "clicked 02-plek and sent 03-stress",
        "any of 04-moe, 03-stress sent",
        "not any of 04-moe, 05-cyclus sent",
        "NOT Joined",
    ],
)
def test_a_condition_that_is_true_of_her_lets_the_step_go(text: str) -> None:
    assert holds(text)


@pytest.mark.parametrize(
    "text",
    [
        "joined",
        "not joined and replayed",
        "joined or replayed",
        "not registered",
        "before the start",
        "not replay open",
        "tag guest",
        "sent 04-moe",
        "clicked 03-stress",
        "any of 04-moe, 05-cyclus sent",
        "not any of 03-stress, 04-moe sent",
    ],
)
def test_a_condition_that_is_not_true_of_her_skips_the_step(text: str) -> None:
    assert not holds(text)


def test_before_and_after_change_over_at_the_start_itself() -> None:
    assert holds("before the start", at="2026-12-01 19:59")
    assert holds("after the start", at="2026-12-01 20:00")


def test_the_recording_is_open_until_its_last_moment() -> None:
    assert holds("replay open", at="2026-12-08 20:59")
    assert not holds("replay open", at="2026-12-08 21:00")
    assert not holds("replay open", NOBODY._replace(replay_until=None))


def test_without_an_occurrence_it_is_neither_before_nor_after() -> None:
    waiting = NOBODY._replace(start=None)

    assert not holds("before the start", waiting)
    assert not holds("after the start", waiting)


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("attended", "Examples: joined"),
        ("joined and replayed or registered", "both"),
        ("tag", "Examples"),
        ("sent 03-stress, 04-moe", "Examples"),
        ("joined and", "Examples"),
    ],
)
def test_a_condition_that_is_not_known_says_what_to_write(
    text: str, advice: str
) -> None:
    with pytest.raises(BadCondition, match=advice):
        conditions.parse(text)


def test_a_condition_tells_which_steps_it_speaks_of() -> None:
    found = conditions.parse("any of 03-stress, 04-moe sent and clicked 02-plek")

    assert found.slugs == {"02-plek", "03-stress", "04-moe"}
