"""The links of a mail: made from the ids that were frozen, each time the same."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, TypeAlias

from funnel.domain.links import Links
from funnel.flow.render.facts import AnyRow

DATA_LINK_LIVES = timedelta(days=1)
"""A mail gets forwarded; a link to everything about her must not live long."""

PERSONAL = (
    "confirm_url",
    "join_url",
    "replay_url",
    "calendar_url",
    "preferences_url",
    "unsubscribe_url",
    "data_url",
)


def ids(row: AnyRow) -> dict[str, Any]:
    """Return what the links are made from; JSON."""
    return {
        "signup": row.signup_id,
        "user_link": (row.draft or {}).get("link"),
        "subscriber": row.subscriber_id,
        "registration": row.registration_id,
        "masterclass": row.masterclass,
        "article": row.article_slug,
        "title": row.title,
        "starts_at": row.starts_at and row.starts_at.isoformat(),
        "ends_at": row.ends_at and row.ends_at.isoformat(),
    }


@dataclass(frozen=True, slots=True)
class Source:
    """What the links of one delivery are made from."""

    ids: Mapping[str, Any]
    delivery_id: int
    dated_at: datetime


def urls(links: Links, of: Source, wanted: frozenset[str]) -> dict[str, str]:
    """Return those of the wanted links that this reader can use: signing costs time."""
    found, ids = {}, of.ids
    for name, needs, make in _making(wanted, bool(ids.get("user_link"))):
        for need in needs:
            if not ids[need]:
                break
        else:
            found[name] = make(links, of)
    return found


def inert(links: Links) -> dict[str, str]:
    """Return links for a test mail: they lead home and do nothing."""
    home = dict.fromkeys(PERSONAL, links.landing(""))
    return {**home, "pictures": links.pictures()}


@lru_cache(maxsize=1024)
def _making(
    wanted: frozenset[str], is_colleague: bool
) -> tuple[tuple[str, tuple[str, ...], "Maker"], ...]:
    """Return name, needs and maker of those that a text wants: once for a text."""
    makers = _FOR_A_COLLEAGUE if is_colleague else _MAKERS
    return tuple((name, *makers[name]) for name in sorted(wanted & makers.keys()))


def _data(links: Links, of: Source) -> str:
    return links.personal_data(of.ids["subscriber"], of.dated_at + DATA_LINK_LIVES)


def _calendar(links: Links, of: Source) -> str:
    return links.calendar(of.ids["masterclass"], of.ids["registration"])


def _event(links: Links, of: Source) -> tuple[str, datetime, datetime, str, str]:
    """Return what a calendar is told of her date."""
    start = datetime.fromisoformat(of.ids["starts_at"])
    end = datetime.fromisoformat(of.ids["ends_at"])
    join = links.join(of.ids["registration"])
    return of.ids["title"], start, end, join, join


Maker: TypeAlias = Callable[[Links, Source], str]

_DATE = ("registration", "starts_at")
_MAKERS: dict[str, tuple[tuple[str, ...], Maker]] = {
    "unsubscribe_url": ((), lambda links, of: links.unsubscribe(of.delivery_id)),
    "click_url": ((), lambda links, of: links.click(of.delivery_id)),
    "pictures": ((), lambda links, _of: links.pictures()),
    "landing_url": (
        ("masterclass",),
        lambda links, of: links.landing(of.ids["masterclass"]),
    ),
    "article_url": (("article",), lambda links, of: links.article(of.ids["article"])),
    "confirm_url": (("signup",), lambda links, of: links.confirm(of.ids["signup"])),
    "preferences_url": (
        ("subscriber",),
        lambda links, of: links.preferences(of.ids["subscriber"]),
    ),
    "data_url": (("subscriber",), _data),
    "join_url": (
        ("registration",),
        lambda links, of: links.join(of.ids["registration"]),
    ),
    "replay_url": (
        ("registration",),
        lambda links, of: links.replay(of.ids["registration"]),
    ),
    "calendar_url": (_DATE, _calendar),
    "google_url": (_DATE, lambda links, of: links.google(*_event(links, of))),
    "outlook_url": (_DATE, lambda links, of: links.outlook(*_event(links, of))),
}
"""How each link is made, and without which ids there is none."""

_FOR_A_COLLEAGUE = _MAKERS | {
    "confirm_url": (
        ("user_link",),
        lambda links, of: links.account(of.ids["user_link"]),
    )
}
