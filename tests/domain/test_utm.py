"""Where a visitor came from: words of a link that name nobody."""

import pytest

from funnel.domain.utm import Utm


@pytest.mark.parametrize(
    ("word", "kept"),
    [
        ("Nieuws-Brief", "nieuws-brief"),
        (" instagram ", "instagram"),
        ("vóór de zomer", "vóór de zomer"),
        ("sanne@example.nl", "other"),
        ("x" * 41, "other"),
        ("=cmd|' /C calc'!A0", "other"),
        ("-1+1", "other"),
        ("<b>", "other"),
        ("a\0b", "other"),
        ("a\nb", "other"),
        ("a\u202eb", "other"),
        ("", ""),
        (None, ""),
    ],
)
def test_a_word_of_a_link_that_could_name_somebody_is_not_kept(
    word: str | None, kept: str
) -> None:
    assert Utm.of({"utm_source": word}) == Utm(kept)


def test_a_link_without_a_source_names_none_whatever_else_it_says() -> None:
    assert Utm.of({"utm_medium": "mail"}).is_silent
    assert not Utm.of({"utm_source": "mail"}).is_silent
