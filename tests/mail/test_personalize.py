import tracemalloc

import hostile
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from funnel.mail import personalize
from funnel.mail.names import NAMES, SAMPLES
from funnel.mail.problem import TemplateProblem


def problem(source: str) -> TemplateProblem:
    with pytest.raises(TemplateProblem) as caught:
        personalize.check(source)
    return caught.value


@pytest.mark.timeout(30)
@pytest.mark.parametrize("source", hostile.TEMPLATES, ids=lambda source: source[:50])
def test_an_attack_is_refused_at_once_and_without_being_compiled(source: str) -> None:
    tracemalloc.start()

    found = problem(source)

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found.message
    assert "%(" not in found.message
    assert found.line >= 1
    assert found.column >= 1
    assert peak < 50_000_000
    with pytest.raises(TemplateProblem):
        personalize.fill(source * (1 + 256_000 // 64_000), {}, html=True)


def test_there_are_enough_attacks() -> None:
    assert len(set(hostile.TEMPLATES)) >= 51


def test_a_mistake_says_where_it_is_and_what_was_meant() -> None:
    found = problem("Hoi,\n\nfijn dat {{ first_nam|default('je') }} er bent")

    assert (found.line, found.column) == (3, 13)
    assert found.message == "Nothing is called “first_nam”. Did you mean “first_name”?"
    assert str(found).startswith("body, line 3, column 13: ")


@pytest.mark.parametrize(
    ("source", "line", "column", "advice"),
    [
        ("{{ host|shout }}", 1, 9, "default, capitalize, upper, lower, trim"),
        ("a\n{{ joined }}", 2, 4, "{% if joined %}"),
        ("a {% for x in y %}", 1, 3, "if, elif, else and endif, not “for”"),
        ("a\nb {% if joined %}c", 2, 3, "{% endif %}"),
        ("a {{- host }}", 1, 3, "{{ and }}"),
        ("a {{ host", 1, 3, "do not close"),
        ("{{ host.name }}", 1, 1, "follows the dot"),
        ("{{ first_name|default }}", 1, 15, '|default("daar")'),
        ("{{ 'a' if joined else 'b' }}", 1, 1, "{% if name %} … {% else %}"),
        ("{{ sender_name }}", 1, 4, "Nothing is called “sender_name”"),
        ("a\u2028", 1, 2, "U+2028"),
    ],
)
def test_every_mistake_comes_with_what_to_write_instead(
    source: str, line: int, column: int, advice: str
) -> None:
    found = problem(source)

    assert advice in found.message
    assert (found.line, found.column) == (line, column)


def test_what_a_letter_needs_is_allowed() -> None:
    source = (
        "{# a note to myself #}Hoi {{ first_name|trim|default('daar')|capitalize }}, "
        "{% if is_before and not (joined or has_replay) %}tot {{ start }}"
        "{% elif minutes == 60 or host != 'Jo' %}een uur{% else %}dag{% endif %}"
    )

    personalize.check(source)

    filled = personalize.fill(
        source, {"first_name": " anna ", "minutes": 60}, html=True
    )
    assert filled == "Hoi Anna, een uur"


@pytest.mark.parametrize("html", [False, True])
def test_a_name_that_looks_like_a_template_arrives_as_it_is(*, html: bool) -> None:
    hostile_name = "{{7*7}}{% if joined %}{{ config }}"

    filled = personalize.fill(
        "Hoi {{ first_name }}", {"first_name": hostile_name}, html=html
    )

    assert filled == f"Hoi {hostile_name}"


def test_html_in_a_value_is_only_text() -> None:
    values = {"first_name": "<img src=x onerror=alert(1)>\"'&"}

    filled = personalize.fill('<a title="{{ first_name }}">', values, html=True)

    assert filled == ('<a title="&lt;img src=x onerror=alert(1)&gt;&#34;&#39;&amp;">')
    assert (
        personalize.fill("{{ first_name }}", values, html=False)
        == (values["first_name"])
    )


def test_filters_do_not_open_the_escaping() -> None:
    for name in personalize.FILTERS:
        argument = "('<b>')" if name == "default" else ""
        filled = personalize.fill(
            f"{{{{ first_name|{name}{argument} }}}}", {"first_name": "<i>"}, html=True
        )
        assert "<" not in filled
    assert personalize.fill("{{ first_name|default('<b>') }}", {}, html=True) == (
        "&lt;b&gt;"
    )


@pytest.mark.parametrize("value", ["", "  ", None])
def test_a_missing_or_blank_name_gets_its_fallback(value: str | None) -> None:
    source = "Hoi {{ first_name|default('daar') }}"

    assert personalize.fill(source, {"first_name": value}, html=True) == "Hoi daar"
    assert personalize.fill(source, {}, html=True) == "Hoi daar"


def test_a_value_that_is_missing_never_stops_a_mail() -> None:
    source = "Tot {{ replay_until|upper }}{% if host == 'x' %}!{% endif %}."

    assert personalize.fill(source, {}, html=False) == "Tot ."


@pytest.mark.parametrize("value", [Markup("<b>"), object(), 1.5, ["a"], b"a"])
def test_only_plain_values_come_in(value: object) -> None:
    with pytest.raises(TypeError, match="first_name"):
        personalize.fill("{{ first_name }}", {"first_name": value}, html=True)


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "data:text/html,x", "//evil.example", "https:// x", "x"],
)
def test_a_link_leads_to_a_web_page_or_nowhere(url: str) -> None:
    with pytest.raises(ValueError, match="join_url"):
        personalize.fill("{{ join_url }}", {"join_url": url}, html=True)


def test_undeclared_values_are_not_reachable() -> None:
    values = {"config": "secret", "first_name": "Anna"}

    assert personalize.fill("{{ first_name }}", values, html=True) == "Anna"
    with pytest.raises(TemplateProblem):
        personalize.fill("{{ config }}", values, html=True)


def test_a_value_that_fills_the_memory_is_cut_off() -> None:
    source = "{{ first_name }}" * 400

    with pytest.raises(TemplateProblem, match="too long"):
        personalize.fill(source, {"first_name": "x" * 10_000}, html=False)


def test_the_subject_is_one_line_and_its_problems_are_its_own() -> None:
    with pytest.raises(TemplateProblem) as caught:
        personalize.check_line("Hoi\n{{ first_name }}", "subject")

    assert (caught.value.field, caught.value.line) == ("subject", 1)
    with pytest.raises(TemplateProblem) as caught:
        personalize.check_line("Hoi {{ nobody }}", "preheader")
    assert (caught.value.field, caught.value.column) == ("preheader", 8)


def test_a_name_without_a_fallback_is_pointed_out() -> None:
    source = (
        "Hoi {{ first_name }},\n{% if first_name %}{{ first_name }}{% endif %}\n"
        "{{ first_name|default('daar') }} {{ host }} {{ first_name|upper }}"
    )

    assert [(line, name) for line, _, name in personalize.unguarded(source)] == [
        (1, "first_name"),
        (3, "first_name"),
    ]


def test_every_declared_value_has_a_sample_of_its_kind() -> None:
    for name, declared in NAMES.items():
        assert declared.type in {"text", "number", "yes or no"}
        assert declared.description("nl") != declared.description("en")
        assert name in SAMPLES
        if declared.type != "yes or no" and not declared.in_layout_only:
            personalize.check(f"{{{{ {name} }}}}")


words = st.sampled_from(
    [
        *("{{ ", " }}", "{% ", " %}", "{# ", " #}", "if ", "endif", "else", "elif "),
        *("first_name", "joined", "host", "|", "default", "upper", "(", ")", "'", '"'),
        *("==", " and ", "not ", ".", "[", "]", "*", "~", "for ", "in ", "range", "9"),
        *("a", " ", "\n", "{", "}", "\\", "%", "-", ",", "=", "macro ", "set "),
    ]
)


@given(st.lists(words, max_size=40).map("".join))
def test_a_text_is_refused_or_can_always_be_filled(source: str) -> None:
    try:
        personalize.check(source)
    except TemplateProblem:
        return

    assert isinstance(personalize.fill(source, SAMPLES, html=True), str)
    assert isinstance(personalize.fill(source, {}, html=False), str)


@given(st.text())
def test_a_value_comes_out_as_it_went_in(value: str) -> None:
    filled = personalize.fill("{{ host }}", {"host": value}, html=False)

    assert filled == value
