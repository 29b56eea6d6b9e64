"""What is to become of a row: read on its own, then held against whom we know."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from sqlalchemy import Text, func, select
from sqlalchemy.orm import Session

from funnel.domain import address as addresses
from funnel.domain import cells as guarded
from funnel.domain import tag as tags
from funnel.domain import timing
from funnel.domain.address import BadAddress
from funnel.domain.status import Column, Purpose, Scope, SubscriberState, Verdict
from funnel.flow.imports import states
from funnel.flow.imports.batch import Row
from funnel.flow.rows import among
from funnel.models import Subscriber, SubscriberImport, Suppression

LONGEST_NAME = 80
LONGEST_SHOWN = 254
LANGUAGES = ("nl", "en")
LEFT = (
    SubscriberState.UNSUBSCRIBED,
    SubscriberState.BOUNCED,
    SubscriberState.COMPLAINED,
)
STRICTNESS = (SubscriberState.ACTIVE, SubscriberState.PENDING, None, *LEFT)
"""Of two rows about her, the later state here counts; None is a word unknown to us."""


@dataclass(frozen=True)
class Candidate:
    """A row with an address in it; `values` is JSON."""

    line: int
    address: str
    values: dict[str, Any]

    @cached_property
    def digest(self) -> str:
        return addresses.digest(self.address)

    @cached_property
    def key(self) -> str:
        return addresses.fold(self.address)

    @cached_property
    def state(self) -> SubscriberState | None:
        """Return where she stands elsewhere; None for a word that we do not know."""
        state = self.values.get("state", SubscriberState.ACTIVE)
        return SubscriberState(state) if state else None

    @property
    def has_left(self) -> bool:
        """Say whether she gets no mail elsewhere any more, by this row."""
        return self.state in LEFT

    @property
    def strictness(self) -> int:
        return STRICTNESS.index(self.state)

    def with_state_of(self, other: "Candidate") -> "Candidate":
        """Return this row as if it said of her state what another says."""
        mine, its = dict(self.values), other.values
        mine.pop("odd_state", None)
        mine |= {name: its[name] for name in ("state", "odd_state") if name in its}
        return replace(self, values=mine)


@dataclass(frozen=True, slots=True)
class Known:
    """Who of these people is here already, and who gets no mail: by digest."""

    subscribers: Mapping[str, tuple[int, SubscriberState]]
    suppressed: Mapping[str, set[Scope]] = field(default_factory=dict)


def read(row: SubscriberImport, line: int, cells: Sequence[str]) -> Candidate | Row:
    """Return the person of a row, or an ImportRow with the reason why it has none."""
    if len(cells) > len(row.columns) and any(cells[len(row.columns) :]):
        return kept(row, line, _shown(" ".join(cells)), Verdict.BAD_ROW)
    found = {
        column: guarded.unguard(cell).strip()
        for column, cell in zip(row.columns, cells, strict=False)
        if column
    }
    try:
        address = addresses.normalise(found.get(Column.ADDRESS, ""))
    except BadAddress as problem:
        shown = _shown(found.get(Column.ADDRESS, ""))
        why = {"problem": problem.problem}
        return kept(row, line, shown, Verdict.BAD_ADDRESS, values=why)
    return Candidate(line, str(address), _values(row, found))


def kept(
    row: SubscriberImport,
    line: int,
    address: str,
    verdict: Verdict,
    *,
    digest: str = "",
    values: Mapping[str, Any] | None = None,
) -> Row:
    """Return what is kept of a row: an ImportRow."""
    return {
        "import_id": row.id,
        "line": line,
        "address": address,
        "digest": digest,
        "verdict": verdict,
        "values": values or {},
    }


def known(session: Session, people: Sequence[Candidate]) -> Known:
    """Look all of them up in two questions."""
    lower = func.lower(Subscriber.address, type_=Text())
    rows = session.execute(
        select(Subscriber.id, Subscriber.address, Subscriber.state).where(
            among(Subscriber.address_key, {one.key for one in people}),
            among(lower, {one.address.lower() for one in people}),
        )
    )
    hers = {addresses.digest(row.address): (row.id, row.state) for row in rows}
    suppressed: dict[str, set[Scope]] = {}
    barred = select(Suppression.address_hash, Suppression.scope).where(
        among(Suppression.address_hash, {one.digest for one in people}),
        Suppression.lifted_at.is_(None),
    )
    for digest, scope in session.execute(barred):
        suppressed.setdefault(digest, set()).add(scope)
    return Known(hers, suppressed)


def strictest(people: Sequence[Candidate]) -> dict[str, Candidate]:
    """Return each address's first row, with the strictest state of all about it.

    Programs write a row for each list; whoever left one of them must not get mail
    because of another.
    """
    found: dict[str, Candidate] = {}
    for one in people:
        first = found.setdefault(one.digest, one)
        if one is not first and one.strictness > first.strictness:
            found[one.digest] = first.with_state_of(one)
    return found


def verdict(one: Candidate, here: Known) -> Verdict:
    """Decide for one person. Whoever left, left: only she herself comes back."""
    scopes = here.suppressed.get(one.digest, set())
    _, state = here.subscribers.get(one.digest, (0, None))
    if Scope.ALL in scopes or state in {
        SubscriberState.BOUNCED,
        SubscriberState.COMPLAINED,
    }:
        return Verdict.SUPPRESSED
    if Scope.MARKETING in scopes or state is SubscriberState.UNSUBSCRIBED:
        return Verdict.LEFT
    if one.state is None:
        return Verdict.UNKNOWN_STATE
    if state is None:
        return _of_a_stranger(one)
    return Verdict.CONTRADICTED if one.has_left else Verdict.KNOWN


def _of_a_stranger(one: Candidate) -> Verdict:
    if one.state is SubscriberState.PENDING:
        return Verdict.NOT_CONFIRMED
    if one.has_left:
        return Verdict.STOPPED
    if not one.values["agreed"]:
        return Verdict.NO_CONSENT
    return Verdict.UNKNOWN_ZONE if one.values.get("odd_zone") else Verdict.NEW


def _values(row: SubscriberImport, found: Mapping[str, str]) -> dict[str, Any]:
    name = " ".join(found.get(Column.FIRST_NAME, "").split())
    zone = found.get(Column.ZONE, "")
    language = found.get(Column.LANGUAGE, "").lower()[:2]
    own = [row.tag] if row.tag else []
    values = _state(found.get(Column.STATE))
    if zone and zone not in timing.zones():
        values["odd_zone"], zone = _shown(zone), ""
    return values | {
        "first_name": name[:LONGEST_NAME] if name.isprintable() else "",
        "zone": zone,
        "language": language if language in LANGUAGES else row.language,
        "tags": list(dict.fromkeys([*own, *tags.names(found.get(Column.TAGS, ""))])),
        "agreed": _agreed(row, found.get(Column.AGREED)),
    }


def _state(text: str | None) -> dict[str, Any]:
    """Return her state, or the word that names none; a file need not have any."""
    if text is None:
        return {"state": SubscriberState.ACTIVE}
    state = states.named(text)
    return {"state": state} if state else {"state": None, "odd_state": _shown(text)}


def _agreed(row: SubscriberImport, text: str | None) -> list[str]:
    """Return to what she agreed; a column of it narrows what the file is for."""
    if text is None:
        return list(row.purposes)
    said = {word.strip().lower() for word in text.replace(";", ",").split(",")}
    return [str(one) for one in Purpose if one in said and one in row.purposes]


def _shown(text: str) -> str:
    return "".join(one if one.isprintable() else " " for one in text)[:LONGEST_SHOWN]
