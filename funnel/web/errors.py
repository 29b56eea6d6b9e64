"""When something goes wrong: what happened, what was kept, what to do."""

import logging
from http import HTTPStatus
from typing import NamedTuple

from flask import (
    Flask,
    Response,
    current_app,
    g,
    jsonify,
    make_response,
    request,
    url_for,
)
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, SecurityError

from funnel.web import auth, babel, funnel
from funnel.web.headers import MEGABYTE

RETRY_AFTER = 30  # seconds
STUDIO = "/admin/"
PLAIN = HTTPStatus.INTERNAL_SERVER_ERROR
TEXT = "text/plain"

log = logging.getLogger(__name__)


class Words(NamedTuple):
    """What an error page says."""

    title: str
    text: str


class Way(NamedTuple):
    """Where an error page leads."""

    url: str
    label: str


def init_app(app: Flask) -> None:
    app.register_error_handler(HTTPException, refused)
    app.register_error_handler(CSRFError, stale)
    for kind in (OperationalError, InterfaceError, PoolTimeout):
        app.register_error_handler(kind, away)
    app.register_error_handler(DataError, nonsense)
    app.register_error_handler(Exception, broken)


def refused(error: HTTPException) -> Response:
    """Answer what Flask or a view refused; a redirect is no error and passes."""
    code = HTTPStatus(error.code or PLAIN)
    if isinstance(error, SecurityError):  # another host's name: no page to link to
        return Response("This is not the name of this site.\n", code, mimetype=TEXT)
    if error.response is not None or code < HTTPStatus.BAD_REQUEST:
        return make_response(error.get_response())
    response = _page(code, _words(code))
    for name, value in error.get_headers():
        if name not in {"Content-Type", "Content-Length"}:
            response.headers[name] = value
    return response


def stale(_error: CSRFError) -> Response:
    if (request.endpoint or "").startswith("admin."):
        return _logged_out()
    title = _("This form was open for too long")
    text = _("Nothing was changed. Go back, reload the page and send it again.")
    return _page(HTTPStatus.BAD_REQUEST, Words(title, text))


def _logged_out() -> Response:
    """Answer a form of the studio that comes without its log-in, and lead back there.

    The editor asks before it sends one; this is for who has no script, and for the
    other forms. Nobody knows whose it was: her browser says what she reads.
    """
    usual = funnel().settings.language
    language = request.accept_languages.best_match(babel.LANGUAGES, usual)
    babel.speak(language or usual)
    text = _(
        "You were logged out in the meantime, so nothing was changed. A text that you "
        "were writing is kept in this browser: log in, and you can put it back."
    )
    url = url_for("auth.login", next=auth.came_from(), language=language)
    words = Words(_("You are logged out"), text)
    return _page(HTTPStatus.BAD_REQUEST, words, Way(url, _("Log in")))


def away(error: Exception) -> Response:
    """Answer while the database is away: nothing was kept, and it will be back."""
    log.error("the database is away: %s", error)
    code = HTTPStatus.SERVICE_UNAVAILABLE
    response = _page(code, _words(code))
    response.headers["Retry-After"] = str(RETRY_AFTER)
    return response


def nonsense(error: DataError) -> Response:
    """Answer what no database takes, such as a NUL in an address."""
    log.warning("the database refused a value: %s", error.orig)
    code = HTTPStatus.BAD_REQUEST
    return _page(code, _words(code))


def broken(error: Exception) -> Response:
    """Answer a mistake of ours; what happened is in the log under the same name."""
    log.error("request failed", exc_info=error)
    return _page(PLAIN, _words(PLAIN))


def _page(code: HTTPStatus, words: Words, way: Way | None = None) -> Response:
    """Render without the database, which may be the one that is away.

    So without what the blueprints give to their templates, too: they ask it.
    """
    babel.speak(g.get("language") or funnel().settings.language)
    if request.accept_mimetypes.best == "application/json":  # a script of ours
        return make_response(jsonify(error=f"{words.title}. {words.text}"), code)
    name = g.get("request_id", "")
    template = current_app.jinja_env.get_template("errors/page.html")
    way = way or _usual_way()
    page = template.render(words=words, code=code, name=name, way=way)
    response = make_response(page, code)
    response.headers["Cache-Control"] = "no-store"
    return response


def _usual_way() -> Way:
    if request.path.startswith(STUDIO):
        return Way(STUDIO, _("To the studio"))
    return Way("/", _("To the first page"))


def _words(code: HTTPStatus) -> Words:
    room = (request.max_content_length or 0) // MEGABYTE
    most = max(1, room - 1)  # but for the form around a file
    known = {
        HTTPStatus.BAD_REQUEST: Words(
            _("We did not understand that"),
            _("Nothing was changed. Go back and try it once more."),
        ),
        HTTPStatus.FORBIDDEN: Words(
            _("This page is not for you"),
            _("Ask somebody who runs this site whether you should see it."),
        ),
        HTTPStatus.NOT_FOUND: Words(
            _("This page is not here"),
            _("A link from a mail may be broken over two lines, or too old."),
        ),
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE: Words(
            _("That is too large"),
            _(
                "Nothing was kept. Send something smaller, at most %(most)d MB.",
                most=most,
            ),
        ),
        HTTPStatus.TOO_MANY_REQUESTS: Words(
            _("That was a bit too often"),
            _("Wait a while, then try it once more."),
        ),
        HTTPStatus.SERVICE_UNAVAILABLE: Words(
            _("We are away for a moment"),
            _("What you sent was not kept. Try it again in half a minute."),
        ),
    }
    ours = Words(
        _("Something went wrong on our side"),
        _("We can look up what happened. Try it again in a few minutes."),
    )
    general = ours if code >= PLAIN else known[HTTPStatus.BAD_REQUEST]
    return known.get(code, general)
