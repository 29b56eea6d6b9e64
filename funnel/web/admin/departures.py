"""A subscriber asked us, not a page: to get no more marketing, or to be forgotten."""

from flask import Blueprint, abort, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from funnel.db import db
from funnel.domain.status import TeamRole
from funnel.flow import preferences
from funnel.flow.preferences import Wording
from funnel.models import Subscriber
from funnel.web import now
from funnel.web.auth import needs

bp = Blueprint("departures", __name__, url_prefix="/subscribers/<int:subscriber_id>")


@bp.post("/unsubscribe")
@needs(TeamRole.MARKETER)
def unsubscribe(subscriber_id: int) -> ResponseReturnValue:
    """Withdraw her consents, as her own click would."""
    person = db.session.get(Subscriber, subscriber_id) or abort(404)
    asked = Wording(_("She asked one of us to stop."), person.language, "studio")
    preferences.unsubscribe(db.session(), person.id, now=now(), wording=asked)
    flash(_("She gets no more marketing mail. Her seat and its mails stay."))
    return redirect(url_for("admin.subscribers.show", subscriber_id=subscriber_id), 303)


@bp.post("/erase")
@needs(TeamRole.OWNER)
def erase(subscriber_id: int) -> ResponseReturnValue:
    """Forget her for good (GDPR art. 17)."""
    db.session.get(Subscriber, subscriber_id) or abort(404)
    preferences.erase(db.session(), subscriber_id, now=now())
    flash(_("She is erased. Only the proof of her consent is left, without a name."))
    return redirect(url_for("admin.subscribers.index"), 303)
