"""What other programs write of where somebody stands.

Only who is called active here gets mail from us: a word that is not in this list
makes nobody active. “Yes” and “no” are not in it, as nobody knows to what.
"""

from funnel.domain.status import SubscriberState

WORDS = {
    SubscriberState.ACTIVE: (
        *("active", "subscribed", "confirmed", "enabled", "optedin", "optin"),
        *("contactable", "actief", "ingeschreven", "aangemeld", "bevestigd"),
    ),
    SubscriberState.UNSUBSCRIBED: (
        *("unsubscribed", "unsubscribe", "optout", "optedout", "inactive"),
        *("cancelled", "canceled", "blocked", "blocklisted", "blacklisted"),
        *("suppressed", "disabled", "donotcontact"),
        *("uitgeschreven", "afgemeld", "inactief", "geblokkeerd", "opgezegd"),
    ),
    SubscriberState.BOUNCED: (
        *("bounced", "bounce", "hardbounced", "hardbounce", "cleaned"),
        *("undeliverable", "invalid", "onbestelbaar", "opgeschoond", "gebounced"),
    ),
    SubscriberState.COMPLAINED: (
        *("complained", "complaint", "spam", "spamcomplaint", "junk", "abuse"),
        *("markedasspam", "reportedspam", "klacht", "spamklacht"),
    ),
    SubscriberState.PENDING: (
        *("pending", "unconfirmed", "notconfirmed", "nonsubscribed", "notsubscribed"),
        *("transactional", "nietbevestigd", "onbevestigd", "nietingeschreven"),
    ),
}
"""By the letters alone. Pending is everybody who never said yes."""

_STATES = {word: state for state, words in WORDS.items() for word in words}


def named(text: str) -> SubscriberState | None:
    """Return the state that a cell names; None if we do not know its word."""
    letters = "".join(one for one in text.lower() if one.isalnum())
    return _STATES.get(letters)
