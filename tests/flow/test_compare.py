"""What changed in a text, so that it can be read."""

from funnel.flow.publishing.compare import MOST, Piece, words


def test_a_changed_word_stands_between_those_that_stayed() -> None:
    assert words("een rustige dag", "een drukke dag") == [
        Piece("same", "een "),
        Piece("gone", "rustige "),
        Piece("new", "drukke "),
        Piece("same", "dag"),
    ]


def test_a_very_long_text_is_shown_before_and_after_as_a_whole() -> None:
    before, after = "oud " * MOST, "nieuw " * MOST

    assert [piece.what for piece in words(before, after)] == ["gone", "same", "new"]
