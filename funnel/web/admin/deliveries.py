"""Deliveries: what became of every mail, what a person can do, how far a send is."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.exc import NoResultFound

from funnel import clock
from funnel.db import db
from funnel.domain.row_id import row_id
from funnel.domain.status import DeliveryState, Reason, TeamRole
from funnel.flow import delivery, reports
from funnel.flow.reports import Sending, Tale, Which
from funnel.models import Delivery, Sequence, Step
from funnel.web import now
from funnel.web.admin import words
from funnel.web.auth import member, needs

TROUBLE = (DeliveryState.FAILED, DeliveryState.UNCERTAIN, DeliveryState.PARKED)
WAITING = (DeliveryState.SCHEDULED,)
VIEWS = {
    "trouble": TROUBLE,
    "due": WAITING,
    "late": WAITING,
    "open": (*WAITING, DeliveryState.CLAIMED, DeliveryState.HANDED),
    "uncertain": (DeliveryState.UNCERTAIN,),
    "parked": (DeliveryState.PARKED,),
    "failed": (DeliveryState.FAILED,),
    "skipped": (DeliveryState.SKIPPED,),
    "sent": (DeliveryState.SENT, DeliveryState.BOUNCED, DeliveryState.COMPLAINED),
}
TABS = ("trouble", "due", "open", "skipped", "sent")
"""The others are reached from the overview above the list."""

GROUPED = {"trouble", "uncertain", "parked", "failed", "skipped"}
"""Views whose rows have reasons, and an index that finds them."""

bp = Blueprint("deliveries", __name__, url_prefix="/deliveries")


@dataclass(frozen=True, slots=True)
class Act:
    """What a person can decide about a delivery, and in which states."""

    do: Callable[..., Delivery]
    states: frozenset[DeliveryState]


ACTS = {
    "retry": Act(delivery.retry, frozenset(TROUBLE)),
    "arrived": Act(delivery.arrived, frozenset({DeliveryState.UNCERTAIN})),
    "give-up": Act(
        delivery.give_up, frozenset({DeliveryState.UNCERTAIN, DeliveryState.PARKED})
    ),
}


@bp.get("")
def index() -> ResponseReturnValue:
    """List deliveries by what became of them, under how sending stands."""
    view, which, after = _view(), _which(), row_id(request.args.get("after"))
    found, after = reports.mails(db.session(), which, after=after)
    return render_template(
        "admin/deliveries.html",
        mails=found,
        after=after,
        view=view,
        tabs=TABS,
        which=which,
        step=db.session.get(Step, which.step_id) if which.step_id else None,
        groups=reports.grouped(db.session(), which) if view in GROUPED else [],
        sending=standing(),
        sends=reports.sends(db.session(), now=now()),
    )


@bp.get("/<int:delivery_id>")
def show(delivery_id: int) -> ResponseReturnValue:
    """Show one delivery with all that happened to it."""
    tale = _tale(delivery_id)
    acts = [name for name in ACTS if _may(name, tale.mail.delivery)]
    return render_template("admin/delivery.html", tale=tale, acts=acts)


@bp.get("/<int:delivery_id>/<act>")
@needs(TeamRole.MARKETER)
def ask(delivery_id: int, act: str) -> ResponseReturnValue:
    """Say what a decision means, before it is taken."""
    tale = _tale(delivery_id)
    if not _may(act, tale.mail.delivery):
        return redirect(url_for("admin.deliveries.show", delivery_id=delivery_id))
    return render_template("admin/decide.html", tale=tale, act=act)


@bp.post("/<int:delivery_id>/<act>")
@needs(TeamRole.MARKETER)
def decide(delivery_id: int, act: str) -> ResponseReturnValue:
    """Do what somebody decided; her name stays with it."""
    do = ACTS[act].do if act in ACTS else abort(404)
    author = member().user.name or member().user.address
    try:
        do(db.session(), delivery_id, now=now(), author=author)
    except NoResultFound:
        abort(404)
    except delivery.NotByHand:
        db.session.rollback()
        flash(_("Somebody or something was faster: this mail is settled."), "problem")
    else:
        flash(words.DECIDED[act])
    return redirect(url_for("admin.deliveries.show", delivery_id=delivery_id), 303)


@bp.get("/progress")
def progress() -> ResponseReturnValue:
    """Show how far the big sends are: a part of a page, asked for again and again."""
    slug = request.args.get("sequence", "")
    only = db.session.scalar(select(Sequence.id).where(Sequence.slug == slug))
    found = reports.sends(db.session(), now=now(), sequence_id=only)
    return render_template("admin/_progress.html", sends=found, sequence_slug=slug)


def standing() -> Sending:
    """Return how sending stands now."""
    return reports.sending(db.session(), now=now(), real=clock.real())


def _view() -> str:
    """Return which mails were asked for; the ones in trouble, if it is unclear."""
    view = request.args.get("view", "")
    return view if view in VIEWS else "trouble"


def _which() -> Which:
    """Read the filter: whatever is not in a list of ours is left out."""
    view, reason = _view(), request.args.get("reason", "")
    return Which(
        states=VIEWS[view],
        due_before=_before(view),
        step_id=row_id(request.args.get("step")),
        reason=Reason(reason) if reason in set(Reason) else None,
        reply=request.args.get("reply", "")[:20],
    )


def _before(view: str) -> datetime | None:
    moments = {"due": now(), "late": now() - reports.LATE}
    return moments.get(view)


def _tale(delivery_id: int) -> Tale:
    return reports.tale(db.session(), delivery_id) or abort(404)


def _may(act: str, row: Delivery) -> bool:
    """Say whether this can be decided of it; who was erased gets no mail again."""
    is_known = act in ACTS and row.state in ACTS[act].states
    return is_known and bool(row.address or act != "retry")
