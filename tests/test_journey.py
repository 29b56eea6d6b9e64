"""Sign-up → mails received by a real SMTP server → click, on the running system.

The tables are typed by hand, from the worked example and the rules in
docs/timing.md; nothing here asks the plan. Times are Amsterdam's.
"""

import http.client
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
import tracking
from marketer import Marketer
from reader import Reader
from running import Running, wait_for

pytestmark = [pytest.mark.system, pytest.mark.timeout(400)]

BEGIN = "2026-11-19 09:55"
START = "2026-12-01 20:00"
EARLY, WORKED, LATE, LAST = (
    "2026-11-19 10:00",  # twelve days before the start
    "2026-11-27 10:00",  # the worked example: a Friday
    "2026-11-28 20:00",  # three days before
    "2026-12-01 19:00",  # an hour before
)

SUBJECTS = {
    "1": "Nog één klik: bevestig je plek",
    "2": "Je plek staat vast",
    "3": "Wat een drukke dag met je lijf doet",
    "4": "Moe: wat het wel en niet zegt",
    "5": "Kijk een maand mee met je cyclus",
    "6": "Zo lees je een etiket met magnesium",
    "7": "De rode draad, en wat we gaan bespreken",
    "8a": "Zo doe je mee op dinsdag 1 december",
    "8b": "Over een uur beginnen we",
    "8c": "De deur gaat zo open",
    "8d": "We zijn begonnen, kom gerust binnen",
    "9a": "Dank je wel: dit waren de drie punten",
    "9c": "De opname staat voor je klaar",
    "9d": "Nog even: de opname gaat bijna offline",
    "10": "[Advertentie] De magnesium die wij zelf gebruiken",
}

REMINDERS = [
    ("2026-11-30 20:00", "8a"),
    ("2026-12-01 19:00", "8b"),
    ("2026-12-01 19:45", "8c"),
]

WORKED_EXAMPLE = [
    (WORKED, "1"),
    (WORKED, "2"),
    ("2026-11-28 08:30", "3"),
    ("2026-11-29 20:00", "7"),
    *REMINDERS,
    ("2026-12-01 20:02", "8d"),
    ("2026-12-02 08:30", "9c"),
    ("2026-12-06 08:30", "4"),
    ("2026-12-08 08:30", "9d"),  # service mail first
    ("2026-12-08 08:30", "5"),
    ("2026-12-10 08:30", "6"),
    ("2026-12-11 10:00", "10"),
]

WORKED_WITHOUT_CONSENT = [
    (WORKED, "1"),
    (WORKED, "2"),
    *REMINDERS,
    ("2026-12-01 20:02", "8d"),
    ("2026-12-02 08:30", "9c"),
    ("2026-12-08 08:30", "9d"),
]

TWELVE_DAYS_AND_JOINED = [
    (EARLY, "1"),
    (EARLY, "2"),
    ("2026-11-20 08:30", "3"),
    ("2026-11-22 08:30", "4"),
    ("2026-11-24 08:30", "5"),
    ("2026-11-26 08:30", "6"),
    ("2026-11-29 20:00", "7"),
    *REMINDERS,
    ("2026-12-02 08:30", "9a"),
    ("2026-12-04 10:00", "10"),
]

AN_HOUR_AND_JOINED = [
    (LAST, "1"),
    (LAST, "2"),
    ("2026-12-01 19:45", "8c"),
    ("2026-12-02 08:30", "9a"),
    ("2026-12-08 08:30", "9d"),
]

AN_HOUR = [
    (LAST, "1"),
    (LAST, "2"),
    ("2026-12-01 19:45", "8c"),
    ("2026-12-01 20:02", "8d"),
    ("2026-12-02 08:30", "9c"),
    ("2026-12-06 08:30", "3"),
    ("2026-12-08 08:30", "9d"),  # service mail first
    ("2026-12-08 08:30", "4"),
    ("2026-12-10 08:30", "5"),
    ("2026-12-12 08:30", "6"),
    ("2026-12-13 10:00", "10"),
]

THREE_DAYS = [
    (LATE, "1"),
    (LATE, "2"),
    *REMINDERS,
    ("2026-12-01 20:02", "8d"),
    ("2026-12-02 08:30", "9c"),
    ("2026-12-06 08:30", "3"),  # the day after sign-up belongs to mail 7
    ("2026-12-08 08:30", "9d"),  # service mail first
    ("2026-12-08 08:30", "4"),
    ("2026-12-10 08:30", "5"),
    ("2026-12-12 08:30", "6"),
    ("2026-12-13 10:00", "10"),
]

LEFT_AFTER_MAIL_3 = [
    (WORKED, "1"),
    (WORKED, "2"),
    ("2026-11-28 08:30", "3"),
    *REMINDERS,
    ("2026-12-01 20:02", "8d"),
    ("2026-12-02 08:30", "9c"),
    ("2026-12-08 08:30", "9d"),
]


class Story:
    """The running system and everybody who was in it, told once, in order."""

    def __init__(self, system: Running) -> None:
        self.system = system
        self.worked = Reader(system, "worked@lezer.example")
        self.plain = Reader(system, "plain@lezer.example")
        self.leaver = Reader(system, "leaver@lezer.example")
        self.early = Reader(system, "early@lezer.example")
        self.three_days = Reader(system, "three@lezer.example")
        self.hour = Reader(system, "hour@lezer.example")
        self.joiner = Reader(system, "joiner@lezer.example")

    def tell(self) -> None:
        self.system.set_clock(BEGIN)
        self.system.add_date(START)
        marketer = Marketer(self.system)
        marketer.log_in()
        marketer.switch_on("10-aanbod")
        marketer.publish()
        self._come(EARLY, self.early, series=True)
        self._come(WORKED, self.worked, self.leaver, series=True)
        self._come(WORKED, self.plain)
        self._come(LATE, self.three_days, series=True)
        self.leaver.press(self.leaver.mails()[-1].link("/u/"))
        self._come(LAST, self.hour, series=True)
        self._come(LAST, self.joiner)
        self._to("2026-12-01 20:00")
        for reader in (self.early, self.joiner):
            reader.press(reader.mails()[-1].link("/join/"))
        self._to("2026-12-02 10:00")
        self.early.press(self.early.mails()[-1].link("/replay/"))
        self._to("2026-12-13 12:00")
        self.last_words = self._to_the_end()

    def _come(self, moment: str, *readers: Reader, series: bool = False) -> None:
        self._to(moment)
        for reader in readers:
            reader.sign_up("dinsdag 1 december", series=series)
        self.system.settle()
        for reader in readers:
            reader.confirm()
        self.system.settle()

    def _to_the_end(self) -> str:
        """Go on until nothing is left, and return what the command says then."""
        status, said = 0, ""
        while status == 0:
            done = self.system.funnel("clock", "next", check=False)
            status, said = done.returncode, done.stdout + done.stderr
        assert status == 3, said
        return said

    def _to(self, moment: str) -> None:
        """Move on to a moment of Amsterdam's clock, mail by mail."""
        self.system.advance_to(moment)


@pytest.fixture(scope="module")
def story() -> Iterator[Story]:
    with Running.started("story") as system:
        story = Story(system)
        story.tell()
        yield story


def table(reader: Reader) -> list[tuple[str, str]]:
    """Return what she got: when, to the minute, and which mail."""
    keys = {subject: key for key, subject in SUBJECTS.items()}
    return [(mail.at, keys.get(mail.subject, mail.subject)) for mail in reader.mails()]


def test_the_worked_example_arrives_to_the_minute(story: Story) -> None:
    assert table(story.worked) == WORKED_EXAMPLE


def test_without_marketing_consent_only_service_mails_come(story: Story) -> None:
    assert table(story.plain) == WORKED_WITHOUT_CONSENT


def test_who_signs_up_twelve_days_ahead_gets_the_series_first(story: Story) -> None:
    assert table(story.early) == TWELVE_DAYS_AND_JOINED


def test_who_signs_up_an_hour_ahead_gets_the_series_afterwards(story: Story) -> None:
    assert table(story.hour) == AN_HOUR


def test_who_joined_is_thanked_and_not_called_in(story: Story) -> None:
    assert table(story.joiner) == AN_HOUR_AND_JOINED


def test_who_signs_up_three_days_ahead_gets_one_marketing_mail_a_day(
    story: Story,
) -> None:
    assert table(story.three_days) == THREE_DAYS


def test_who_leaves_keeps_her_seat_and_its_mails(story: Story) -> None:
    assert table(story.leaver) == LEFT_AFTER_MAIL_3


def test_every_link_in_every_mail_answers(story: Story) -> None:
    links = {
        link
        for mail in story.worked.mails() + story.early.mails()
        for link in mail.links
        if link.startswith(story.system.url)
    }

    led = {leads_to(link) if "/c/" in link else link for link in links}
    ours = {link for link in led if link.startswith(story.system.url)}
    answers = {link: story.worked.visitor.get(link).status for link in ours}

    assert len(links) > 20
    assert set(answers.values()) == {200}
    assert led - ours == {"https://onzewinkel.nl/product"}  # of mail 10


def test_a_followed_link_is_counted_by_the_workers(story: Story) -> None:
    link = next(
        link for mail in story.early.mails() for link in mail.links if "/c/" in link
    )
    total = "SELECT coalesce(sum(clicks), 0) FROM click_count"
    before = story.system.execute(total)[0][0]
    story.system.execute("UPDATE delivery SET handed_at = now() - interval '1 day'")

    assert leads_to(link, "GET")
    story.system.execute("UPDATE click SET seen_at = now() - interval '5 minutes'")

    wait_for(
        lambda: story.system.execute(total)[0][0] > before, "the count", patience=60
    )
    named = story.system.execute("SELECT count(*) FROM event WHERE kind = 'clicked'")
    assert named == [(0,)]


def leads_to(link: str, verb: str = "HEAD") -> str:
    """Ask where a link leads, without going there; a HEAD is not counted."""
    parts = urlsplit(link)
    pages = http.client.HTTPConnection(parts.netloc, timeout=30)
    pages.request(verb, parts.path, headers={"User-Agent": tracking.BROWSER})
    answer = pages.getresponse()
    pages.close()
    assert answer.status == 302, link
    return answer.headers["Location"]


def test_marketing_mail_can_be_left_with_one_click(story: Story) -> None:
    mail = next(mail for mail in story.worked.mails() if mail.subject == SUBJECTS["3"])

    assert mail.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail.message["List-Unsubscribe"].startswith(f"<{story.system.url}/u/")
    assert mail.link("/u/") in mail.message["List-Unsubscribe"]


def test_celery_workers_sent_every_mail(story: Story) -> None:
    query = "SELECT count(*), count(worker) FROM delivery WHERE state = 'sent'"

    (sent, by_a_worker), *_ = story.system.execute(query)

    assert sent > 50
    assert by_a_worker == sent


def test_a_published_edit_reaches_who_waits_and_not_what_was_sent(
    story: Story,
) -> None:
    reader = Reader(story.system, "waits@lezer.example")
    story.system.set_clock("2027-01-11 10:00")
    story.system.add_date("2027-02-09 20:00")
    reader.sign_up("dinsdag 9 februari", series=True)
    story.system.settle()
    reader.confirm()
    story.system.advance_to("2027-01-12 09:00")
    before = table(story.worked)
    marketer = Marketer(story.system)
    marketer.log_in()

    marketer.edit("04-moe", subject="Anders", timing="3 days at 09:15")
    marketer.publish()
    story.system.advance_to("2027-01-15 10:00")

    assert table(reader)[2:] == [
        ("2027-01-12 08:30", "3"),
        ("2027-01-15 09:15", "Anders"),
    ]
    assert table(story.worked) == before
    recorded = story.system.execute(
        "SELECT r.subject FROM delivery d JOIN revision r ON r.id = d.revision_id"
        " JOIN step s ON s.id = d.step_id JOIN subscriber p ON p.id = d.subscriber_id"
        " WHERE s.slug = '04-moe' AND p.address = 'worked@lezer.example'"
    )
    assert recorded == [(SUBJECTS["4"],)]


def test_without_a_worker_no_mail_leaves_and_the_clock_says_so(story: Story) -> None:
    system, reader = story.system, Reader(story.system, "patient@lezer.example")
    system.add_date("2027-06-08 20:00")
    system.hold("Worker")
    try:
        reader.sign_up("dinsdag 8 juni")

        stuck = system.funnel("clock", "next", check=False)

        assert stuck.returncode == 1
        assert "worker" in (stuck.stdout + stuck.stderr).lower()
        assert reader.mails() == []
    finally:
        system.let_go("Worker")

    wait_for(reader.mails, "the mail that waited")
    assert [mail.subject for mail in reader.mails()] == [SUBJECTS["1"]]
