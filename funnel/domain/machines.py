"""Whether a link was followed by a person, or by a machine that looks at mail."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

HASTE = timedelta(seconds=3)
"""Nobody has opened, read and clicked a mail so soon after it was handed over."""

BURST = timedelta(seconds=10)
"""Every link of a mail within so little time is not reading."""

ARRIVAL = timedelta(minutes=2)
"""How long after the hand-over a gateway looks at what came in."""

_NAMES = re.compile(
    # What machines call themselves, in general (but CUBOT makes telephones) …
    r"(?<!cu)bot\b|crawl|spider|scan|preview|fetch|headless|phantomjs|monitor|validator"
    # … the libraries that programs are written with …
    r"|curl|wget|python|httpx|aiohttp|okhttp|java/|go-http|libwww|perl|ruby|axios|node"
    # … and gateways that open the links of every mail.
    r"|barracuda|mimecast|proofpoint|trendmicro|symantec|messagelabs|forcepoint"
    r"|fireeye|sophos|cloudmark|ironport|safelinks|bingpreview|googleimageproxy"
    r"|slackbot|whatsapp|telegram|facebookexternalhit|skypeuripreview",
    re.IGNORECASE,
)
SHORTEST = 20  # characters: a browser says more about itself


@dataclass(frozen=True, slots=True)
class Touch:
    """One request for a link of a mail; `at` is real time."""

    position: int
    at: datetime
    is_machine: bool = False


def is_machine(agent: str, headers: Iterable[str] = ()) -> bool:
    """Say whether a request comes from a program, by what it says of itself.

    `headers`: the values of Purpose and Sec-Purpose, which name a prefetch.
    """
    is_early = any("prefetch" in value.lower() for value in headers)
    return is_early or len(agent) < SHORTEST or _NAMES.search(agent) is not None


def people(
    touches: Iterable[Touch], links: int, handed_at: datetime | None
) -> set[int]:
    """Return the positions that a person followed, of one mail with so many links."""
    found = [touch for touch in touches if not touch.is_machine]
    if handed_at is not None:
        found = [touch for touch in found if touch.at - handed_at >= HASTE]
        if _is_burst(found, links, handed_at):
            found = [touch for touch in found if touch.at - handed_at > ARRIVAL]
    return {touch.position for touch in found}


def _is_burst(touches: Collection[Touch], links: int, handed_at: datetime) -> bool:
    """Say whether somebody went through all links within seconds of the delivery."""
    early = [touch for touch in touches if touch.at - handed_at <= ARRIVAL]
    first: dict[int, datetime] = {}
    for touch in early:
        first[touch.position] = min(touch.at, first.get(touch.position, touch.at))
    if links < 2 or len(first) < links:  # noqa: PLR2004 - one link is no burst
        return False
    return max(first.values()) - min(first.values()) <= BURST
