"""What a mail can say about her: every name that a template may use."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

Value = str | int | bool


@dataclass(frozen=True, slots=True)
class Name:
    """One declared value; `sample` is what previews show, its type what it holds."""

    sample: Value
    en: str
    nl: str
    needs_fallback: bool = False
    in_layout_only: bool = False

    @property
    def type(self) -> str:
        """Return "yes or no", "number" or "text"."""
        if isinstance(self.sample, bool):
            return "yes or no"
        return "number" if isinstance(self.sample, int) else "text"

    def description(self, language: str) -> str:
        return self.nl if language == "nl" else self.en


NAMES: Mapping[str, Name] = MappingProxyType(
    {
        "first_name": Name(
            "Anna",
            "Her first name; many leave it empty, so give a fallback",
            "Haar voornaam; vaak leeg, dus geef een terugvalwoord",
            needs_fallback=True,
        ),
        "masterclass": Name(
            "Rust in je lijf", "The masterclass's title", "De titel van de masterclass"
        ),
        "minutes": Name(
            60, "How long it takes, in minutes", "Hoe lang het duurt, in minuten"
        ),
        "host": Name(
            "Marieke", "Who gives the masterclass", "Wie de masterclass geeft"
        ),
        "host_line": Name(
            "Geeft al jaren les over rust en slaap.",
            "Who she is, in a line",
            "Wie zij is, in een regel",
            in_layout_only=True,
        ),
        "brand": Name(
            "Jouw praktijk", "The business's name", "De naam van het bedrijf"
        ),
        "start_day": Name(
            "dinsdag 1 december", "The day it starts", "De dag waarop het begint"
        ),
        "start_time": Name("20.00", "The time it starts", "De tijd waarop het begint"),
        "start": Name(
            "dinsdag 1 december, 20.00 uur (Amsterdam)",
            "Day, time and place of the start",
            "Dag, tijd en plaats van het begin",
        ),
        "start_both": Name(
            "dinsdag 1 december, 20.00 uur (Amsterdam)",
            "The same, with her own time where that differs",
            "Hetzelfde, met haar eigen tijd als die anders is",
        ),
        "replay_until": Name(
            "dinsdag 8 december, 21.00 uur (Amsterdam)",
            "Until when the recording can be watched",
            "Tot wanneer de opname te zien is",
        ),
        "is_before": Name(
            True, "The masterclass is still to come", "De masterclass komt nog"
        ),
        "is_after": Name(
            False, "The masterclass has started", "De masterclass is begonnen"
        ),
        "has_replay": Name(
            True, "There is a recording to watch", "Er is een opname te zien"
        ),
        "has_series": Name(
            True,
            "She gets the mail series, or has asked for it",
            "Ze krijgt de mailserie, of heeft erom gevraagd",
        ),
        "joined": Name(False, "She joined the masterclass", "Ze was erbij"),
        "ticked_series": Name(
            False,
            "She ticked the box for the mail series on the form",
            "Ze vinkte de mailserie aan op het formulier",
        ),
        "occurrence_open": Name(
            True,
            "Her date goes on and is not over",
            "Haar datum gaat door en is niet voorbij",
        ),
        "confirm_url": Name(
            "https://voorbeeld.nl/confirm/abc",
            "Link: confirm the seat",
            "Link: de plek bevestigen",
        ),
        "join_url": Name(
            "https://voorbeeld.nl/join/abc",
            "Link: open the masterclass",
            "Link: de masterclass openen",
        ),
        "replay_url": Name(
            "https://voorbeeld.nl/replay/abc",
            "Link: watch the recording",
            "Link: de opname bekijken",
        ),
        "calendar_url": Name(
            "https://voorbeeld.nl/rust/agenda/abc.ics",
            "Link: the calendar file",
            "Link: het agendabestand",
        ),
        "google_url": Name(
            "https://calendar.google.com/calendar/render?action=TEMPLATE",
            "Link: add to Google Calendar",
            "Link: in Google Agenda zetten",
        ),
        "outlook_url": Name(
            "https://outlook.live.com/calendar/0/deeplink/compose",
            "Link: add to Outlook",
            "Link: in Outlook zetten",
        ),
        "article_url": Name(
            "https://voorbeeld.nl/artikel/magnesium",
            "Link: the article",
            "Link: het artikel",
        ),
        "landing_url": Name(
            "https://voorbeeld.nl/rust",
            "Link: the masterclass's page",
            "Link: de pagina van de masterclass",
        ),
        "preferences_url": Name(
            "https://voorbeeld.nl/preferences/abc",
            "Link: her preferences",
            "Link: haar voorkeuren",
        ),
        "click_url": Name(
            "https://voorbeeld.nl/c/AbCdEfGhIjKlMnOpQrStUvWxYzAbCdEfGhI",
            "Link: where clicks are counted",
            "Link: waar kliks geteld worden",
            in_layout_only=True,
        ),
        "unsubscribe_url": Name(
            "https://voorbeeld.nl/u/abc",
            "Link: stop the mail series",
            "Link: de mailserie stoppen",
        ),
        "data_url": Name(
            "https://voorbeeld.nl/data/abc",
            "Link: her personal data",
            "Link: haar persoonsgegevens",
        ),
        "reply_to": Name(
            "hallo@voorbeeld.nl",
            "The address that answers go to",
            "Het adres waar antwoorden aankomen",
        ),
        "pictures": Name(
            "/media",
            "Pictures: where they lie",
            "Plaatjes: waar ze liggen",
            in_layout_only=True,
        ),
        "sender_name": Name(
            "Marieke van Jouw praktijk",
            "Footer: who sends",
            "Voettekst: wie verzendt",
            in_layout_only=True,
        ),
        "postal_address": Name(
            "Voorbeeldstraat 1, 1234 AB Utrecht",
            "Footer: the business's postal address",
            "Voettekst: het postadres",
            in_layout_only=True,
        ),
        "company_number": Name(
            "KvK 12345678",
            "Footer: the business's number",
            "Voettekst: het KvK-nummer",
            in_layout_only=True,
        ),
        "reason_text": Name(
            "Je krijgt deze mail omdat je een plek hebt in de masterclass.",
            "Footer: why she gets this mail, as a sentence",
            "Voettekst: waarom ze deze mail krijgt, als zin",
            in_layout_only=True,
        ),
    }
)
"""Every declared value by its name: the template language knows no others."""

SAMPLES: Mapping[str, Value] = MappingProxyType(
    {name: declared.sample for name, declared in NAMES.items()}
)
"""A made-up reader, for previews and for judging how long a line will be."""
