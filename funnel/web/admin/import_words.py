"""The words of the studio for files of subscribers."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from funnel.domain.address import Problem
from funnel.domain.status import Column, ImportState, Verdict
from funnel.models import ImportRow, SubscriberImport
from funnel.web.admin import words

STATES = {
    ImportState.UPLOADED: lazy_gettext("waits for its columns"),
    ImportState.CHECKING: lazy_gettext("is being checked"),
    ImportState.CHECKED: lazy_gettext("is checked"),
    ImportState.RUNNING: lazy_gettext("is being brought in"),
    ImportState.DONE: lazy_gettext("is brought in"),
    ImportState.REFUSED: lazy_gettext("cannot be read"),
    ImportState.CANCELLED: lazy_gettext("thrown away"),
}
COLUMNS = {
    Column.ADDRESS: lazy_gettext("address"),
    Column.FIRST_NAME: lazy_gettext("first name"),
    Column.ZONE: lazy_gettext("time zone"),
    Column.LANGUAGE: lazy_gettext("language"),
    Column.STATE: lazy_gettext("state (who left elsewhere stays left)"),
    Column.TAGS: lazy_gettext("tags"),
    Column.AGREED: lazy_gettext("what she agreed to"),
}
VERDICTS = {
    Verdict.NEW: lazy_gettext("new"),
    Verdict.KNOWN: lazy_gettext("known: get the tags, and a name if they have none"),
    Verdict.UNKNOWN_ZONE: lazy_gettext("new, at your time: their zone is unknown"),
    Verdict.HOME_ZONE: lazy_gettext("new, at your time: their zone is unknown"),
    Verdict.STOPPED: lazy_gettext("left elsewhere: kept as people who get no mail"),
    Verdict.CONTRADICTED: lazy_gettext(
        "left elsewhere, but subscribed here: unchanged"
    ),
    Verdict.UNKNOWN_STATE: lazy_gettext("the state says nothing that we know"),
    Verdict.BAD_ADDRESS: lazy_gettext("no address that mail can reach"),
    Verdict.BAD_ROW: lazy_gettext("the row has more cells than the file has columns"),
    Verdict.DUPLICATE: lazy_gettext("in the file more than once"),
    Verdict.LEFT: lazy_gettext("unsubscribed here: only she herself can come back"),
    Verdict.SUPPRESSED: lazy_gettext("her address gets no more mail"),
    Verdict.NOT_CONFIRMED: lazy_gettext("the file says that she never confirmed"),
    Verdict.NO_CONSENT: lazy_gettext("the file says that she did not agree to this"),
}
ADDRESSES = {
    Problem.MISSING: lazy_gettext("there is no address"),
    Problem.NO_AT: lazy_gettext("the address has no @"),
    Problem.NO_DOMAIN: lazy_gettext("the part behind the @ is not complete"),
    Problem.UNSUPPORTED: lazy_gettext("mail servers refuse these letters before the @"),
    Problem.MALFORMED: lazy_gettext("this is not how an address is written"),
}


def why(row: ImportRow) -> str:
    """Say why a row is left out, or what is not as it was written."""
    if row.verdict in {Verdict.UNKNOWN_ZONE, Verdict.HOME_ZONE}:
        return str(
            _(
                "comes in, but at your time: “%(zone)s” is no time zone that we know",
                zone=row.values.get("odd_zone", ""),
            )
        )
    if row.verdict is Verdict.UNKNOWN_STATE:
        word = row.values.get("odd_state")
        return str(
            _("we do not know the state “%(word)s”", word=word)
            if word
            else _("the state is empty")
        )
    if row.verdict is Verdict.DUPLICATE and row.values.get("first"):
        return _twice(row)
    if row.verdict is Verdict.CONTRADICTED:
        return str(
            _(
                "the file says that she left, and here she is subscribed: nothing was "
                "changed. If she wants no more mail, unsubscribe her on her page"
            )
        )
    if row.verdict is Verdict.BAD_ADDRESS and row.values.get("problem"):
        return str(ADDRESSES[Problem(row.values["problem"])])
    return str(VERDICTS[row.verdict])


def _twice(row: ImportRow) -> str:
    line = row.values["first"]
    if not row.values.get("left"):
        return str(_("the address stands on line %(line)s, too", line=line))
    return str(
        _(
            "the address stands on line %(line)s, too; this row says that she left, "
            "and the strictest row counts",
            line=line,
        )
    )


def refusal(row: SubscriberImport) -> str:
    """Say why a file was refused."""
    return words.say(row.problem.get("sentence"), row.problem.get("details"))


def problem(name: str, key: str) -> str:
    """Say what is wrong with a field."""
    sentences = {
        ("columns", "missing"): _("Say which column holds the address."),
        ("columns", "twice"): _("Two columns hold the same. Leave one of them out."),
        ("purposes", "missing"): _("Choose what they agreed to get."),
        ("wording", "missing"): _(
            "Write where their consent comes from, in a sentence: it is kept as proof."
        ),
        ("tag", "bad"): _(
            "A tag is a word of at most 40 letters and digits, such as “spring”."
        ),
        ("state", "elsewhere"): _("Somebody was faster. This is how it is now."),
    }
    return str(sentences[name, key])
