"""The settings of one sequence: who comes in and goes, and when its mails go."""

import json
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, lazy_gettext
from flask_babel import gettext as _
from sqlalchemy import select

from funnel.db import db
from funnel.domain.doors import Cause
from funnel.domain.rules import DAYS, Lateness
from funnel.domain.status import TeamRole
from funnel.flow import publishing
from funnel.flow.publishing import BadSettings, Passage, VersionConflict
from funnel.models import Sequence
from funnel.web import now
from funnel.web.admin import lengths, passage, phrases
from funnel.web.auth import needs

bp = Blueprint("rules", __name__, url_prefix="/sequences/<slug>/settings")

LATE = {
    "marketing": lazy_gettext("Marketing"),
    "reminder": lazy_gettext("Reminders"),
    "last_hour": lazy_gettext("In the hour before the start"),
    "live": lazy_gettext("In the hour after the start"),
    "service": lazy_gettext("Other service mail"),
}


@bp.get("")
@needs(TeamRole.MARKETER)
def show(slug: str) -> ResponseReturnValue:
    """Show every rule, also those that nobody has set."""
    sequence = _sequence(slug)
    return _page(sequence, _filled(sequence), publishing.settings_mark(sequence))


@bp.post("")
@needs(TeamRole.MARKETER)
def save(slug: str) -> ResponseReturnValue:
    """Keep the doors, and the rules as a draft; what doors change is asked first."""
    sequence, typed, seen = _sequence(slug), request.form, request.form.get("seen", "")
    rules, doors = _rules(typed), _doors(typed)
    try:
        if new := _unasked(sequence, rules, doors):
            return _page(sequence, _as_typed(), seen, new=new)
        changed = publishing.change_settings(
            db.session(), sequence.id, rules, doors, seen=seen, now=now()
        )
    except BadSettings as problem:
        return _again(sequence, seen, {problem.field: _sentence(problem.field)})
    except VersionConflict:
        return _again(sequence, seen, {}, 409)
    flash(_said(changed))
    return redirect(url_for("admin.sequences.show", slug=slug), 303)


def _sequence(slug: str) -> Sequence:
    found = db.session.scalar(select(Sequence).where(Sequence.slug == slug))
    return found or abort(404)


def _page(
    sequence: Sequence,
    form: Mapping[str, Any],
    seen: str,
    problems: Mapping[str, str] | None = None,
    code: int = 200,
    new: Passage | None = None,
) -> ResponseReturnValue:
    page = render_template(
        "admin/rules.html",
        sequence=sequence,
        form=form,
        seen=seen,
        problems=problems or {},
        is_stale=code == 409,  # noqa: PLR2004 - HTTP's word for it
        causes=passage.CAUSES,
        late=LATE,
        leavers=new.leavers.count if new else 0,
        what_changes=passage.sentences(new) if new else [],
        confirmed=_mark(_doors(request.form)),
    )
    return page, code


def _unasked(
    sequence: Sequence, rules: Mapping[str, Any], doors: Mapping[str, Any]
) -> Passage | None:
    """Return what these doors change, unless she has seen it and says yes."""
    if request.form.get("confirmed") == _mark(doors):
        return None
    new = publishing.new_passage(db.session(), sequence.id, rules, doors, now=now())
    return new if new.is_felt else None


def _mark(doors: Mapping[str, Any]) -> str:
    """Return the doors as one text: to what she said yes."""
    return json.dumps(doors, sort_keys=True)


def _again(
    sequence: Sequence, seen: str, problems: Mapping[str, str], code: int = 422
) -> ResponseReturnValue:
    """Show the form once more, as it was typed."""
    db.session.rollback()
    mark = publishing.settings_mark(sequence) if code == 409 else seen  # noqa: PLR2004
    return _page(sequence, _as_typed(), mark, problems, code)


def _as_typed() -> dict[str, Any]:
    days = request.form.getlist("send_days")
    return {"leave": "", **request.form.to_dict(), "send_days": days}


def _filled(sequence: Sequence) -> dict[str, Any]:
    """Return the form filled with what is there."""
    found = publishing.settings_of(sequence)
    rules, doors = found["rules"], found["doors"]
    spans = {name: rules[name] or {} for name in ("quiet", "window", "hold")}
    cause, name = _split(doors["enter"])
    form = {
        **doors,
        **rules,
        "enter": cause,
        "name": name,
        "again": doors["again"] != "never",
        "leave": phrases.condition_shown(doors["leave"], str(get_locale())),
    }
    for kind, span in spans.items():
        form |= {f"{kind}_{key}": lengths.shown(text) for key, text in span.items()}
    late = rules["lateness"].items()
    return form | {f"late_{key}": lengths.shown(text) for key, text in late}


def _split(enter: str) -> tuple[str, str]:
    for cause in sorted(Cause, key=len, reverse=True):
        if enter == cause or enter.startswith(f"{cause} "):
            return str(cause), enter[len(cause) :].strip()
    return enter, ""


def _doors(typed: Mapping[str, str]) -> dict[str, Any]:
    enter, number = typed.get("enter", ""), typed.get("priority", "").strip() or "0"
    has_name = enter not in {Cause.CONFIRMED, Cause.BY_HAND}
    is_number = number.removeprefix("-").isdecimal()
    return {
        "enter": f"{enter} {typed.get('name', '') if has_name else ''}".strip(),
        "again": "once finished" if "again" in typed else "never",
        "leave": phrases.condition_kept(typed.get("leave", "")),
        "priority": int(number) if is_number and len(number) < 9 else number,  # noqa: PLR2004 - far beyond the limit
    }


def _rules(typed: Any) -> dict[str, Any]:
    return {
        "hour": typed.get("hour", ""),
        "send_days": [day for day in DAYS if day in typed.getlist("send_days")],
        "one_marketing_mail_a_day": "one_marketing_mail_a_day" in typed,
        "hold": _lengths(_pair(typed, "hold", "before", "after")),
        "quiet": _pair(typed, "quiet", "from", "to"),
        "window": _pair(typed, "window", "from", "to"),
        "lateness": _lengths(
            {key: typed.get(f"late_{key}", "") for key in Lateness._fields}
        ),
    }


def _pair(typed: Mapping[str, str], kind: str, *keys: str) -> dict[str, str] | bool:
    found = {key: typed.get(f"{kind}_{key}", "").strip() for key in keys}
    return found if any(found.values()) else False


def _lengths(typed: dict[str, str] | bool) -> dict[str, str] | bool:
    if isinstance(typed, bool):
        return typed
    return {key: lengths.kept(text) for key, text in typed.items()}


def _said(changed: publishing.Changed) -> str:
    if changed.rules:
        return str(_("Saved. When mails go is a draft until you publish it."))
    return str(_("The settings are saved.") if changed.doors else _("Nothing changed."))


def _sentence(field: str) -> str:
    sentences = {
        "hour": _(
            "Write a time such as 08:30, outside the quiet hours and in the window."
        ),
        "send_days": _("Choose one day at least."),
        "hold": _("Write two lengths such as 48 hours, or leave both empty."),
        "quiet": _("Write two times such as 21:00 and 08:00, or leave both empty."),
        "window": _("Write two times such as 08:00 and 20:00, or leave both empty."),
        "lateness": _("Write lengths such as 48 hours or 5 minutes."),
        "enter": _("Write the name of one tag or masterclass, without spaces."),
        "leave": _("Write a condition such as purchased, or tag customer or joined."),
        "priority": _("Write a whole number from -100 to 100."),
    }
    return str(sentences[field])
