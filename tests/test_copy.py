"""The words that visitors read: whole, short, true, ours, and within the law."""

import hashlib
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from funnel.domain import claims, conditions, timing
from funnel.domain.claims import Level, Mode
from funnel.domain.status import Kind, Role
from funnel.mail import compile as compiler
from funnel.mail import personalize
from funnel.models import Base, Consent, Registration, Signup, Subscriber

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "email_templates" / "sequences" / "magnesium"
CONTENT = ROOT / "funnel" / "content"
SHINGLES = frozenset(
    (ROOT / "tests" / "data" / "article_shingles.txt").read_text().splitlines()[1:]
)


class Mail:
    """One file of the folder."""

    def __init__(self, path: Path) -> None:
        _, head, self.body = path.read_text(encoding="utf-8").split("+++\n", 2)
        self.slug = path.stem
        self.head: dict[str, Any] = tomllib.loads(head)
        self.kind = Kind(self.head["kind"])
        self.role = Role(self.head.get("role", "listed"))
        self.subject: str = self.head["subject"]
        self.preheader: str = self.head["preheader"]

    @property
    def whole(self) -> str:
        return f"{self.subject}\n\n{self.preheader}\n\n{self.body}"


MAILS = {path.stem: Mail(path) for path in sorted(FOLDER.glob("*.md"))}
LISTED = [mail for mail in MAILS.values() if mail.role is Role.LISTED]
SERIES = [mail for mail in LISTED if mail.head.get("purpose") == "series"]
OFFER = MAILS["10-aanbod"]
TEXTS = {
    path.relative_to(CONTENT).as_posix(): path.read_text(encoding="utf-8")
    for path in sorted([*CONTENT.rglob("*.md"), *CONTENT.rglob("*.toml")])
}
ARTICLE = TEXTS["articles/magnesium.md"]
LANDING = tomllib.loads(TEXTS["masterclasses/magnesium.toml"])
OVER: dict[str, object] = {
    "is_before": False,
    "is_after": True,
    "occurrence_open": False,
}
BARE: dict[str, object] = {"has_replay": False, "replay_until": ""}
WAITING: dict[str, object] = {
    "start": "",
    "start_both": "",
    "start_day": "",
    "start_time": "",
}
READERS: dict[str, dict[str, object]] = {
    "before": {"start_day": "donderdag 24 september"},
    "before, without a recording": BARE,
    "during": OVER | {"occurrence_open": True},
    "after": OVER | {"first_name": "", "has_series": False},
    "after, without a deadline": OVER | {"replay_until": ""},
    "after, without a recording": OVER | BARE,
    "waiting for a date": OVER
    | {"is_after": False, "is_before": True}
    | BARE
    | WAITING,
}
FACTS = {
    "03-stress": ("cortisol", "weken", "zenuwstelsel"),
    "04-moe": ("zelden", "300 milligram", "huisarts"),
    "05-cyclus": ("menstruatie", "energie", "metabolisme"),
    "06-etiket": ("375", "250 milligram", "opneemt|neemt niet elke vorm", "diarree"),
    "07-rode-draad": ("onder spanning", "momenten dat er even niets", "vorm"),
}
CLAIMS = {
    "03-stress": "Magnesium draagt bij tot de normale werking van het zenuwstelsel.",
    "04-moe": "Magnesium draagt bij tot de vermindering van vermoeidheid en moeheid.",
    "05-cyclus": "Magnesium draagt bij tot een normaal energieleverend metabolisme.",
}
COMPLAINT = re.compile(
    r"\b(?:moe|hoofdpijn|spanning|stress|pijn|last|klacht)\b", re.IGNORECASE
)
WHOLE = {mail.slug for mail in SERIES} | {"02-plek", "09a-dank-je-wel", "09c-opname"}

each_mail = pytest.mark.parametrize("mail", MAILS.values(), ids=MAILS.keys())
each_reader = pytest.mark.parametrize("reader", READERS)
each_series_mail = pytest.mark.parametrize("mail", SERIES, ids=[m.slug for m in SERIES])


def filled(source: str, reader: str) -> str:
    values = dict(personalize.SAMPLES) | {"masterclass": LANDING["title"]}
    return personalize.fill(source, values | READERS[reader], html=False)


def words(markdown: str) -> list[str]:
    return re.findall(r"[\w'\u2019-]*\w", re.sub(r"\]\([^)]*\)", "]", markdown))


def blocks(text: str, mode: Mode) -> set[str]:
    return {
        f"{found.rule}: {found.quote}"
        for found in claims.check(text, mode=mode)
        if found.level is Level.BLOCK
    }


def texts_of(data: object) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict):
        for part in data.values():
            yield from texts_of(part)
    elif isinstance(data, list):
        for part in data:
            yield from texts_of(part)


def test_the_folder_holds_every_mail_of_the_sequence() -> None:
    assert [mail.slug[:3].rstrip("-") for mail in LISTED] == [
        *("02", "03", "04", "05", "06", "07"),
        *("08a", "08b", "08c", "08d", "09a", "09c", "09d", "10"),
    ]
    assert {mail.role for mail in MAILS.values()} == set(Role)


@each_mail
def test_a_mail_compiles_and_uses_known_names_only(mail: Mail) -> None:
    source = compiler.Source(
        subject=mail.subject,
        preheader=mail.preheader,
        body=mail.body,
        kind=mail.kind,
        language="nl",
    )
    compiler.compile_step(source)

    assert personalize.unguarded(mail.whole) == []


@each_mail
def test_timing_and_condition_are_in_their_own_words(mail: Mail) -> None:
    written = mail.head["timing"], mail.head.get("condition", "")

    assert str(timing.parse(written[0])) == written[0]
    assert str(conditions.parse(written[1])) == written[1]
    assert set(re.findall(r"\b\d\d[a-z]?-[a-z-]+", written[1])) <= set(MAILS)


@each_reader
@each_mail
def test_a_subject_fits_on_a_phone(mail: Mail, reader: str) -> None:
    subject, preheader = filled(mail.subject, reader), filled(mail.preheader, reader)

    assert 10 <= len(subject) <= 50
    assert 20 <= len(preheader) <= 90


@each_reader
@each_mail
def test_a_mail_has_one_thing_to_do(mail: Mail, reader: str) -> None:
    assert filled(mail.body, reader).count(' "button")') == 1


@each_reader
@each_mail
def test_a_mail_is_as_long_as_it_needs_to_be(mail: Mail, reader: str) -> None:
    body = filled(mail.body, reader)
    if mail is OFFER:
        body = re.sub(r"^>.*$", "", body, flags=re.MULTILINE)

    least, most = (120, 250) if mail.slug in WHOLE or mail is OFFER else (20, 140)
    if mail.slug == "09c-opname":
        least = 100  # without a recording there is less to say
    assert least <= len(words(body)) <= most


@each_mail
def test_no_empty_place_shows_when_a_value_is_missing(mail: Mail) -> None:
    if mail.slug == "09d-nog-even":
        return  # goes only where a deadline is
    anchored = mail.head["timing"].startswith(("start", "end"))
    needs_date = anchored or mail.role in {Role.MOVED, Role.CANCELLED}
    for reader in list(READERS)[: -1 if needs_date else None]:
        body = filled(mail.body, reader)

        assert not re.search(r"\*\*\s*\*\*|\btot\s*[.,]|  +\S|\bop [.,]", body)


@each_mail
def test_a_mail_is_calm(mail: Mail) -> None:
    assert "!" not in mail.whole
    assert not re.search(r"[\U0001F000-\U0001FAFF\u2600-\u27BF]", mail.whole)


@pytest.mark.parametrize("name", [*MAILS, *TEXTS])
def test_the_words_are_our_own(name: str) -> None:
    text = MAILS[name].whole if name in MAILS else TEXTS[name]
    said = [word.lower() for word in re.findall(r"\w+", text)]
    runs = [" ".join(said[i : i + 6]) for i in range(len(said) - 5)]

    borrowed = [
        run for run in runs if hashlib.sha1(run.encode()).hexdigest()[:12] in SHINGLES
    ]
    assert len(SHINGLES) > 800
    assert borrowed == []


@pytest.mark.parametrize("slug", ["01-bevestig", "01b-bevestig-nogmaals"])
def test_a_mail_to_an_unproven_address_holds_nothing_typed_by_a_visitor(
    slug: str,
) -> None:
    assert "first_name" not in MAILS[slug].whole


@each_mail
def test_no_mail_says_what_the_law_forbids(mail: Mail) -> None:
    if mail is OFFER:
        return  # it has its own test below
    mode = Mode.AD if mail.kind is Kind.MARKETING else Mode.SERVICE

    assert blocks(mail.whole, mode) == set()


@each_series_mail
def test_a_nurture_mail_draws_on_its_part_of_the_article(mail: Mail) -> None:
    told = [fact for fact in FACTS[mail.slug] if re.search(fact, mail.body)]

    assert mail.head["source"] == f"S{int(mail.slug[:2]) - 2}"
    assert len(told) >= 2
    assert "magnesium" in mail.body.lower()


@each_series_mail
def test_what_magnesium_does_is_said_in_the_authorised_words(mail: Mail) -> None:
    said = re.findall(r"^> (.*)$", mail.body, flags=re.MULTILINE)

    assert said == ([CLAIMS[mail.slug]] if mail.slug in CLAIMS else [])
    assert mail.body.lower().count("magnesium draagt") == len(said)


@pytest.mark.parametrize("slug", CLAIMS)
def test_a_claim_stands_apart_from_complaints(slug: str) -> None:
    parts = MAILS[slug].body.split("\n\n")
    at = next(i for i, part in enumerate(parts) if part.startswith("> "))

    assert not COMPLAINT.search(parts[at - 1] + parts[at + 1])


@each_series_mail
def test_a_nurture_mail_reads_right_before_and_after(mail: Mail) -> None:
    if mail.slug == "07-rode-draad":
        return  # always before the start
    before, after = (filled(mail.body, reader) for reader in ("before", "after"))
    promise = re.compile(r"donderdag 24 september|[Ii]n de masterclass|tijdens de")

    assert before != after
    assert not promise.search(after)


def test_the_offer_waits_until_it_is_filled_in() -> None:
    found = blocks(OFFER.whole, Mode.AD)

    assert OFFER.head["is_on"] is False
    assert {found_one.partition(":")[0] for found_one in found} == {"A01", "L01"}


def test_the_offer_is_within_the_law_once_it_is_filled_in() -> None:
    text = re.sub(r"^>.*\n", "", OFFER.whole, flags=re.MULTILINE)
    text = text.replace("[VUL IN: mg]", "120").replace("[VUL IN: %]", "32 procent")
    text = re.sub(r"\[VUL IN: [^\]]+\]", "1 maart 2027", text)
    text = text.replace("https://vul-in.example/product", "https://winkel.nl/potje")

    assert blocks(text, Mode.AD) == set()


def test_the_offer_says_first_that_it_is_one() -> None:
    assert OFFER.subject.startswith("[Advertentie]")
    assert OFFER.body.strip().startswith("**[Advertentie]**")
    assert "vergoeding" in OFFER.body.strip().splitlines()[0]
    assert OFFER.head["purpose"] == "offers"


def test_only_the_offer_names_the_code() -> None:
    others = [mail.whole for mail in MAILS.values() if mail is not OFFER]

    assert "ErikE10" in OFFER.body
    assert not any("ErikE10" in text for text in [*others, *TEXTS.values()])


def test_the_article_informs_and_sells_nothing() -> None:
    body = ARTICLE.split("+++\n", 2)[2]

    assert claims.check(ARTICLE, mode=Mode.INFO) == []
    assert blocks(ARTICLE, Mode.AD) == set()
    assert 700 <= len(words(body)) <= 1000
    assert all(fact in body for fact in ("375", "300 milligram", "250 milligram"))


def test_the_landing_page_promises_no_effect() -> None:
    text = "\n\n".join(texts_of(LANDING["page"]))

    assert claims.check(text, mode=Mode.INFO) == []
    assert blocks(text, Mode.AD) == set()
    assert "!" not in text


def test_the_landing_page_is_complete() -> None:
    page = LANDING["page"]

    assert len(page["learn"]["points"]) >= 3
    assert 4 <= len(page["faq"]["items"]) <= 5
    assert "hooguit vijf mails" in page["mails"]["text"]
    assert "aanbod" in " ".join(page["expect"]["items"])
    assert len(page["description"]) <= 160


def test_every_consent_names_the_sender_and_the_way_out() -> None:
    consent = LANDING["consent"]

    assert re.fullmatch(r"\d{4}-\d\d(?:-\d\d)?", consent["wording_version"])
    for question in ("box", "stated", "offers", "ask"):
        assert "{{ brand }}" in consent[question]["text"]
        assert "Afmelden kan in elke mail" in consent[question]["text"]
    for question in ("box", "offers", "ask"):
        assert "offers" in consent[question]["purposes"]
        assert "partner" in consent[question]["text"]
    assert consent["stated"]["purposes"] == ["series"]


@pytest.mark.parametrize("name", ["privacy.nl.md", "privacy.en.md"])
def test_the_privacy_page_names_who_keeps_what_for_how_long(name: str) -> None:
    holes = set(re.findall(r"\{\{ (\w+) \}\}", TEXTS[name]))

    assert holes == {"name", "postal_address", "company_number", "reply_to"}
    assert "Autoriteit Persoonsgegevens" in TEXTS[name]
    assert TEXTS[name].count("\n## ") == 7


@pytest.mark.parametrize(
    ("table", "column", "nl", "en"),
    [
        (Subscriber, "address", "e-mailadres", "e-mail address"),
        (Subscriber, "first_name", "voornaam", "first name"),
        (Subscriber, "zone", "tijdzone", "time zone"),
        (Signup, "network", "netwerk", "network"),
        (Signup, "user_agent", "browser", "browser"),
        (Signup, "source", "langs welke weg", "the way by which you came"),
        (Consent, "wording", "de precieze tekst", "the exact text"),
        (Consent, "network", "vanaf welk ingekort netwerk", "which shortened network"),
        (Registration, "joined_at", "masterclass hebt geopend", "opened the master"),
        (Registration, "replayed_at", "opname hebt gestart", "started the recording"),
    ],
)
def test_the_privacy_page_names_what_is_kept_about_her(
    table: type[Base], column: str, nl: str, en: str
) -> None:
    assert column in table.__table__.columns
    assert nl in TEXTS["privacy.nl.md"].lower()
    assert en in TEXTS["privacy.en.md"].lower()


def test_both_privacy_pages_say_the_same_things() -> None:
    shapes = [
        re.findall(r"^(##|-)", TEXTS[name], flags=re.MULTILINE)
        for name in ("privacy.nl.md", "privacy.en.md")
    ]

    assert shapes[0] == shapes[1]
