"""Deliveries: what became of every mail, the ones in trouble first."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from funnel.db import db
from funnel.domain.status import DeliveryState
from funnel.flow import reports
from funnel.models import Step

VIEWS = {
    "trouble": (DeliveryState.FAILED, DeliveryState.UNCERTAIN, DeliveryState.PARKED),
    "skipped": (DeliveryState.SKIPPED,),
    "sent": (DeliveryState.SENT, DeliveryState.BOUNCED, DeliveryState.COMPLAINED),
    "open": (DeliveryState.SCHEDULED, DeliveryState.CLAIMED, DeliveryState.HANDED),
}

bp = Blueprint("deliveries", __name__, url_prefix="/deliveries")


@bp.get("")
def index() -> ResponseReturnValue:
    """List deliveries by what became of them."""
    view = _view()
    step_id = _number("step")
    found, after = reports.mails(
        db.session(), states=VIEWS[view], step_id=step_id, after=_number("after")
    )
    return render_template(
        "admin/deliveries.html",
        mails=found,
        after=after,
        view=view,
        views=list(VIEWS),
        step=db.session.get(Step, step_id) if step_id else None,
    )


def _view() -> str:
    """Return which mails were asked for; the ones in trouble, if it is unclear."""
    view = request.args.get("view", "")
    return view if view in VIEWS else "trouble"


def _number(name: str) -> int | None:
    return request.args.get(name, None, int)
