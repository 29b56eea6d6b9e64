"""Whether it lives, and whether it works: for machines that watch."""

from http import HTTPStatus

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from funnel.db import db, revisions
from funnel.domain.status import DeliveryState
from funnel.flow.delivery import guard
from funnel.models import Delivery
from funnel.web import now

LATE = 300.0  # seconds: a mail that waits longer than this has no worker

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
        late, still = _oldest_due(), guard.stands_still(db.session())
    except SQLAlchemyError:
        return jsonify(database=False), HTTPStatus.SERVICE_UNAVAILABLE
    well = here == head and late < LATE and not still
    status = HTTPStatus.OK if well else HTTPStatus.SERVICE_UNAVAILABLE
    tables = {"tables": here, "program": head}
    facts = {"oldest_due_seconds": late, "stands_still": still}
    return jsonify(database=True, migrations=tables, **facts), status


def _oldest_due() -> float:
    """Return for how many seconds the oldest due mail has been waiting."""
    moment = now()
    oldest = select(func.min(Delivery.due_at)).where(
        Delivery.state == DeliveryState.SCHEDULED, Delivery.due_at <= moment
    )
    due = db.session.scalar(oldest)
    return (moment - due).total_seconds() if due else 0.0
