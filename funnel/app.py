"""Where the parts meet: the Flask application and the `funnel` command."""

import hashlib
import os
from collections.abc import Sequence
from urllib.parse import urlsplit

import click
from flask import Flask
from flask.cli import FlaskGroup, NoAppException
from werkzeug.middleware.proxy_fix import ProxyFix

from funnel import cli, config
from funnel.config import Settings
from funnel.db import db
from funnel.embedded import environment
from funnel.web import Funnel

POOL = {"pool_pre_ping": True, "pool_size": 8, "max_overflow": 8, "pool_timeout": 5}
MEGABYTE = 1024 * 1024


def create_app(settings: Settings) -> Flask:
    """Build the application with its pages."""
    app = _application(settings)
    _add_pages(app)
    if settings.trusted_proxies:
        count = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count)  # type: ignore[method-assign]  # as Flask's manual does
    return app


def without_pages() -> Flask:
    """Build it for a command, out of the environment: reading pages takes a second."""
    return _application(_settings())


def _application(settings: Settings) -> Flask:
    app = Flask("funnel", static_url_path="/static")
    app.config.from_mapping(_flask_config(settings))
    app.extensions["funnel"] = Funnel.of(settings)
    db.init_app(app)
    return app


def _settings() -> Settings:
    """Read the environment, or ask the system that runs on this data folder."""
    try:
        os.environ.update(environment.recall())
        return config.load()
    except config.NotSetError as error:
        raise NoAppException(f"{error}. Is Funnel running? `make run`") from None
    except config.SettingsError as error:
        raise NoAppException(str(error)) from None


def _flask_config(settings: Settings) -> dict[str, object]:
    secure = settings.secure
    return {
        "SQLALCHEMY_DATABASE_URI": settings.database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": POOL,
        "SECRET_KEY": _session_key(settings.secret_key),
        "SECRET_KEY_FALLBACKS": [
            _session_key(old) for old in settings.previous_secret_keys
        ],
        "SESSION_COOKIE_NAME": "__Host-funnel" if secure else "funnel",
        "SESSION_COOKIE_SECURE": secure,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "TRUSTED_HOSTS": _hosts(settings),
        "MAX_CONTENT_LENGTH": MEGABYTE,
        "MAX_FORM_MEMORY_SIZE": MEGABYTE,
        "MAX_FORM_PARTS": 200,
        "WTF_CSRF_SSL_STRICT": secure,
        "BABEL_DEFAULT_LOCALE": settings.language,
        "BABEL_DEFAULT_TIMEZONE": settings.zone,
    }


def _session_key(secret: str) -> str:
    """Keep the cookie's key apart from the keys that sign links."""
    return hashlib.blake2b(secret.encode(), person=b"funnel session").hexdigest()


def _hosts(settings: Settings) -> Sequence[str]:
    """Answer only under our own name (CVE-2025-25198: a poisoned reset link)."""
    if settings.embedded:
        return config.LOCAL_HOSTS
    return [urlsplit(settings.base_url).hostname or ""]


def _add_pages(app: Flask) -> None:
    """Put the pages in their places; a masterclass's own address comes last."""
    from funnel.web import (
        admin,
        auth,
        babel,
        calendar,
        confirm,
        csrf,
        doors,
        errors,
        headers,
        health,
        inbox,
        masterclass,
        media,
        metrics,
        pages,
        preferences,
        tracking,
    )

    # What a request may bring is decided before a form is searched for its token.
    for part in (headers, csrf, errors, babel):
        part.init_app(app)
    ours = (health, metrics, inbox, auth, doors, admin)
    public = (media, tracking, confirm, preferences, masterclass, calendar, pages)
    for module in (*ours, *public):
        app.register_blueprint(module.bp)


class Commands(FlaskGroup):
    """The `funnel` command; it loads the application only for who needs it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return cli.names()

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        return cli.command(cmd_name)


main = Commands(
    name="funnel",
    create_app=without_pages,
    add_default_commands=False,
    add_version_option=False,
    help="From a reader's sign-up to a masterclass, and the mails in between.",
)
