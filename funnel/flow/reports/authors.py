"""Who wrote what is not published yet, as the trail knows it."""

from collections.abc import Collection

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from funnel.models import AuditEntry
from funnel.models import Sequence as SequenceRow

WRITES = ("steps.save", "steps.keep", "steps.switch")
ARRANGES = (
    *("structure.add", "structure.move", "structure.remove", "structure.put_back"),
    *("rules.save", "versions.restore", "exchange.bring_in"),
)


def authors(
    session: Session, sequence: SequenceRow, drafted: Collection[int]
) -> list[str]:
    """Return who wrote at these steps, or at the list, since the last publish.

    By name, the latest first. The trail is of real time and a publish of domain
    time, so the entry of the publish itself is what counts.
    """
    by_step = AuditEntry.about["step_id"].as_integer().in_(drafted)
    by_list = AuditEntry.about["slug"].as_string() == sequence.slug
    published = select(AuditEntry.id).where(
        AuditEntry.deed.in_(("sequences.publish", "structure.discard")), by_list
    )
    last = session.scalar(published.order_by(AuditEntry.id.desc()).limit(1)) or 0
    entries = session.scalars(
        select(AuditEntry.who)
        .where(
            AuditEntry.id > last,
            or_(
                AuditEntry.deed.in_(WRITES) & by_step,
                AuditEntry.deed.in_(ARRANGES) & by_list,
            ),
        )
        .order_by(AuditEntry.id.desc())
    )
    return [who for who in dict.fromkeys(entries) if who]
