"""What every answer carries: who may show it, run in it, keep it."""

import hashlib
import uuid
from collections.abc import Mapping
from functools import lru_cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

import structlog
from flask import Flask, Response, current_app, g, request, session

from funnel.web import funnel

POLICY: Mapping[str, str] = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "frame-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
LETTER: Mapping[str, str] = {
    "default-src": "'none'",
    "img-src": "'self' https: data:",
    "style-src": "'unsafe-inline'",  # mails carry their style with them
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'self'",
    "sandbox": "allow-popups allow-popups-to-escape-sandbox",
}
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",  # addresses of pages carry tokens
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}
MEGABYTE = 1024 * 1024
PICTURES = ("/admin/business", "/admin/media")
PICTURE = 11 * MEGABYTE  # bytes: ten of a photo or a folder, and the form around it
FILES = ("/admin/imports",)
BUNDLES = ("/admin/sequences/add/folder",)
A_YEAR = "max-age=31536000"
FOR_GOOD = f"public, {A_YEAR}, immutable"
A_DAY = "public, max-age=86400"
ASK_AGAIN = "public, no-cache"


def init_app(app: Flask) -> None:
    app.before_request(_name_the_request)
    app.before_request(_make_room)
    app.after_request(_dress)
    app.url_defaults(_mark)


def policy(rules: Mapping[str, str] = POLICY, **changes: str) -> str:
    """Return a Content-Security-Policy; `form_action="…"` changes one rule."""
    named = {name.replace("_", "-"): value for name, value in changes.items()}
    return "; ".join(f"{name} {value}" for name, value in {**rules, **named}.items())


def letter(response: Response, **changes: str) -> Response:
    """Let a mail be shown in a frame of ours: its style, no script, no form."""
    response.headers["Content-Security-Policy"] = policy(LETTER, **changes)
    return response


def open_to_all(response: Response) -> Response:
    """Let mail programs in browsers show it, and everybody keep it for good."""
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers["Cache-Control"] = FOR_GOOD
    return response


def _name_the_request() -> None:
    """Give the request a name that its log lines and its error page share."""
    g.request_id = uuid.uuid4().hex[:12]
    structlog.contextvars.clear_contextvars()
    # Not the address: it carries the token of a mail.
    structlog.contextvars.bind_contextvars(
        request=g.request_id, page=request.endpoint or "none"
    )


def _make_room() -> None:
    """Take more than a megabyte only where a file may come, from who is logged in.

    The form is read for its token before anybody asks who sends it.
    """
    if "_user_id" not in session:
        return
    if request.path in PICTURES + BUNDLES:
        request.max_content_length = PICTURE
    elif request.path in FILES:
        most = funnel().settings.import_megabytes + 1  # the form around it
        request.max_content_length = most * MEGABYTE


def _dress(response: Response) -> Response:
    """Add what the view did not decide itself."""
    response.headers.setdefault("Content-Security-Policy", policy())
    for name, value in ALWAYS.items():
        response.headers.setdefault(name, value)
    if funnel().settings.secure:
        response.headers.setdefault("Strict-Transport-Security", A_YEAR)
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
    elif response.status_code in {HTTPStatus.OK, HTTPStatus.NOT_MODIFIED}:
        response.headers["Cache-Control"] = _how_long()
    return response


def _how_long() -> str:
    """A script that another one names has no mark: after an upgrade both are new."""
    if request.args:
        return FOR_GOOD
    return ASK_AGAIN if request.path.endswith(".js") else A_DAY


def _mark(endpoint: str, values: dict[str, Any]) -> None:
    """Give a file's address its content's mark: an upgrade is seen at once.

    Not a font's: the style sheet that names it would ask for it a second time.
    """
    name = str(values.get("filename", ""))
    if endpoint == "static" and name.endswith((".css", ".js")):
        path = Path(current_app.static_folder or "") / name
        values["v"] = _fingerprint(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=64)
def _fingerprint(path: Path, _changed: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:8]
