"""Links as they stand in mails."""

from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

from funnel.domain import network
from funnel.domain.links import Links
from funnel.domain.tokens import Keys

LINKS = Links("https://rust.example/", Keys.of("a secret of at least 32 characters"))
START = datetime(2026, 12, 1, 19, 0, tzinfo=UTC)
END = datetime(2026, 12, 1, 20, 0, tzinfo=UTC)


def test_every_link_is_absolute_and_on_our_own_host() -> None:
    made = [
        LINKS.confirm(1),
        LINKS.unsubscribe(2),
        LINKS.preferences(3),
        LINKS.join(4),
        LINKS.replay(5),
        LINKS.calendar("magnesium", 6),
        LINKS.personal_data(7, START),
        LINKS.landing("magnesium"),
        LINKS.article("magnesium"),
        LINKS.privacy(),
    ]

    assert all(link.startswith("https://rust.example/") for link in made)
    assert not any("//" in urlsplit(link).path for link in made)


def test_calendar_links_state_utc() -> None:
    google = LINKS.google("Magnesium & meer", START, END, "uitleg", "https://x.nl/j")
    outlook = LINKS.outlook("Magnesium & meer", START, END, "uitleg", "https://x.nl/j")

    asked = parse_qs(urlsplit(google).query)
    assert asked["dates"] == ["20261201T190000Z/20261201T200000Z"]
    assert asked["text"] == ["Magnesium & meer"]
    assert parse_qs(urlsplit(outlook).query)["startdt"] == ["2026-12-01T19:00:00Z"]


def test_a_network_is_only_as_exact_as_needed() -> None:
    assert network.network("203.0.113.77") == "203.0.113.0/24"
    assert network.network("::ffff:203.0.113.77") == "203.0.113.0/24"
    assert network.network("2001:db8:1:2::3") == "2001:db8:1::/48"
    assert network.network("unknown") == network.network(None) == ""
