"""The page of behaviours names tests that are there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "behaviours.md").read_text(encoding="utf-8")
PROOFS = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)


def test_the_page_names_proofs() -> None:
    assert len(PROOFS) > 20
    assert PAGE.count("::") == len(PROOFS)


@pytest.mark.parametrize(("file", "name"), PROOFS)
def test_a_behaviour_is_proved_by_a_test_that_is_there(file: str, name: str) -> None:
    source = (ROOT / file).read_text(encoding="utf-8")

    assert f"def {name}(" in source
