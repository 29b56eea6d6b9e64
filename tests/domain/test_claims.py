"""What the lint of claims finds, and what it leaves alone."""

import pytest

from funnel.domain import claims
from funnel.domain.claims import Finding, Level, Mode

AUTHORISED = [
    "Magnesium draagt bij tot de vermindering van vermoeidheid en moeheid.",
    "Magnesium draagt bij tot de elektrolytenbalans.",
    "Magnesium draagt bij tot een normaal energieleverend metabolisme.",
    "Magnesium draagt bij tot de normale werking van het zenuwstelsel.",
    "Magnesium draagt bij tot de normale werking van de spieren.",
    "Magnesium draagt bij tot de normale eiwitsynthese.",
    "Magnesium draagt bij tot een normale psychologische functie.",
    "Magnesium draagt bij tot de instandhouding van normale botten.",
    "Magnesium draagt bij tot de instandhouding van normale tanden.",
    "Magnesium speelt een rol in het celdelingsproces.",
]

FORBIDDEN = [
    ("H01", "Magnesium brengt je hormonen weer in evenwicht."),
    ("H01", "Dit mineraal houdt je cortisol laag."),
    ("H02", "Met magnesium krijg je een diepere slaap."),
    ("H02", "Je kunt weer doorslapen dankzij magnesium."),
    ("H03", "Magnesium haalt de stress uit je dag."),
    ("H03", "Het supplement werkt op GABA, een neurotransmitter."),
    ("H04", "Magnesium brengt je lijf tot rust."),
    ("H05", "Magnesium is goed voor je stemming."),
    ("H06", "Je krijgt meer energie van magnesium."),
    ("H07", "Magnesium voor soepele spieren."),
    ("H08", "Magnesium verlaagt je bloeddruk."),
    ("H09", "Magnesium in de overgang."),
    ("H10", "Rustpoeder draagt bij tot de normale werking van het zenuwstelsel."),
    ("H11", "Magnesium ondersteunt je zenuwstelsel."),
    ("H11", "Magnesium draagt bij tot de werking van het zenuwstelsel."),
    ("H12", "Ashwagandha helpt je door een drukke week."),
    ("W01", "Zo gaat je lijf weer vet verbranden."),
    ("W02", "Drie kilo? Verlies 3 kilo in twee weken."),
    ("M01", "Magnesium bij PMS."),
    ("M01", "Magnesium en spierkrampen: zo zit het."),
    ("M02", "Een supplement vermindert deze klachten."),
    ("M02", "Magnesium tegen hoofdpijn."),
    ("M03", "Vul met magnesium je tekort aan en de klachten verdwijnen."),
    ("D01", "Veel vrouwen lopen rond met een tekort."),
    ("D02", "Onze groente komt van uitgeputte grond."),
    ("D03", "Zonder magnesium loopt je lichaam vast."),
    ("C01", "Bisglycinaat is de beste vorm."),
    ("C01", "Magnesiumoxide is minder effectief."),
    ("C02", "Werking gegarandeerd."),
    ("E01", "Een arts adviseert dit potje."),
    ("E02", "Dit is de magnesium die wij gebruiken."),
    ("R01", "Gebruik onze kortingscode voor 10% korting."),
    ("P01", "Nog 3 plekken vrij."),
    ("L01", "👉 Bekijk het potje"),
    ("L01", "[Naar het product]()"),
    ("L01", "Prijs: [VUL IN: prijs]"),
]

HARMLESS = [
    (Mode.SERVICE, "We praten over hormonen, slaap en stress."),
    (Mode.AD, "Op een drukke dag geeft stress je lijf een seintje."),
    (Mode.SERVICE, "Hoofdpijn? Dat onderwerp behandelen we tijdens de masterclass."),
    (Mode.SERVICE, "Tegen 20:00 uur gaat de deur open."),
    (Mode.SERVICE, "Zet de wekker en voorkom dat je te laat komt."),
    (Mode.AD, "Magnesium geneest geen hoofdpijn."),
    (Mode.AD, "Over magnesium en slaap is geen zin goedgekeurd."),
    (Mode.AD, "Gebruik je magnesium? Overleg dan eerst met je arts of apotheker."),
    (Mode.AD, '[Stel je vraag](mailto:{{ reply_to }} "button")'),
    (Mode.INFO, "We gebruiken je adres alleen voor je plek."),
]


def rules(text: str, mode: Mode = Mode.AD) -> set[str]:
    return {
        finding.rule
        for finding in claims.check(text, mode=mode)
        if finding.level is Level.BLOCK
    }


@pytest.mark.parametrize("claim", AUTHORISED)
@pytest.mark.parametrize("mode", list(Mode))
def test_an_authorised_claim_is_left_alone(claim: str, mode: Mode) -> None:
    assert claims.check(claim, mode=mode) == []


@pytest.mark.parametrize(("rule", "text"), FORBIDDEN)
def test_a_forbidden_sentence_is_blocked(rule: str, text: str) -> None:
    assert rule in rules(text)


@pytest.mark.parametrize(("mode", "text"), HARMLESS)
def test_an_innocent_sentence_is_not_held_against_its_writer(
    mode: Mode, text: str
) -> None:
    assert rules(text, mode) == set()


def test_a_complaint_counts_beside_the_nutrient_and_not_far_from_it() -> None:
    beside = "Magnesium zit in noten. Het is er voor je slaap."
    apart = "Magnesium zit in noten. Volkorenbrood ook. Iets anders: je slaap."

    assert "H02" in rules(beside)
    assert rules(apart) == set()


def test_every_item_of_a_list_belongs_to_the_line_above_it() -> None:
    text = "Waar magnesium voor dient:\n\n- je botten\n- je agenda\n- je slaap\n"

    found = [
        finding.quote
        for finding in claims.check(text, mode=Mode.AD)
        if finding.rule == "H02"
    ]

    assert found == ["slaap"]


def test_a_text_that_sells_is_judged_as_a_whole() -> None:
    far = "Slaap is een vak. Lees er een boek over. Ga op tijd naar bed."

    assert rules(far) == set()
    assert "H02" in rules(f"{far} Het potje kost € 19,95.")


def test_an_authorised_claim_does_not_cover_the_sentence_after_it() -> None:
    text = f"{AUTHORISED[3]} Daardoor geeft magnesium je een betere slaap."

    assert "H02" in rules(text)


def test_a_claim_may_break_over_a_line() -> None:
    text = AUTHORISED[3].replace(" van het", "\nvan het")

    assert claims.check(text, mode=Mode.AD) == []


def test_not_only_is_no_denial() -> None:
    assert "M01" in rules("Magnesium helpt niet alleen bij hoofdpijn.")


def test_an_advertisement_says_so_first_and_says_who_pays() -> None:
    offer = "Met code MAAN10 krijg je 10% korting tot 1 maart."
    label = "[Advertentie] Wij krijgen een vergoeding als je via onze code koopt."

    assert "R01" in rules(offer)
    assert "R01" not in rules(f"{label}\n\n{offer}")


def test_a_label_at_the_foot_comes_too_late() -> None:
    body = "Met code MAAN10 gaat het sneller. " + "Lees ook de rest. " * 30

    assert "R01" in rules(f"{body} [Advertentie] Wij krijgen een vergoeding.")


def test_a_claim_in_an_advertisement_needs_its_four_lines_and_its_dose() -> None:
    bare = f"[Advertentie] Wij krijgen een vergoeding. € 19,95. {AUTHORISED[3]}"
    lines = (
        "Per dag: 120 milligram magnesium. Een supplement vervangt geen gevarieerde "
        "voeding en geen gezonde leefstijl. Neem niet meer dan er op het etiket staat. "
        "Overleg bij een nierziekte eerst met je arts."
    )

    assert {"A01", "A02"} <= rules(bare)
    assert rules(f"{bare}\n\n{lines}") == set()


def test_a_service_mail_sells_nothing() -> None:
    text = "Tot straks. Met kortingscode MAAN10 krijg je 10% korting."

    assert "R03" in rules(text, Mode.SERVICE)


def test_free_asks_to_disclose_the_offer_that_follows() -> None:
    free = "De masterclass is gratis."
    fair = f"{free} Aan het eind vertellen we over ons aanbod."

    found = claims.check(free, mode=Mode.INFO)

    assert [(one.rule, one.level) for one in found] == [("P03", Level.DISCLOSE)]
    assert claims.check(fair, mode=Mode.INFO) == []


def test_information_without_a_product_is_reviewed_and_not_blocked() -> None:
    text = "Wat doet magnesium met je hormonen?"

    found = claims.check(text, mode=Mode.INFO)

    assert [(one.rule, one.level) for one in found] == [("H01", Level.REVIEW)]


def test_a_finding_points_at_its_words() -> None:
    text = "Magnesium en\nje <b>slaap</b>."

    found = claims.check(text, mode=Mode.AD)

    assert [(one.quote, text[one.start : one.end]) for one in found] == [
        ("slaap", "slaap")
    ]
    assert all(isinstance(one, Finding) and one.advice for one in found)


def test_html_is_read_as_it_is_heard() -> None:
    picture = '<p>Magnesium</p><img src="/slaap.png" alt="beter slapen">'
    link = '<p>Magnesium zit in <a href="https://voorbeeld.nl/slaap">noten</a>.</p>'

    assert "H02" in rules(picture)
    assert rules(link) == set()


def test_a_language_without_rules_is_refused() -> None:
    with pytest.raises(ValueError, match="'fr'"):
        claims.check("Le magnésium", mode=Mode.AD, language="fr")
