"""A step compiled: what a marketer writes, as HTML and as text."""

import re
from html.parser import HTMLParser
from textwrap import dedent
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funnel.domain.status import Kind
from funnel.mail import compile as compiling
from funnel.mail import personalize
from funnel.mail.compile import Compiled
from funnel.mail.names import SAMPLES, Value
from funnel.mail.problem import TemplateProblem

PICTURE = "0123456789abcdef0123-640x400.png"
FOOTER = "\n-- \n"


def compiled(
    body: str, kind: Kind = Kind.SERVICE, language: str = "nl", **more: Any
) -> Compiled:
    source: dict[str, Any] = {
        "subject": "Over {{ masterclass }}",
        "preheader": "Tot {{ start }}",
        "body": dedent(body),
        "kind": kind,
        "language": language,
    }
    return compiling.compile_step(compiling.Source(**source | more))


def html(body: str, **values: Value) -> str:
    """Return what stands in the letter's cell."""
    filled = personalize.fill(compiled(body).html, {**SAMPLES, **values}, html=True)
    cell = re.search(
        r'<td class="letter"[^>]*>\n(.*)\n</td></tr>\n<tr><td class="foot"',
        filled,
        re.DOTALL,
    )
    assert cell
    return re.sub(r' style="[^"]*"', "", cell[1])


def text(body: str, **values: Value) -> str:
    filled = personalize.fill(compiled(body).text, {**SAMPLES, **values}, html=False)
    return filled.partition(FOOTER)[0].strip("\n")


def problem(body: str) -> TemplateProblem:
    with pytest.raises(TemplateProblem) as caught:
        compiled(body)
    return caught.value


def test_a_letter_is_paragraphs_lists_and_links_with_her_values_in_them() -> None:
    body = """\
        ## Wat je leert

        Hoi **{{ first_name }}**, lees [het *artikel*]({{ article_url }}#s2):
        tot {{ start_day }}

        - rust
        - slaap
    """

    assert html(body) == (
        "<h2>Wat je leert</h2>\n"
        "<p>Hoi <strong>Anna</strong>, lees "
        '<a href="https://voorbeeld.nl/artikel/magnesium#s2">het <em>artikel</em></a>:'
        "<br>\ntot dinsdag 1 december</p>\n"
        "<ul>\n<li>rust</li>\n<li>slaap</li>\n</ul>\n"
    )


def test_a_link_titled_button_is_the_button() -> None:
    found = html('[Bevestig {{ masterclass }}]({{ confirm_url }} "button")')

    assert '<td class="button" bgcolor="#2f5d4a">' in found
    assert ">Bevestig Rust in je lijf</a>" in found
    assert 'href="https://voorbeeld.nl/confirm/abc"' in found


def test_a_block_under_an_if_comes_whole_or_not_at_all() -> None:
    body = """\
        Boven
        {% if joined %}
        Dank je wel.

        Tot ziens.
        {% elif has_replay %}
        Kijk terug.
        {% else %}
        Jammer.
        {% endif %}
        Onder
    """

    assert html(body, joined=True) == (
        "<p>Boven</p>\n\n<p>Dank je wel.</p>\n<p>Tot ziens.</p>\n\n<p>Onder</p>\n"
    )
    assert text(body, joined=True) == "Boven\n\nDank je wel.\n\nTot ziens.\n\nOnder"
    assert text(body, joined=False) == "Boven\n\nKijk terug.\n\nOnder"
    assert text(body, joined=False, has_replay=False) == "Boven\n\nJammer.\n\nOnder"


def test_a_paragraph_that_is_one_if_leaves_nothing_behind() -> None:
    body = "Boven\n\n{% if joined %}Dank{% else %}Jammer{% endif %}\n\nOnder"
    alone = "Boven\n\n{% if joined %}Dank{% endif %}\n\nOnder"

    assert "<p>Dank</p>" in html(body, joined=True)
    assert "<p></p>" not in html(alone, joined=False)
    assert text(alone, joined=False) == "Boven\n\nOnder"


def test_an_if_inside_a_sentence_stays_inside() -> None:
    body = "Hoi{% if first_name %} {{ first_name }}{% endif %}, *{{ host }}* hier"

    assert html(body) == "<p>Hoi Anna, <em>Marieke</em> hier</p>\n"
    assert text(body, first_name="") == "Hoi, _Marieke_ hier"


def test_a_callout_is_a_cell_that_outlook_can_draw() -> None:
    found = html("> **{{ start }}**")

    assert 'role="presentation"' in found
    assert '<td class="note" bgcolor="#f8e9e1">' in found
    assert text("> **{{ start }}**").startswith("| *dinsdag 1 december, 20.00 uur")


def test_the_text_part_reads_as_if_somebody_typed_it() -> None:
    body = """\
        # Hoi {{ first_name }}

        Dit is een zin die lang genoeg is om over de rand van de regel heen te lopen, met [een link]({{ article_url }}) erin.

        [Lees het artikel]({{ article_url }})

        [Open de masterclass]({{ join_url }} "button")

        1. een
        2. twee
           - drie

        ---

        ![een kop thee](https://voorbeeld.nl/thee.jpg)

        Mail [{{ reply_to }}](mailto:{{ reply_to }}) of <https://voorbeeld.nl/x>
        {{ host }}
    """  # noqa: E501 - the paragraph must be longer than a line

    assert text(body) == dedent(
        """\
        Hoi Anna
        --------

        Dit is een zin die lang genoeg is om over de rand van de regel heen te
        lopen, met een link <https://voorbeeld.nl/artikel/magnesium> erin.

        Lees het artikel:
        https://voorbeeld.nl/artikel/magnesium

        → Open de masterclass:
        https://voorbeeld.nl/join/abc

        1. een
        2. twee
           - drie

        * * *

        [een kop thee]

        Mail hallo@voorbeeld.nl of https://voorbeeld.nl/x
        Marieke"""
    )


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


def test_a_picture_of_ours_is_as_wide_as_outlook_must_know_and_says_what_it_shows() -> (
    None
):
    wide, small = "0123456789abcdef0123-1200x800.jpg", "0123456789abcdef0123-96x96.png"
    body = f'![een \\[kom\\] "noten"](media:{wide})\n\n![ster](media:{small})'
    where = "https://mail.voorbeeld.nl/media"

    shown = html(body, pictures=where)

    assert (
        f'<img src="{where}/{wide}" width="544" alt="een [kom] &quot;noten&quot;">'
    ) in shown
    assert f'<img src="{where}/{small}" width="96" alt="ster">' in shown
    assert text(body) == '[een [kom] "noten"]\n\n[ster]'
    assert compiled(body).pictures == {wide: 1, small: 3}


def test_two_buttons_may_stand_in_two_branches() -> None:
    body = (
        '{% if joined %}\n[a]({{ join_url }} "button")\n{% else %}\n'
        '[b]({{ replay_url }} "button")\n{% endif %}'
    )

    assert ">a</a>" in html(body, joined=True)
    assert ">b</a>" in html(body, joined=False)


def test_a_mistake_in_the_subject_is_said_of_the_subject() -> None:
    with pytest.raises(TemplateProblem) as caught:
        compiled("x", subject="Hoi {{ name }}")

    assert caught.value.field == "subject"


def test_only_marketing_can_be_unsubscribed_from_and_both_say_who_sends() -> None:
    marketing, service = compiled("x", Kind.MARKETING), compiled("x", Kind.SERVICE)

    for part in (marketing.html, marketing.text):
        assert "{{ unsubscribe_url }}" in part
    for part in (service.html, service.text):
        assert "unsubscribe_url" not in part
        for name in ("sender_name", "postal_address", "company_number", "reason_text"):
            assert f"{{{{ {name} }}}}" in part
        assert "{{ preferences_url }}" in part


def test_the_footer_speaks_the_language_of_the_sequence() -> None:
    dutch = compiled("x", Kind.MARKETING)
    english = compiled("x", Kind.MARKETING, "en")

    assert 'lang="nl"' in dutch.html
    assert "Je voorkeuren" in dutch.html
    assert 'lang="en"' in english.html
    assert "Your preferences" in english.text


def test_styles_are_inline_and_the_dark_ones_are_kept() -> None:
    found = compiled("Hoi\n\n[x]({{ join_url }})").html

    assert '<p style="margin: 0 0 18px 0;">Hoi</p>' in found
    assert "@media (prefers-color-scheme: dark)" in found
    assert '<meta name="color-scheme" content="light dark">' in found
    assert "<!--[if mso]>" in found
    assert "src=" not in found
    assert "http" not in found.replace("{{", "").partition("<body")[0]


def test_the_preheader_and_the_subject_are_escaped_and_personal() -> None:
    subject, preheader = "<A> & {{ first_name }}", "<B> & {{ first_name }}"
    found = compiled("x", subject=subject, preheader=preheader)

    filled = personalize.fill(found.html, {"first_name": "<i>"}, html=True)
    assert "<title>&lt;A&gt; &amp; &lt;i&gt;</title>" in filled
    assert "&lt;B&gt; &amp; &lt;i&gt;</div>" in filled
    assert found.subject == "<A> & {{ first_name }}"


def test_what_was_compiled_can_be_checked_and_compiles_the_same_again() -> None:
    body = "{% if joined %}\nHoi {{ first_name|default('daar') }}\n{% endif %}"

    assert compiled(body) == compiled(body)
    assert compiled(body.replace("\n", "\r\n")) == compiled(body)


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
