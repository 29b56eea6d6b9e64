"""Addresses as people type them."""

import pytest

from funnel.domain import address as addresses
from funnel.domain.address import BadAddress, Problem


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (" Sanne@Example.NL ", "Sanne@example.nl"),
        ("sanne+funnel@example.nl", "sanne+funnel@example.nl"),
        ("info@Bücher.example.nl", "info@xn--bcher-kva.example.nl"),
        ("\u200bsanne@example.nl\ufeff", "sanne@example.nl"),
        ("sanne@proef.test", "sanne@proef.test"),
    ],
)
def test_an_address_is_tidied(typed: str, kept: str) -> None:
    assert str(addresses.normalise(typed)) == kept


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("", Problem.MISSING),
        ("   ", Problem.MISSING),
        ("sanne", Problem.NO_AT),
        ("sanne.example.nl", Problem.NO_AT),
        ("sanne@example", Problem.NO_DOMAIN),
        ("sanné@example.nl", Problem.UNSUPPORTED),
        ("sanne@@example.nl", Problem.MALFORMED),
        ("sanne@example..nl", Problem.MALFORMED),
        ("san ne@example.nl", Problem.MALFORMED),
        ("@example.nl", Problem.MALFORMED),
        ("a" * 65 + "@example.nl", Problem.MALFORMED),
        ("Sanne <sanne@example.nl>", Problem.MALFORMED),
    ],
)
def test_what_is_no_address_says_why(typed: str, problem: Problem) -> None:
    with pytest.raises(BadAddress) as caught:
        addresses.normalise(typed)

    assert caught.value.problem is problem


@pytest.mark.parametrize(
    "poison", ["\r\nBcc: x@y.nl", "\n", "\0", "\v", "\x85", "\u2028", "\u2029"]
)
def test_nothing_that_breaks_a_header_gets_in(poison: str) -> None:
    with pytest.raises(BadAddress):
        addresses.normalise(f"sanne{poison}@example.nl")


@pytest.mark.parametrize(
    "spelling",
    ["sanne.vos@gmail.com", "Sanne.Vos+1@GMAIL.com", "sannevos@googlemail.com"],
)
def test_spellings_of_one_mailbox_share_a_key(spelling: str) -> None:
    assert addresses.fold(spelling) == "sannevos@gmail.com"


def test_a_suppression_is_found_whatever_the_case() -> None:
    assert addresses.digest("Sanne@Example.nl") == addresses.digest("sanne@example.nl")
    assert addresses.digest("sanne@example.nl") != addresses.digest("sam@example.nl")


@pytest.mark.parametrize(
    ("domain", "meant"),
    [
        ("gmial.com", "gmail.com"),
        ("gmail.con", "gmail.com"),
        ("gmai.com", "gmail.com"),
        ("gmaill.com", "gmail.com"),
        ("hotmial.nl", "hotmail.nl"),
        ("outlok.com", "outlook.com"),
        ("ziggo.com", "ziggo.nl"),
    ],
)
def test_a_mistyped_domain_gets_a_hint(domain: str, meant: str) -> None:
    hint = addresses.hint(addresses.normalise(f"sanne@{domain}"))

    assert str(hint) == f"sanne@{meant}"


@pytest.mark.parametrize(
    "domain", ["gmail.com", "mail.com", "ymail.com", "live.be", "hotmail.de", "me.com"]
)
def test_a_real_domain_gets_none(domain: str) -> None:
    assert addresses.hint(addresses.normalise(f"sanne@{domain}")) is None
