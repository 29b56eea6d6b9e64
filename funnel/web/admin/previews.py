"""How a mail looks: as a letter or as text, by day or by night, to one reader."""

from collections.abc import Mapping

from flask import Response, make_response, render_template
from flask.typing import ResponseReturnValue

from funnel.db import db
from funnel.flow import publishing
from funnel.flow.publishing import BadDraft, Content, Preview, Problem
from funnel.mail.problem import N_
from funnel.models import Step
from funnel.web import headers, now

FRAME = "allow-same-origin"
"""What the frame may: the page around it reads how far it was scrolled, no more."""

NIGHT = "(prefers-color-scheme: dark)"
BOTH = 'content="light dark"'
NOBODY = N_("Nobody here has the address “%(address)s”. Choose somebody from the list.")


class NoReader(LookupError):  # noqa: N818 - it names what was found
    """Nobody has the address that the preview should be for."""


def of(step: Step, content: Content, asked: Mapping[str, str]) -> Preview:
    """Return the mail for the reader that was asked for; BadDraft or NoReader."""
    session, address = db.session(), asked.get("reader", "").strip()
    her = publishing.reader(session, address) if address else None
    if address and her is None:
        raise NoReader(address)
    return publishing.preview(session, step, content, now=now(), her=her)


def answer(
    step: Step, content: Content, asked: Mapping[str, str]
) -> ResponseReturnValue:
    """Return the page in the preview's frame, which runs nothing."""
    try:
        mail = of(step, content, asked)
    except BadDraft as refused:
        return _nothing(refused.problems)
    except NoReader:
        details = {"address": asked["reader"][:80]}
        return _nothing([Problem("reader", NOBODY, details)])
    if asked.get("part") == "text":
        page = render_template("admin/preview_text.html", mail=mail)
        return _framed(make_response(page))
    shown = _lit(mail.html, is_night="dark" in asked)
    return _framed(Response(shown, mimetype="text/html"))


def _nothing(problems: object) -> ResponseReturnValue:
    page = render_template("admin/no_preview.html", problems=problems)
    return _framed(make_response(page, 422))


def _framed(response: Response) -> Response:
    return headers.letter(response, sandbox=FRAME)


def _lit(html: str, *, is_night: bool) -> str:
    """Let a letter look as it does by day or by night, whatever this screen does."""
    scheme = "dark" if is_night else "light"
    html = html.replace(NIGHT, "all" if is_night else "not all")
    return html.replace(BOTH, f'content="{scheme}"')
