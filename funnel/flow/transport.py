"""6. Messages leave: the relay of the settings, and how long it is waited for."""

from funnel.config import Settings
from funnel.mail.dkim import Signer
from funnel.mail.smtp import Patience, Pool, SmtpUrl, Terms

BEFORE_THE_DOT = {"connect": 10.0, "command": 20.0, "body": 30.0}
"""Seconds. Together well within a lease: what is not sent by then is tried again,
so there is nothing to gain by RFC 5321's five minutes a command."""


def pool(settings: Settings) -> Pool:
    """Return the connections of one process; they open when first used."""
    return Pool(
        SmtpUrl.parse(settings.smtp_url),
        Terms(
            connections=settings.smtp_connections,
            for_urgent=1 if settings.smtp_connections > 1 else 0,
            messages_per_connection=settings.smtp_messages_per_connection,
            depth=settings.smtp_depth,
            per_second=settings.smtp_per_second,
            per_day=settings.smtp_per_day,
            patience=Patience(**BEFORE_THE_DOT, dot=settings.dot_timeout),
        ),
    )


def signer(settings: Settings) -> Signer | None:
    """Return who signs our messages; None leaves it to the relay."""
    if not settings.dkim_key:
        return None
    return Signer.of(settings.dkim_key, settings.dkim_selector)
