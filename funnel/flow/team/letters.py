"""The mails to colleagues: letters like the others, on the same way out."""

import tomllib
from datetime import datetime
from functools import cache
from pathlib import Path

from sqlalchemy.orm import Session

from funnel.domain.status import Kind, UserLinkKind
from funnel.mail.compile import Compiled, Source, Use, compile_step
from funnel.models import Delivery, User, UserLink
from funnel.models.delivery import SERVICE_PRIORITY

FOLDER = Path(__file__).resolve().parents[3] / "email_templates" / "team"
FENCE = "+++\n"


def send(session: Session, link: UserLink, user: User, *, now: datetime) -> None:
    """Queue the mail that carries a link; not committed."""
    compiled = letter(link.kind, user.language)
    delivery = Delivery(
        kind=Kind.SERVICE,
        priority=SERVICE_PRIORITY,
        address=user.address,
        user_id=user.id,
        draft={
            "subject": compiled.subject,
            "preheader": compiled.preheader,
            "html": compiled.html,
            "text": compiled.text,
            "link": link.id,
        },
        planned_at=now,
        due_at=now,
    )
    session.add(delivery)


@cache
def letter(kind: UserLinkKind, language: str) -> Compiled:
    """Read and compile a letter, once."""
    text = (FOLDER / f"{kind}.{language}.md").read_text(encoding="utf-8")
    head, body = text.removeprefix(FENCE).split(f"\n{FENCE}", 1)
    fields = tomllib.loads(head)
    source = Source(
        subject=fields["subject"],
        preheader=fields["preheader"],
        body=body.strip("\n"),
        kind=Kind.SERVICE,
        language=language,
    )
    return compile_step(source, Use.TEAM)
