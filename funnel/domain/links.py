"""Every address of ours that a mail or a page may name, as absolute URLs."""

from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode

from funnel.domain import tokens
from funnel.domain.tokens import Keys, TokenKind

GOOGLE = "https://calendar.google.com/calendar/render"
OUTLOOK = "https://outlook.live.com/calendar/0/deeplink/compose"


@dataclass(frozen=True, slots=True)
class Links:
    """Built from the configured base URL only: a Host header never gets in."""

    base_url: str
    keys: Keys

    def confirm(self, signup_id: int) -> str:
        return self._signed("confirm", TokenKind.CONFIRM, signup_id)

    def unsubscribe(self, delivery_id: int) -> str:
        return self._signed("u", TokenKind.UNSUBSCRIBE, delivery_id)

    def click(self, delivery_id: int) -> str:
        """Return the door of a mail's links; the code of a link goes behind it."""
        return self._signed("c", TokenKind.CLICK, delivery_id)

    def preferences(self, subscriber_id: int) -> str:
        return self._signed("preferences", TokenKind.PREFERENCES, subscriber_id)

    def join(self, registration_id: int) -> str:
        return self._signed("join", TokenKind.JOIN, registration_id)

    def replay(self, registration_id: int) -> str:
        return self._signed("replay", TokenKind.REPLAY, registration_id)

    def personal_data(self, subscriber_id: int, expires: datetime) -> str:
        """Return a link for downloading or erasing; `expires` is domain time."""
        until = int(expires.timestamp())
        return self._signed("data", TokenKind.PERSONAL_DATA, subscriber_id, until)

    def account(self, user_link_id: int) -> str:
        """Return where a colleague chooses her password."""
        return self._signed("admin/choose", TokenKind.ACCOUNT, user_link_id)

    def calendar(self, slug: str, registration_id: int) -> str:
        token = tokens.issue(self.keys, TokenKind.CALENDAR, registration_id)
        return self._url(f"{slug}/agenda/{token}.ics")

    def landing(self, slug: str) -> str:
        return self._url(slug)

    def article(self, slug: str) -> str:
        return self._url(f"artikel/{slug}")

    def pictures(self) -> str:
        """Return where pictures lie: nobody's own address, the same in every mail."""
        return self._url("media")

    def privacy(self) -> str:
        return self._url("privacy")

    @staticmethod
    def google(
        title: str, start: datetime, end: datetime, details: str, url: str
    ) -> str:
        """Return a link that offers the event to Google Calendar."""
        query = {
            "action": "TEMPLATE",
            "text": title,
            "dates": f"{_stamp(start)}/{_stamp(end)}",
            "details": details,
            "location": url,
        }
        return f"{GOOGLE}?{urlencode(query)}"

    @staticmethod
    def outlook(
        title: str, start: datetime, end: datetime, details: str, url: str
    ) -> str:
        """Return a link that offers the event to Outlook on the web."""
        query = {
            "path": "/calendar/action/compose",
            "rru": "addevent",
            "subject": title,
            "startdt": f"{start.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
            "enddt": f"{end.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
            "body": details,
            "location": url,
        }
        return f"{OUTLOOK}?{urlencode(query)}"

    def _signed(self, page: str, kind: TokenKind, *numbers: int) -> str:
        return self._url(f"{page}/{tokens.issue(self.keys, kind, *numbers)}")

    def _url(self, path: str) -> str:
        return f"{self.base_url.rstrip('/')}/{path}"


def _stamp(moment: datetime) -> str:
    """UTC with its Z: the link that lacked it was hours off for its readers."""
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"
