"""Every form of the studio that changes something is written down with its change.

The entry is added when the transaction of the change commits, so neither is there
without the other; a form that changed nothing leaves none. What is saved by itself
while somebody writes is one deed for as long as she writes, or the trail would be
nothing else.
"""

from datetime import timedelta
from typing import Any

from flask import g, has_request_context, request
from flask_login import current_user
from sqlalchemy import event
from sqlalchemy.orm import Session

from funnel import clock
from funnel.db import db
from funnel.flow import audit

NOTED = (
    *("tag", "what", "counted", "state", "occurrence", "sequence", "waiting"),
    *("stage", "source", "first", "last", "chosen"),
    *("role", "starts_at", "name", "address", "step", "alt"),
)
"""Fields that say what was done; no text of a mail, no password, no file, and no words
that were looked for: an address among them would outlive her erasure."""

NOTED_OF = {"steps.test": ("to",)}
"""Such fields of one deed only: others carry them and mean nothing by it."""

BY_ITSELF = frozenset({"steps.keep"})
BURST = timedelta(minutes=15)
"""A draft that saves itself is written down once in this time, for each mail."""

LONGEST = 200


def commit() -> None:
    """Write down a deed that changes nothing itself: something was taken out."""
    db.session.commit()


def about(**found: Any) -> None:
    """Say of which row it is, where only the view finds that out."""
    g.found_out = found


@event.listens_for(db.session.session_factory, "before_commit")
def _note(session: Session) -> None:
    if not has_request_context() or request.method in {"GET", "HEAD", "OPTIONS"}:
        return
    endpoint = request.endpoint or ""
    if not endpoint.startswith("admin.") or "audited" in g:
        return
    g.audited = True
    deed, real, user = endpoint.removeprefix("admin."), clock.real(), current_user.user
    about = _about(deed)
    if deed in BY_ITSELF and audit.is_noted(
        session, deed, user=user, since=real - BURST, **about
    ):
        return
    audit.record(session, deed, real=real, user=user, **about)


def _about(deed: str) -> dict[str, Any]:
    """Return which row it was, and the fields that say what was done to it."""
    given = {**request.args.to_dict(), **request.form.to_dict()}
    names = (*NOTED, *NOTED_OF.get(deed, ()))
    noted = {name: given[name][:LONGEST] for name in names if given.get(name)}
    return {**(request.view_args or {}), **noted, **g.get("found_out", {})}
