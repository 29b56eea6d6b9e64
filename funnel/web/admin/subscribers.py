"""Subscribers: found by what is known of them, and the story of one."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from funnel.db import db
from funnel.domain.row_id import row_id
from funnel.domain.status import EnrollmentState, SubscriberState
from funnel.flow import preferences, publishing, reports, subscribers
from funnel.flow.due.entrance import OPEN
from funnel.flow.reports import Order, Person, Selection
from funnel.flow.subscribers import BadEdit
from funnel.models import Occurrence, Sequence, Step, Subscriber
from funnel.web import now
from funnel.web.admin import audited, columns, reach, tales

bp = Blueprint("subscribers", __name__, url_prefix="/subscribers")


@bp.get("")
def index() -> ResponseReturnValue:
    """List a selection, as she wants it sorted."""
    selection, order = asked(request.args), _order(request.args)
    page = reports.page(
        db.session(), selection, order=order, after=request.args.get("after")
    )
    ids = [one.id for one in page.people]
    return render_template(
        "admin/subscribers.html",
        page=page,
        details=reports.details(db.session(), ids, columns.asked()),
        selection=selection,
        order=order,
        taggings=subscribers.open_taggings(db.session()),
        **choices(selection),
    )


@bp.get("/<int:subscriber_id>")
def show(subscriber_id: int) -> ResponseReturnValue:
    """Show one person: what she got, what comes, and why not."""
    found = reports.person(db.session(), subscriber_id) or abort(404)
    return _page(found, {})


@bp.post("/<int:subscriber_id>")
def edit(subscriber_id: int) -> ResponseReturnValue:
    """Correct her name, zone or language."""
    found = reports.person(db.session(), subscriber_id) or abort(404)
    sent = {name: request.form.get(name, "") for name in FIELDS}
    try:
        subscribers.edit(db.session(), subscriber_id, **sent, now=now())
    except BadEdit as problem:
        return _page(found, {problem.field: _sentence(problem.field)})
    flash(_("It is corrected."))
    return redirect(url_for(".show", subscriber_id=subscriber_id), 303)


@bp.post("/<int:subscriber_id>/export")
def export(subscriber_id: int) -> ResponseReturnValue:
    """Give everything that is kept about her, as a file."""
    if db.session.get(Subscriber, subscriber_id) is None:
        abort(404)
    data = preferences.export(db.session(), subscriber_id)
    audited.commit()
    text = json.dumps(data, ensure_ascii=False, indent=2)
    name = f'attachment; filename="subscriber-{subscriber_id}.json"'
    return Response(text, mimetype="application/json", headers=_as_file(name))


STARTABLE = select(Sequence).where(Sequence.state.in_(OPEN)).order_by(Sequence.name)
FIELDS = ("first_name", "zone", "language")
NUMBERS = {
    "waiting": "waiting_for",
    "occurrence": "occurrence_id",
    "sequence": "sequence_id",
}


def asked(args: Mapping[str, str]) -> Selection:
    """Return the selection of a query; whatever is not one of ours is left out."""
    state = args.get("state", "")
    numbers = {ours: row_id(args.get(name, "")) for name, ours in NUMBERS.items()}
    return Selection(
        words=args.get("q", "").replace("\0", "")[:200].strip(),
        state=SubscriberState(state) if state in set(SubscriberState) else None,
        tag=args.get("tag", "").replace("\0", "")[:40].strip().lower(),
        reach=reach.asked(args),
        **numbers,
    )


def query(selection: Selection) -> dict[str, str]:
    """Return a selection as a query, the way back of `asked`."""
    names = {"words": "q", **{ours: name for name, ours in NUMBERS.items()}}
    kept = replace(selection, reach=None).as_json()
    plain = {names.get(name, name): str(value) for name, value in kept.items()}
    return plain | reach.query(selection.reach)


def there(selection: Selection) -> str:
    """Return where the list of a selection is."""
    values: dict[str, Any] = dict(query(selection))
    return url_for("admin.subscribers.index", **values)


def choices(selection: Selection) -> dict[str, object]:
    """Return what the filters offer, and what the selection speaks of."""
    newest = select(Occurrence).order_by(Occurrence.starts_at.desc()).limit(50)
    way = selection.reach
    return {
        "step": _row(Step, selection.waiting_for),
        "occurrence": _row(Occurrence, selection.occurrence_id),
        "sequence": _row(Sequence, selection.sequence_id),
        "occurrences": db.session.scalars(newest).all(),
        "sequences": db.session.scalars(select(Sequence).order_by(Sequence.name)).all(),
        "states": list(SubscriberState),
        "tags": subscribers.known_tags(db.session()),
        "query": query(selection),
        "columns": columns,
        "reach": reach,
        "chosen": _row(Occurrence, way.chosen_id if way else None),
        "sources": reports.all_sources(db.session()),
    }


def _page(found: Person, problems: Mapping[str, str]) -> ResponseReturnValue:
    ahead = publishing.ahead(db.session(), found.enrollments, now=now())
    stories = sorted(
        found.stories,
        key=lambda story: tales.when(story, ahead.get(story.step.id)),
    )
    page = render_template(
        "admin/subscriber.html",
        person=found,
        stories=stories,
        ahead=ahead,
        tale=tales.tale,
        subject=tales.subject,
        standing=[
            (one.sequence, said)
            for one in found.enrollments
            if one.state is EnrollmentState.ACTIVE
            and (said := tales.stands(one.sequence))
        ],
        later=tales.later,
        date=next((seat.occurrence for seat in found.seats), None),
        problems=problems,
        tags=subscribers.known_tags(db.session()),
        startable=db.session.scalars(STARTABLE).all(),
    )
    return page, 422 if problems else 200


def _sentence(field: str) -> str:
    sentences = {
        "first_name": _("Write a name of at most 80 letters, without invisible ones."),
        "zone": _("Choose a time zone such as Europe/Amsterdam."),
        "language": _("Choose one of the two."),
    }
    return str(sentences[field])


def _as_file(name: str) -> dict[str, str]:
    return {"Content-Disposition": name}


def _order(args: Mapping[str, str]) -> Order:
    order = args.get("order", "")
    return Order(order) if order in set(Order) else Order.NEWEST


def _row(table: type, row_id: int | None) -> object | None:
    return db.session.get(table, row_id) if row_id is not None else None
