"""What is said of a mail before it is published: one test for each rule."""

from typing import Any

import pytest

from funnel.domain.status import Kind, Purpose
from funnel.mail import checks, readers
from funnel.mail.checks import Level
from funnel.mail.compile import Source

GOOD: dict[str, Any] = {
    "subject": "Rust in je dag",
    "preheader": "Een klein begin",
    "body": "Hoi,\n\n[Lees verder]({{ article_url }}).",
    "kind": Kind.MARKETING,
    "purpose": Purpose.SERIES,
    "language": "nl",
}


def said(*, has_date: bool = False, **changes: Any) -> dict[str, checks.Remark]:
    found = checks.check(checks.read(Source(**GOOD | changes), has_date=has_date))
    return {remark.rule: remark for remark in found}


def test_of_a_good_mail_nothing_is_said() -> None:
    assert said() == {}


@pytest.mark.parametrize(
    ("field", "text", "quote", "line"),
    [
        ("body", "Hoi\n\nPrijs: [VUL IN: prijs]", "[VUL IN: prijs]", 3),
        ("body", "Lorem ipsum dolor", "Lorem ipsum", 1),
        ("body", "Hoi\nTODO nog schrijven", "TODO", 2),
        ("body", "Het kost XXX euro", "XXX", 1),
        ("subject", "[fill in] vandaag", "[fill in]", 1),
        ("preheader", "TBD", "TBD", 1),
    ],
)
def test_what_is_still_to_be_filled_in_keeps_a_mail_back(
    field: str, text: str, quote: str, line: int
) -> None:
    changes: dict[str, Any] = {field: text}

    found = said(**changes)["left-open"]

    assert found.level is Level.BLOCK
    assert (found.field, found.line, found.quote) == (field, line, quote)


@pytest.mark.parametrize("text", ["Ik heb veel to do's.", "Maat XX en XXL", "todo"])
def test_ordinary_words_are_not_taken_for_gaps(text: str) -> None:
    assert "left-open" not in said(body=text)


@pytest.mark.parametrize(
    "target",
    [
        *("https://example.com", "https://www.example.nl/pad?x=1", "https://a.example"),
        *("https://vul-in.nl/x", "https://winkel.test", "https://winkel.nl/TODO"),
        *("https://winkel.invalid:8443/x", "mailto:anna@example.org"),
        *("https://winkel.nl/x#", "https://winkel.nl/placeholder"),
    ],
)
def test_a_link_that_is_only_an_example_keeps_a_mail_back(target: str) -> None:
    found = said(body=f"Hoi\n\n[hier]({target})")["made-up-link"]

    assert found.level is Level.BLOCK
    assert (found.line, found.quote) == (3, target)
    button = said(body=f'Hoi\n\n[hier]({target} "button")')
    assert button["made-up-link"].line == 3


@pytest.mark.parametrize(
    "target",
    [
        *("https://voorbeeld.nl", "https://goedexample.nl/x", "{{ article_url }}#s2"),
        *("https://winkel.nl/example.com", "mailto:{{ reply_to }}", "https://test.nl"),
    ],
)
def test_a_link_that_leads_somewhere_is_left_alone(target: str) -> None:
    assert "made-up-link" not in said(body=f"[hier]({target})")


def test_a_subject_that_some_readers_would_not_see_keeps_a_mail_back() -> None:
    half = "{% if joined %}Dank je wel{% endif %}"
    whole = "{% if is_before %}Tot dan{% elif is_after %}Dank{% endif %}"

    assert said(subject=half)["no-subject"].level is Level.BLOCK
    assert "no-subject" in said(subject="{{ first_name }}")
    assert "no-subject" not in said(subject=whole)
    assert "no-subject" in said(subject="{% if start %}{{ start }}{% endif %}")
    dated = said(subject="{% if start %}{{ start }}{% endif %}", has_date=True)
    assert "no-subject" not in dated


def test_a_long_subject_is_said_and_let_through() -> None:
    found = said(subject="{% if joined %}Kort{% else %}" + 71 * "x" + "{% endif %}")

    assert found["long-subject"].level is Level.LOOK
    assert "long-subject" not in said(subject=70 * "x")


def test_a_mail_without_a_preheader_is_let_through_with_a_word() -> None:
    assert said(preheader=" ")["no-preheader"].level is Level.LOOK


@pytest.mark.parametrize(
    "body",
    [
        "",
        "---",
        "{% if joined %}\nDank je wel.\n{% endif %}",
        "{% if joined %}x{% endif %}",
    ],
)
def test_a_mail_without_words_for_everybody_is_kept_back(body: str) -> None:
    assert said(body=body)["no-words"].level is Level.BLOCK


def test_a_mail_with_words_for_each_case_is_not() -> None:
    body = "{% if joined %}\nDank.\n{% else %}\nJammer.\n{% endif %}"

    assert "no-words" not in said(body=body)
    assert "no-words" not in said(body="{{ signature }}")


def test_a_mail_that_gmail_would_cut_off_is_kept_back() -> None:
    links = "\n\n".join(f"[deel {n}]({{{{ article_url }}}}#s{n})" for n in range(420))
    short = "\n\n".join(f"[deel {n}]({{{{ article_url }}}}#s{n})" for n in range(150))

    found = said(body=links)["too-large"]

    assert found.level is Level.BLOCK
    assert int(found.details["size"]) > 100
    assert "too-large" not in said(body=short)


@pytest.mark.parametrize("name", sorted(readers.OF_A_DATE))
def test_a_calendar_link_for_who_has_no_date_is_said(name: str) -> None:
    link = f"[agenda]({{{{ {name} }}}})"

    assert said(body=link)["dead-link"].level is Level.LOOK
    assert "dead-link" not in said(body=f"{{% if start %}}\n{link}\n{{% endif %}}")
    assert "dead-link" not in said(body=link, has_date=True)
    assert "dead-link" not in said(body="{{ calendar_card }}\n\nHoi")


def test_a_marketing_mail_with_nothing_to_follow_is_said() -> None:
    assert said(body="Hoi daar.")["nothing-to-follow"].level is Level.LOOK
    assert said(body="Hoi daar.", kind=Kind.SERVICE, purpose=None) == {}
    assert said(body="[mail](mailto:{{ reply_to }})") == {}


@pytest.mark.parametrize(
    ("field", "text", "line"),
    [("body", "Hoi\n\nDag {{ first_name }}, [x](https://a.nl)", 3)]
    + [(field, "Voor {{ first_name }}", 1) for field in ("subject", "preheader")],
)
def test_a_name_without_a_fallback_is_said(field: str, text: str, line: int) -> None:
    changes: dict[str, Any] = {field: text}

    found = said(**changes)["bare-name"]

    assert (found.level, found.field, found.line) == (Level.LOOK, field, line)
    assert found.details == {"name": "first_name"}


def test_a_picture_that_lies_elsewhere_is_said() -> None:
    ours = "![x](media:0123456789abcdef0123-640x400.png)\n\n[y](https://a.nl)"
    theirs = "Hoi\n\n![x](https://a.nl/x.png)\n\n[y](https://a.nl)"

    assert said(body=ours) == {}
    found = said(body=theirs)["picture-elsewhere"]
    assert (found.level, found.line) == (Level.LOOK, 3)


@pytest.mark.parametrize(
    ("kind", "purpose"), [(Kind.SERVICE, None), (Kind.MARKETING, Purpose.SERIES)]
)
def test_a_product_in_a_mail_that_is_no_offer_is_kept_back(
    kind: Kind, purpose: Purpose | None
) -> None:
    body = 'Hoi\n\n[Merk X](https://winkel.nl/x "product")\nwat het is'

    found = said(body=body, kind=kind, purpose=purpose)["product-out-of-place"]

    assert (found.level, found.line) == (Level.BLOCK, 3)
    assert said(body=body, purpose=Purpose.OFFERS) == {}


def test_readers_are_told_apart_only_where_the_text_does() -> None:
    assert len([*readers.of("Hoi {{ host }}")]) == 1
    assert len([*readers.of("{% if joined %}a{% endif %}")]) == 2
    assert len([*readers.of("{{ start }}{% if joined %}a{% endif %}")]) == 4
    everything = " ".join(f"{{% if {name} %}}x{{% endif %}}" for name in ALL)
    assert 20 < len([*readers.of(everything)]) <= 300


ALL = ("joined", "has_series", "ticked_series", "first_name", "start", "is_before")
