"""What compiling refuses or makes harmless: signs, links, mistakes, anything typed."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from letters import PICTURE, compiled, html, problem, text

from funnel.mail import personalize
from funnel.mail.names import SAMPLES
from funnel.mail.problem import TemplateProblem


@pytest.mark.parametrize("body", ["2 < 3 & 4", "a &lt;b&gt; c", "{ host }", "100 %}"])
def test_signs_arrive_as_they_were_meant(body: str) -> None:
    meant = body.replace("&lt;", "<").replace("&gt;", ">")

    assert text(body) == meant
    assert html(body) == f"<p>{meant}</p>\n".replace("& ", "&amp; ").replace(
        "2 <", "2 &lt;"
    ).replace("<b>", "&lt;b&gt;")


@pytest.mark.parametrize("body", ["&#123;{ config }}", "{&#37; if joined %}", "\\{{"])
def test_braces_that_come_out_of_markdown_are_text(body: str) -> None:
    if body == "\\{{":
        assert "do not close" in problem(body).message
        return

    assert re.search(r"\{[{%] (config|if)", text(body))
    assert re.search(r"\{[{%] (config|if)", html(body))


@pytest.mark.parametrize(
    "target",
    [
        *("javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "x", "/x"),
        *("//evil.example", "http://evil.example", "vbscript:x", "file:///etc/passwd"),
        *("&#106;avascript:alert(1)", "{{ first_name }}", "{{ reply_to }}"),
        *("https://{{ host }}", "{{ join_url }}{{ host }}", "{{ host }}{{ join_url }}"),
        *("{% if joined %}https://a.nl{% endif %}", "https://a.nl@evil.example", ""),
        *("mailto:{{ host }}", "{{ join_url|upper }}", "https:javascript"),
    ],
)
@pytest.mark.parametrize("form", ["[x]({})", '[x]({} "button")', "[x][1]\n\n[1]: {}"])
def test_a_link_leads_only_where_links_may_lead(target: str, form: str) -> None:
    body = form.replace("{}", target)
    try:
        shown = html(body)
    except TemplateProblem as found:
        where = found
    else:
        assert "href" not in shown
        return

    assert where.line >= 1


@pytest.mark.parametrize(
    "target",
    [
        *("https://voorbeeld.nl", "https://voorbeeld.nl/a?b=c&d=e#f", "{{join_url}}"),
        *("mailto:a@voorbeeld.nl?subject=Vraag", "mailto:{{ reply_to }}"),
        "{{ landing_url }}#programma",
    ],
)
def test_a_good_link_stays_whole(target: str) -> None:
    shown = html(f"[x]({target})")

    goal = personalize.fill(target, SAMPLES, html=False).replace("&", "&amp;")
    assert shown == f'<p><a href="{goal}">x</a></p>\n'


@pytest.mark.parametrize(
    ("body", "line", "advice"),
    [
        ("a\n\n<b>x</b>", 3, "**bold**"),
        ("a\n\n<script>alert(1)</script>", 3, "no HTML"),
        ("a\n\n<!-- x -->", 3, "no HTML"),
        ("a\n\n\nb ![](https://voorbeeld.nl/x.png)", 4, "what the picture shows"),
        ("![x](http://voorbeeld.nl/x.png)", 1, "https://"),
        ("![](media:0123456789abcdef0123-640x400.jpg)", 1, "what the picture shows"),
        ("a\n\n![x](media:thee.jpg)", 3, "No picture is called “thee.jpg”"),
        ("![x](media:../0123456789abcdef0123-640x400.jpg)", 1, "No picture"),
        ("![x](media:0123456789abcdef0123-640x400.svg)", 1, "No picture"),
        ("![x](media:)", 1, "No picture"),
        ("![x](data:image/png;base64,AA)", 1, "https://"),
        ('a [x]({{ join_url }} "button") b', 1, "stands alone"),
        ("**a {% if joined %}b** c{% endif %}", 1, "same paragraph"),
        ("> a\n>\n> {% if joined %}\n> b\n\nc\n\n{% endif %}", 3, "same paragraph"),
        ("a\n\nb {% if joined %}c\n\nd{% endif %}", 3, "same paragraph"),
        ("a {{\nhost }}", 1, "on one line"),
        ("a\n\nb [x](javascript:x)", 3, "javascript:x"),
        (
            '[a]({{ join_url }} "button")\n\n[b]({{ join_url }} "button")',
            3,
            "one button",
        ),
    ],
)
def test_a_mistake_says_where_it_is_and_what_to_write(
    body: str, line: int, advice: str
) -> None:
    found = problem(body)

    assert advice in found.message
    assert found.field == "body"
    assert found.line == line


def test_a_mistake_in_the_subject_is_said_of_the_subject() -> None:
    with pytest.raises(TemplateProblem) as caught:
        compiled("x", subject="Hoi {{ name }}")

    assert caught.value.field == "subject"


def test_a_mail_that_nobody_could_be_sent_is_refused() -> None:
    assert "too long" in problem("a\n\n" * 20_000).message
    assert compiled("**x** " * 9_000).html  # kept, and kept back at a publish


class _Tags(HTMLParser):
    """Collects what a browser could run."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.links: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found |= {tag, *(name for name, _ in attrs)}
        self.links |= {value or "" for name, value in attrs if name in {"href", "src"}}


bits = st.sampled_from(
    [
        *("<", ">", "<script>", "<img src=x onerror=", "javascript:", "](", "[", ")"),
        *(
            "![",
            "`",
            "*",
            "**",
            "_",
            "\n",
            "\n\n",
            "- ",
            "1. ",
            "> ",
            "# ",
            "    ",
            "&lt;",
        ),
        *("&#123;", "{{ host }}", "{{ join_url }}", "{% if joined %}", "{% else %}"),
        *("{% endif %}", '"', "'", ' "button")', "https://a.nl", "a", " ", "|", "\\"),
        *("{{ signature }}", "{{ calendar_card }}", ' "product")', "media:", PICTURE),
    ]
)


@given(st.lists(bits, max_size=25).map("".join))
def test_whatever_is_typed_is_refused_or_harmless(body: str) -> None:
    try:
        found = compiled(body)
    except TemplateProblem:
        return

    where = {"pictures": "https://voorbeeld.nl/media"}
    for joined in (True, False):
        tags = _Tags()
        values = {**SAMPLES, **where, "joined": joined}
        tags.feed(personalize.fill(found.html, values, html=True))
        assert not tags.found & {"script", "onerror", "iframe", "object", "form"}
        assert all(re.match(r"https://|mailto:", link) for link in tags.links)
        personalize.fill(found.text, {**SAMPLES, "joined": joined}, html=False)
