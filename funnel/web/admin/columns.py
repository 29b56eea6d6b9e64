"""The columns of the list of subscribers, as an address chooses them."""

from flask import request
from flask_babel import lazy_gettext

from funnel.flow.reports import USUAL, Detail

LABELS = {
    Detail.FIRST_NAME: lazy_gettext("First name"),
    Detail.STATE: lazy_gettext("State"),
    Detail.TAGS: lazy_gettext("Tags"),
    Detail.SIGNED_UP: lazy_gettext("Signed up"),
    Detail.CONFIRMED: lazy_gettext("Confirmed"),
    Detail.AGREED: lazy_gettext("Agreed to"),
    Detail.SOURCE: lazy_gettext("Came from"),
    Detail.SEAT: lazy_gettext("Seat"),
    Detail.SEQUENCES: lazy_gettext("In sequences"),
    Detail.MAILS: lazy_gettext("Mails"),
    Detail.BOUGHT: lazy_gettext("Bought last"),
    Detail.LEFT: lazy_gettext("Left or bounced"),
    Detail.ZONE: lazy_gettext("Time zone"),
    Detail.LANGUAGE: lazy_gettext("Language"),
}


def asked() -> tuple[Detail, ...]:
    """Return the columns that were ticked; the usual ones if no box of ours was."""
    ticked = set(request.args.getlist("column"))
    return tuple(one for one in Detail if one in ticked) or USUAL


def kept() -> list[str]:
    """Return them for a link of the page: none if they are the usual ones."""
    shown = asked()
    return [] if shown == USUAL else [str(one) for one in shown]
