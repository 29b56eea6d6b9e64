"""Whether it lives, and whether it works: for machines that watch."""

from http import HTTPStatus

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

from funnel import clock
from funnel.db import db, revisions
from funnel.flow import reports
from funnel.flow.delivery import guard
from funnel.web import now

bp = Blueprint("health", __name__)


@bp.get("/healthz")
def live() -> ResponseReturnValue:
    """Answer: the process is there. It asks nobody, so it says nothing of others."""
    return "ok\n", HTTPStatus.OK, {"Content-Type": "text/plain; charset=utf-8"}


@bp.get("/readyz")
def ready() -> ResponseReturnValue:
    """Answer whether the database, its tables and the sending are as they should."""
    try:
        here, head = revisions()
        seen = reports.sending(db.session(), now=now(), real=clock.real())
        still = guard.stands_still(db.session())
    except SQLAlchemyError:
        return jsonify(database=False), HTTPStatus.SERVICE_UNAVAILABLE
    well = here == head and not seen.is_late and not still
    facts = {
        "migrations": {"tables": here, "program": head},
        "stands_still": still,
        **_facts(seen),
    }
    return jsonify(database=True, **facts), 200 if well else 503


def _facts(seen: reports.Sending) -> dict[str, object]:
    return {
        "oldest_due_seconds": seen.lateness.total_seconds(),
        "due": sum(seen.due.values()),
        "silent": seen.silent,
    }
