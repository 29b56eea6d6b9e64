"""Subscribers: found by a word, and the story of one."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue

from funnel.db import db
from funnel.domain.status import SubscriberState
from funnel.flow import publishing, reports
from funnel.models import Occurrence, Step
from funnel.web import now
from funnel.web.admin import tales

bp = Blueprint("subscribers", __name__, url_prefix="/subscribers")


@bp.get("")
def index() -> ResponseReturnValue:
    """List subscribers, newest first."""
    asked = _asked(request.args)
    page = reports.page(
        db.session(), **asked, after=request.args.get("after", None, int)
    )
    return render_template(
        "admin/subscribers.html",
        page=page,
        asked=asked,
        step=_row(Step, asked["waiting_for"]),
        occurrence=_row(Occurrence, asked["occurrence_id"]),
        states=list(SubscriberState),
    )


@bp.get("/<int:subscriber_id>")
def show(subscriber_id: int) -> ResponseReturnValue:
    """Show one person: what she got, what comes, and why not."""
    found = reports.person(db.session(), subscriber_id) or abort(404)
    ahead = publishing.ahead(db.session(), found.enrollments, now=now())
    stories = sorted(
        found.stories,
        key=lambda story: tales.when(story, ahead.get(story.step.id)),
    )
    return render_template(
        "admin/subscriber.html",
        person=found,
        stories=stories,
        ahead=ahead,
        tale=tales.tale,
        date=next((seat.occurrence for seat in found.seats), None),
    )


def _asked(args: Mapping[str, str]) -> dict[str, Any]:
    """Return the filters; whatever is not one of ours is left out."""
    state = args.get("state", "")
    return {
        "words": args.get("q", "")[:200],
        "state": SubscriberState(state) if state in set(SubscriberState) else None,
        "waiting_for": request.args.get("waiting", None, int),
        "occurrence_id": request.args.get("occurrence", None, int),
    }


def _row(table: type[Any], row_id: int | None) -> Any:
    return db.session.get(table, row_id) if row_id is not None else None
