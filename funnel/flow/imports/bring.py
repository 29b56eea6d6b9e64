"""Rows that passed become subscribers, with the proof of what they agreed to."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from funnel.domain.status import (
    BROUGHT_IN,
    ImportState,
    Purpose,
    Scope,
    SubscriberState,
    Verdict,
)
from funnel.flow import enrollment, subscribers
from funnel.flow.imports import judge
from funnel.flow.imports.batch import put, putting
from funnel.flow.imports.judge import Candidate
from funnel.flow.preferences import Wording
from funnel.flow.rows import among
from funnel.models import (
    Consent,
    Event,
    EventKind,
    ImportRow,
    Subscriber,
    SubscriberImport,
    Suppression,
)
from funnel.models.base import held

BATCH = 1000
PLACE = "import"


def step(session: Session, row: SubscriberImport, zone: str, now: datetime) -> None:
    """Bring the next people in; not committed.

    Their rows go in the same transaction, so that nobody is brought in twice; one
    that must stay out by now stays in the report.
    """
    people = _next(session, row)
    here = judge.known(session, people)
    verdicts = {one.line: judge.verdict(one, here) for one in people}

    def those(verdict: Verdict) -> list[Candidate]:
        return [one for one in people if verdicts[one.line] is verdict]

    new = [*those(Verdict.NEW), *those(Verdict.UNKNOWN_ZONE)]
    _add(session, row, [*new, *those(Verdict.STOPPED)], zone, now)
    _complete(session, those(Verdict.KNOWN), here, now)
    for line, verdict in verdicts.items():
        if verdict is Verdict.UNKNOWN_ZONE:
            verdicts[line] = Verdict.HOME_ZONE
    _write_down(session, row, verdicts)
    row.tally = _counted(row.tally, list(verdicts.values()))
    row.done += len(people)
    tags = {tag for one in people for tag in one.values["tags"]}
    subscribers.remember(session, sorted(tags))
    if len(people) < BATCH:
        row.state, row.finished_at, row.sample = ImportState.DONE, now, []


def _next(session: Session, row: SubscriberImport) -> Sequence[Candidate]:
    waiting = session.execute(
        select(ImportRow.line, ImportRow.address, ImportRow.values)
        .where(ImportRow.import_id == row.id, ImportRow.verdict.in_(BROUGHT_IN))
        .order_by(ImportRow.line)
        .limit(BATCH)
    )
    return [Candidate(*one) for one in waiting]


def _write_down(
    session: Session, row: SubscriberImport, verdicts: Mapping[int, Verdict]
) -> None:
    """Take away the rows that are done; the others tell what keeps them out."""
    for verdict in set(verdicts.values()):
        lines = [line for line, its in verdicts.items() if its is verdict]
        these = (ImportRow.import_id == row.id, among(ImportRow.line, lines))
        if verdict in BROUGHT_IN:
            session.execute(delete(ImportRow).where(*these))
        else:
            session.execute(update(ImportRow).where(*these).values(verdict=verdict))


def _add(
    session: Session,
    row: SubscriberImport,
    people: Sequence[Candidate],
    zone: str,
    now: datetime,
) -> None:
    """Add who is not here yet; whoever signs up at this moment wins."""
    if not people:
        return
    new = [_subscriber(one, zone, now) for one in people]
    adding = putting(Subscriber, new[0])
    added = session.execute(
        adding.on_conflict_do_nothing(index_elements=["address"]).returning(
            Subscriber.id, Subscriber.address
        ),
        {"rows": new},
    )
    by_address = {one.address: one for one in people}
    ids = {her.id: by_address[str(her.address)] for her in added}
    _prove(session, row, ids, now)
    _suppress(session, list(ids.values()), now)
    _tell(session, row, ids, now)
    active = {
        subscriber_id: one.values["tags"]
        for subscriber_id, one in ids.items()
        if one.state is SubscriberState.ACTIVE
    }
    for tag, ids_of_tag in _by_tag(active):
        enrollment.start_by_tag(session, ids_of_tag, tag, now=now)


def _by_tag(people: Mapping[int, Sequence[str]]) -> Iterator[tuple[str, list[int]]]:
    """Yield each tag with the people that it is new for."""
    for tag in sorted({tag for tags in people.values() for tag in tags}):
        yield tag, [her for her, tags in people.items() if tag in tags]


def _subscriber(one: Candidate, zone: str, now: datetime) -> dict[str, Any]:
    is_active = one.state is SubscriberState.ACTIVE
    return {
        "address": one.address,
        "address_key": one.key,
        "first_name": one.values["first_name"],
        "zone": one.values["zone"] or zone,
        "language": one.values["language"],
        "state": one.state,
        "tags": one.values["tags"],
        "created_at": now,
        "confirmed_at": now if is_active else None,
    }


def _prove(
    session: Session, row: SubscriberImport, ids: Mapping[int, Candidate], now: datetime
) -> None:
    same = {
        "granted": True,
        "wording": row.wording,
        "wording_version": Wording(row.wording, row.language, PLACE).version,
        "language": row.language,
        "place": PLACE,
        "network": "",
        "at": now,
    }
    proofs = [
        {"subscriber_id": subscriber_id, "purpose": Purpose(purpose), **same}
        for subscriber_id, one in ids.items()
        if one.state is SubscriberState.ACTIVE
        for purpose in one.values["agreed"]
    ]
    put(session, Consent, proofs)


def _suppress(session: Session, people: Sequence[Candidate], now: datetime) -> None:
    """Keep mail away from who left elsewhere."""
    barred = [
        {
            "address_hash": one.digest,
            "scope": Scope.MARKETING
            if one.state is SubscriberState.UNSUBSCRIBED
            else Scope.ALL,
            "reason": str(one.state),
            "at": now,
        }
        for one in people
        if one.state is not SubscriberState.ACTIVE
    ]
    if barred:
        one_each = ["address_hash", "scope"]
        barring = putting(Suppression, barred[0])
        session.execute(
            barring.on_conflict_do_nothing(index_elements=one_each), {"rows": barred}
        )


def _tell(
    session: Session, row: SubscriberImport, ids: Mapping[int, Candidate], now: datetime
) -> None:
    told = [
        {
            "kind": EventKind.IMPORTED,
            "at": now,
            "subscriber_id": subscriber_id,
            "data": {"import": row.id, "purposes": one.values["agreed"]},
        }
        for subscriber_id, one in ids.items()
    ]
    put(session, Event, told)


def _complete(
    session: Session, people: Sequence[Candidate], here: judge.Known, now: datetime
) -> None:
    """Give who is here already a tag, and a name where she has none; no consent."""
    by_id = {here.subscribers[one.digest][0]: one for one in people}
    rows = session.scalars(
        held(select(Subscriber).where(Subscriber.id.in_(by_id)).order_by(Subscriber.id))
    ).all()
    new = dict[int, list[str]]()
    for her in rows:
        values = by_id[her.id].values
        her.first_name = her.first_name or values["first_name"]
        new[her.id] = [tag for tag in values["tags"] if tag not in her.tags]
        if new[her.id]:
            her.tags = [*her.tags, *new[her.id]]
    session.flush()
    for tag, ids in _by_tag(new):
        enrollment.tagged(session, ids, tag, on=True, now=now)


def _counted(before: Mapping[str, int], verdicts: Sequence[Verdict]) -> dict[str, int]:
    found = dict(before)
    for verdict in verdicts:
        found[str(verdict)] = found.get(str(verdict), 0) + 1
    return found
