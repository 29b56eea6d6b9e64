"""Where somebody reads her mail: a link that opens the right webmail."""

from dataclasses import dataclass
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A webmail by its name and address."""

    name: str
    url: str


OUTLOOK = Mailbox("Outlook", "https://outlook.live.com/mail/0/")
YAHOO = Mailbox("Yahoo Mail", "https://mail.yahoo.com/")
ICLOUD = Mailbox("iCloud Mail", "https://www.icloud.com/mail")
GMAIL_SEARCH = "https://mail.google.com/mail/u/0/#search/"

WEBMAIL = {
    **dict.fromkeys(("hotmail.com", "hotmail.nl", "hotmail.be"), OUTLOOK),
    **dict.fromkeys(("outlook.com", "live.nl", "live.com", "live.be"), OUTLOOK),
    **dict.fromkeys(("yahoo.com", "yahoo.nl"), YAHOO),
    **dict.fromkeys(("icloud.com", "me.com", "mac.com"), ICLOUD),
    "ziggo.nl": Mailbox("Ziggo Webmail", "https://webmail.ziggo.nl/"),
    "kpnmail.nl": Mailbox("KPN Webmail", "https://webmail.kpnmail.nl/"),
    "proton.me": Mailbox("Proton Mail", "https://mail.proton.me/"),
}


def of(address: str, sender: str) -> Mailbox | None:
    """Return the webmail of an address, if it is a well-known one.

    Gmail opens on a search for the sender, which finds it in spam as well.
    """
    domain = address.rpartition("@")[2]
    if domain in {"gmail.com", "googlemail.com"}:
        search = quote(f"from:{sender} in:anywhere newer_than:1d", safe="")
        return Mailbox("Gmail", GMAIL_SEARCH + search)
    return WEBMAIL.get(domain)
