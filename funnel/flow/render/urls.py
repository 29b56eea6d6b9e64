"""The links of a mail: made from the ids that were frozen, each time the same."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

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


def urls(
    links: Links, of: Mapping[str, Any], delivery_id: int, dated_at: datetime
) -> dict[str, str]:
    """Return the links that this reader can use; the others stay unset."""
    found = {"unsubscribe_url": links.unsubscribe(delivery_id)}
    if of["masterclass"]:
        found["landing_url"] = links.landing(of["masterclass"])
    if of["article"]:
        found["article_url"] = links.article(of["article"])
    if of["signup"]:
        found["confirm_url"] = links.confirm(of["signup"])
    if of.get("user_link"):
        found["confirm_url"] = links.account(of["user_link"])
    if of["subscriber"]:
        until = dated_at + DATA_LINK_LIVES
        found["preferences_url"] = links.preferences(of["subscriber"])
        found["data_url"] = links.personal_data(of["subscriber"], until)
    if of["registration"]:
        found |= _seat(links, of)
    return found


def inert(links: Links) -> dict[str, str]:
    """Return links for a test mail: they lead home and do nothing."""
    return dict.fromkeys(PERSONAL, links.landing(""))


def _seat(links: Links, of: Mapping[str, Any]) -> dict[str, str]:
    registration, join = of["registration"], links.join(of["registration"])
    found = {"join_url": join, "replay_url": links.replay(registration)}
    if not of["starts_at"]:
        return found
    start = datetime.fromisoformat(of["starts_at"])
    end = datetime.fromisoformat(of["ends_at"])
    event = (of["title"], start, end, join, join)
    found["calendar_url"] = links.calendar(of["masterclass"], registration)
    found["google_url"] = links.google(*event)
    found["outlook_url"] = links.outlook(*event)
    return found
