"""A step compiled: what a marketer writes, as HTML and as text."""

from textwrap import dedent

from letters import compiled, html, text

from funnel.domain.status import Kind
from funnel.mail import personalize


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
