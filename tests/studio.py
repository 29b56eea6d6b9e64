"""Somebody who works in the studio: logs in, reads pages, sends their forms."""

import html
import re
from typing import Any

import factories
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from funnel.domain.status import TeamRole
from funnel.flow.team import passwords
from funnel.models import User

PASSWORD = "vier woorden die niemand raadt"
HASH = passwords.encode(PASSWORD)
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')

CONFIRMED = re.compile(r'name="confirmed" value="([^"]+)"')


class Colleague:
    """A logged-in browser; `get` and `post` answer like one, without redirects."""

    def __init__(self, app: Flask, session: Session, user: User) -> None:
        self.app, self.session = app, session
        self.client: FlaskClient = app.test_client()
        self.user = user

    def log_in(self, password: str = PASSWORD, **more: str) -> TestResponse:
        """Begin with an empty browser."""
        self.client = self.app.test_client()
        page = self.client.get("/admin/login")
        sent = {"address": self.user.address, "password": password, **more}
        token = {"csrf_token": self.token(page)}
        return self.client.post("/admin/login", data=sent | token)

    def get(self, path: str) -> TestResponse:
        self.session.flush()
        return self.client.get(path)

    def post(self, path: str, **sent: Any) -> TestResponse:
        """Send a form as a page of the studio would, with its CSRF token."""
        token = self.token(self.get("/admin/account"))
        answer = self.client.post(path, data=sent | {"csrf_token": token})
        self.session.expire_all()  # the request wrote with a session of its own
        return answer

    @staticmethod
    def token(page: TestResponse) -> str:
        found = TOKEN.search(page.text)
        assert found, page.text[:500]
        return found[1]


def colleague(
    app: Flask, session: Session, role: TeamRole = TeamRole.MARKETER
) -> Colleague:
    """Return somebody with this role, logged in."""
    user = factories.user(session, role=role, password_hash=HASH, language="en")
    found = Colleague(app, session, user)
    answer = found.log_in()
    assert answer.status_code == 303, answer.text
    return found


def confirmed(page: TestResponse) -> str:
    """Return what a page that asks first gets back with a yes."""
    found = CONFIRMED.search(page.text)
    assert found, page.text[:500]
    return html.unescape(found[1])
