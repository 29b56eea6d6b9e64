"""What is no number of a row is none, however it is written."""

import pytest

from funnel.domain.row_id import row_id


@pytest.mark.parametrize("text", ["007", "7", "999999999999999999", 12])
def test_a_number_is_read_from_text(text: object) -> None:
    assert row_id(text) == int(str(text))


@pytest.mark.parametrize(
    "text",
    ["", "0", " 7", "-7", "7.0", "1e3", "٣", "²", "0x7", None, "9" * 19, "9" * 5000],
)
def test_what_no_row_can_have_is_no_number(text: object) -> None:
    assert row_id(text) is None
