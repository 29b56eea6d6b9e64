"""The page of behaviours names tests that are there."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "behaviours.md").read_text(encoding="utf-8")
MUTANTS = (ROOT / "tests" / "mutants.toml").read_text(encoding="utf-8")
PROOFS = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)


def test_the_page_names_proofs() -> None:
    assert len(PROOFS) > 20
    assert PAGE.count("::") == len(PROOFS)


@pytest.mark.parametrize(("file", "name"), PROOFS)
def test_a_behaviour_is_proved_by_a_test_that_is_there(file: str, name: str) -> None:
    source = (ROOT / file).read_text(encoding="utf-8")

    assert f"def {name}(" in source


def test_each_behaviour_is_broken_by_a_mutant() -> None:
    told = {int(number) for number in re.findall(r"^\| (\d+) \|", PAGE, re.MULTILINE)}
    broken = {one.get("behaviour") for one in tomllib.loads(MUTANTS)["mutant"]}

    assert told == set(range(1, 21))
    assert told <= broken
