"""Every kind of reader that a text can meet: what it may say to one and not another."""

from collections.abc import Iterator, Mapping
from itertools import product

from funnel.mail import stencil
from funnel.mail.names import SAMPLES, Value

World = Mapping[str, Value]

OF_A_DATE = frozenset({"calendar_url", "google_url", "outlook_url"})
"""Links that nobody has without a date."""

_NO_DATE: World = {
    **dict.fromkeys(("start", "start_both", "start_day", "start_time"), ""),
    **dict.fromkeys((*OF_A_DATE, "replay_until"), ""),
    "is_before": True,
    "is_after": False,
    "has_replay": False,
    "occurrence_open": False,
}
_NO_REPLAY: World = {"has_replay": False, "replay_until": ""}
_MOMENTS = (
    {"is_before": True, "is_after": False, "occurrence_open": True},
    {"is_before": True, "is_after": False, "occurrence_open": False},  # called off
    {"is_before": False, "is_after": True, "occurrence_open": True},
    {"is_before": False, "is_after": True, "occurrence_open": False},
)
_DATES: tuple[World, ...] = (
    _NO_DATE,
    *(moment | {"has_replay": True} for moment in _MOMENTS),
    *({**moment, **_NO_REPLAY} for moment in _MOMENTS),
)
_HERS: Mapping[str, tuple[Value, ...]] = {
    "joined": (True, False),
    "has_series": (True, False),
    "ticked_series": (True, False),
    "first_name": ("Anna", ""),
    "host_line": (str(SAMPLES["host_line"]), ""),
}


def of(source: str, *, has_date: bool = False) -> Iterator[World]:
    """Yield readers, one for each way in which the text can tell them apart.

    `has_date`: it goes to nobody who still waits for a date.
    """
    asked, met = stencil.names(source), set[frozenset[tuple[str, Value]]]()
    hers = [name for name in _HERS if name in asked]
    for date in _DATES[has_date:]:
        for choice in product(*(_HERS[name] for name in hers)):
            told = {**date, **dict(zip(hers, choice, strict=True))}
            kind = frozenset((name, told[name]) for name in asked & told.keys())
            if kind not in met:
                met.add(kind)
                yield {**SAMPLES, **told}
