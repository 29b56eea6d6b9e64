"""A file of subscribers: sent, understood, looked at, and brought in."""

import csv
import io
from collections.abc import Iterator, Mapping

from flask import (
    Blueprint,
    Response,
    abort,
    flash,
    redirect,
    render_template,
    request,
    stream_with_context,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage, MultiDict

from funnel.db import db
from funnel.domain import cells
from funnel.domain.status import (
    BROUGHT_IN,
    Column,
    ImportState,
    Purpose,
    TeamRole,
    Verdict,
)
from funnel.flow import imports, subscribers
from funnel.flow.imports import BadFile, Plan, Unready
from funnel.models import ImportRow, SubscriberImport
from funnel.web import babel, funnel, now
from funnel.web.admin import audited, words
from funnel.web.admin import import_words as phrases
from funnel.web.auth import member, needs

bp = Blueprint("imports", __name__, url_prefix="/imports")
SHOWN = 100


@bp.get("")
@needs(TeamRole.MARKETER)
def index() -> ResponseReturnValue:
    """Ask for a file, and list those of the last weeks."""
    return _front("")


@bp.post("")
def upload() -> ResponseReturnValue:
    """Keep the file; nobody is changed by that."""
    file = request.files.get("file")
    if file is None or not file.filename:
        return _front(_("Choose a file first."))
    audited.about(file=imports.shown(file.filename))
    try:
        row = _keep(file, file.filename)
    except BadFile as problem:
        return _front(words.say(problem.sentence, problem.details))
    return redirect(url_for(".show", import_id=row.id), 303)


def _keep(file: FileStorage, name: str) -> SubscriberImport:
    return imports.upload(
        db.session(),
        file.stream,
        name=name,
        most=funnel().settings.import_megabytes,
        user_id=member().user.id,
        now=now(),
    )


@bp.get("/<int:import_id>")
@needs(TeamRole.MARKETER)
def show(import_id: int) -> ResponseReturnValue:
    """Show how far it is, and what to do next."""
    return _page(_found(import_id), {})


@bp.post("/<int:import_id>/check")
def check(import_id: int) -> ResponseReturnValue:
    """Let every row be looked at."""
    row = _found(import_id)
    try:
        imports.prepare(db.session(), import_id, _plan(row, request.form))
    except Unready as problem:
        return _page(row, problem.problems, request.form)
    return redirect(url_for(".show", import_id=import_id), 303)


@bp.post("/<int:import_id>/start")
def start(import_id: int) -> ResponseReturnValue:
    """Bring in what passed."""
    try:
        imports.start(db.session(), import_id)
    except Unready as problem:
        flash(phrases.problem("state", problem.problems["state"]), "problem")
    return redirect(url_for(".show", import_id=import_id), 303)


@bp.post("/<int:import_id>/cancel")
def cancel(import_id: int) -> ResponseReturnValue:
    """Throw the file away."""
    try:
        imports.cancel(db.session(), import_id, now=now())
    except Unready as problem:
        return _page(_found(import_id), problem.problems)
    flash(_("The file is thrown away. Nobody was changed."))
    return redirect(url_for(".index"), 303)


@bp.get("/<int:import_id>/left-out.csv")
@needs(TeamRole.MARKETER)
def report(import_id: int) -> ResponseReturnValue:
    """Give the rows that are not brought in, each with its reason."""
    row = _found(import_id)
    named = {"Content-Disposition": f'attachment; filename="left-out-{row.id}.csv"'}
    language = babel.language()
    lines = _lines(imports.left_out(db.session(), row.id), language)
    return Response(stream_with_context(lines), mimetype="text/csv", headers=named)


def _found(import_id: int) -> SubscriberImport:
    return imports.get(db.session(), import_id) or abort(404)


def _plan(row: SubscriberImport, sent: MultiDict[str, str]) -> Plan:
    known = set(Column)
    chosen = [sent.get(f"column-{place}", "") for place in range(len(row.columns))]
    return Plan(
        columns=[one if one in known else "" for one in chosen],
        has_header="has_header" in sent,
        purposes=[one for one in Purpose if one in sent.getlist("purposes")],
        wording=sent.get("wording", "").replace("\0", ""),
        language="en" if sent.get("language") == "en" else "nl",
        tag=sent.get("tag", ""),
    )


def _front(problem: str) -> ResponseReturnValue:
    page = render_template(
        "admin/imports.html",
        imports=imports.latest(db.session()),
        problem=problem,
        most=funnel().settings.import_megabytes,
        phrases=phrases,
    )
    return page, 422 if problem else 200


def _page(
    row: SubscriberImport,
    problems: Mapping[str, str],
    sent: Mapping[str, str] | None = None,
) -> ResponseReturnValue:
    left = row.state in {ImportState.CHECKED, ImportState.DONE}
    rows = imports.left_out(db.session(), row.id, SHOWN) if left else ()
    page = render_template(
        "admin/import.html",
        row=row,
        plan=_plan(row, request.form) if sent else _kept(row),
        problems={name: phrases.problem(name, key) for name, key in problems.items()},
        left_out=list(rows),
        tally={one: row.tally[one] for one in Verdict if row.tally.get(one)},
        brings_in=any(row.tally.get(one) for one in BROUGHT_IN),
        columns=list(Column),
        purposes=list(Purpose),
        tags=subscribers.known_tags(db.session()),
        phrases=phrases,
        is_at_work=row.state in {ImportState.CHECKING, ImportState.RUNNING},
    )
    return page, 422 if problems else 200


def _kept(row: SubscriberImport) -> Plan:
    return Plan(
        columns=row.columns,
        has_header=row.has_header,
        purposes=[Purpose(one) for one in row.purposes],
        wording=row.wording,
        language=row.language,
        tag=row.tag,
    )


def _lines(rows: Iterator[ImportRow], language: str) -> Iterator[str]:
    """Yield the report as CSV, in the language of who asked for it."""
    babel.speak(language)
    yield "\ufeff" + _csv([_("Line"), _("Address"), _("Why")])
    for row in rows:
        yield _csv([str(row.line), row.address, phrases.why(row)])


def _csv(row: list[str]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", quoting=csv.QUOTE_ALL)
    writer.writerow([cells.guard(cell) for cell in row])
    return out.getvalue()
