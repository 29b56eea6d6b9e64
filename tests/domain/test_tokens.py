"""Signed links: nothing but the exact token, for its purpose, opens anything."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funnel.domain import tokens
from funnel.domain.tokens import BadToken, Keys, TokenKind

SECRET = "a secret of at least 32 characters, for tests"
KEYS = Keys.of(SECRET)
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
numbers = st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=3)


@given(numbers, st.sampled_from(TokenKind))
def test_what_was_issued_is_read_back(values: list[int], kind: TokenKind) -> None:
    token = tokens.issue(KEYS, kind, *values)

    assert tokens.read(KEYS, kind, token, len(values)) == tuple(values)
    assert set(token) <= set(ALPHABET)


def test_no_flipped_bit_passes() -> None:
    token = tokens.issue(KEYS, TokenKind.CONFIRM, 12345)
    forgeries = [
        token[:place] + letter + token[place + 1 :]
        for place in range(len(token))
        for letter in ALPHABET
        if letter != token[place]
    ]

    for forgery in forgeries:
        with pytest.raises(BadToken):
            tokens.read(KEYS, TokenKind.CONFIRM, forgery)


@pytest.mark.parametrize("place", range(-1, 2))
def test_no_shorter_or_longer_token_passes(place: int) -> None:
    token = tokens.issue(KEYS, TokenKind.JOIN, 7)
    bent = {-1: token[:-1], 0: token + "A", 1: token + "="}[place]

    with pytest.raises(BadToken):
        tokens.read(KEYS, TokenKind.JOIN, bent)


@pytest.mark.parametrize("other", [kind for kind in TokenKind if kind != "join"])
def test_a_token_opens_nothing_of_another_purpose(other: TokenKind) -> None:
    token = tokens.issue(KEYS, TokenKind.JOIN, 7)

    with pytest.raises(BadToken):
        tokens.read(KEYS, other, token)


@pytest.mark.parametrize(
    "junk", ["", "A", "é" * 30, "%00", "../../etc", "A" * 5000, " " * 24, "=" * 24]
)
def test_junk_is_refused_as_a_bad_token(junk: str) -> None:
    with pytest.raises(BadToken):
        tokens.read(KEYS, TokenKind.CONFIRM, junk)


def test_a_token_for_one_number_is_not_one_for_two() -> None:
    token = tokens.issue(KEYS, TokenKind.PERSONAL_DATA, 7, 8)

    with pytest.raises(BadToken):
        tokens.read(KEYS, TokenKind.PERSONAL_DATA, token, count=1)


def test_links_survive_a_new_secret_while_the_old_one_is_listed() -> None:
    token = tokens.issue(KEYS, TokenKind.JOIN, 7)
    after = Keys.of("another secret of at least 32 characters", [SECRET])
    later = Keys.of("another secret of at least 32 characters")

    assert tokens.read(after, TokenKind.JOIN, token) == (7,)
    with pytest.raises(BadToken):
        tokens.read(later, TokenKind.JOIN, token)


def test_keys_do_not_show_in_logs() -> None:
    assert SECRET not in repr(KEYS)
    assert "signing" not in repr(KEYS)
