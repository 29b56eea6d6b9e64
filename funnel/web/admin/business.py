"""The business profile: asked for at the first log-in, changed at any time."""

from collections.abc import Mapping

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from funnel.db import db
from funnel.domain import timing
from funnel.domain.status import TeamRole
from funnel.flow import team
from funnel.flow.team import BadPicture, BadProfile, Profile
from funnel.web.admin import words
from funnel.web.auth import needs

bp = Blueprint("business", __name__, url_prefix="/business")


@bp.get("")
@needs(TeamRole.MARKETER)
def show() -> ResponseReturnValue:
    """Show the profile, with what is still missing."""
    return _page(Profile.of_row(team.profile(db.session())), {})


@bp.post("")
@needs(TeamRole.MARKETER)
def save() -> ResponseReturnValue:
    """Keep the profile as the business's own."""
    profile, file = Profile.of(request.form), request.files.get("picture")
    try:
        team.save_profile(db.session(), profile, file.read() if file else None)
    except BadProfile as problem:
        return _page(profile, problem.problems)
    except BadPicture as problem:
        return _page(profile, {"picture": str(problem)})
    session.pop("profile_later", None)
    flash(_("The business profile is saved. Every mail and page names it from now on."))
    return redirect(url_for("admin.dashboard.show"), 303)


@bp.post("/later")
@needs(TeamRole.MARKETER)
def later() -> ResponseReturnValue:
    """Leave it for now; every page keeps saying that it is not done."""
    session["profile_later"] = True
    return redirect(url_for("admin.dashboard.show"), 303)


def _page(profile: Profile, problems: Mapping[str, str]) -> ResponseReturnValue:
    page = render_template(
        "admin/business.html",
        form=profile,
        problems={name: _sentence(key) for name, key in problems.items()},
        zones=sorted(zone for zone in timing.zones() if "/" in zone),
    )
    return page, 422 if problems else 200


def _sentence(key: str) -> str:
    sentences = {
        "missing": _("Fill this in: every mail has to name it."),
        "address": _("Write an address such as anna@example.nl."),
        "zone": _("Choose a time zone such as Europe/Amsterdam."),
        "long": _("This is too long. Make it shorter."),
    }
    return str(sentences.get(key) or words.PICTURES[key])
