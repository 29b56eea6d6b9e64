"""The words of the audit trail: a sentence for each form of the studio."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from funnel.domain.row_id import row_id
from funnel.flow.reports.trail import Rows
from funnel.models import Base, Delivery, Occurrence, Step, Subscriber, User
from funnel.web.admin import reach, words

DEEDS: Mapping[str, Any] = {
    "account.end": lazy_gettext("ended all her own log-ins"),
    "account.language": lazy_gettext("chose her language"),
    "account.password": lazy_gettext("changed her password"),
    "business.later": lazy_gettext("put off the business profile"),
    "business.save": lazy_gettext("saved the business profile"),
    "deliveries.decide": lazy_gettext("decided about a mail"),
    "departures.erase": lazy_gettext("erased a subscriber"),
    "departures.unsubscribe": lazy_gettext("unsubscribed somebody who asked for it"),
    "exchange.bring_in": lazy_gettext(
        "brought a sequence in from a folder, as a draft"
    ),
    "exchange.write_out": lazy_gettext("downloaded a sequence as a folder"),
    "imports.cancel": lazy_gettext("threw a file of subscribers away"),
    "imports.check": lazy_gettext("had a file of subscribers checked"),
    "imports.start": lazy_gettext("brought a file of subscribers in"),
    "imports.upload": lazy_gettext("sent a file of subscribers"),
    "media.add": lazy_gettext("sent a picture up"),
    "media.remove": lazy_gettext("removed a picture"),
    "occurrences.add": lazy_gettext("added a date"),
    "occurrences.cancel": lazy_gettext("called a date off"),
    "occurrences.edit": lazy_gettext("changed a date"),
    "pauses.pause": lazy_gettext("paused a sequence"),
    "pauses.resume": lazy_gettext("let a sequence go on"),
    "pauses.resume_all": lazy_gettext("let all sending go on"),
    "rules.save": lazy_gettext("changed the settings of a sequence"),
    "second_step.turn_off": lazy_gettext("turned her second step off"),
    "second_step.turn_on": lazy_gettext("turned her second step on"),
    "selections.export": lazy_gettext("downloaded a file of subscribers"),
    "selections.tag": lazy_gettext("changed the tags of a selection"),
    "selections.tag_one": lazy_gettext("changed the tags of a subscriber"),
    "sequences.go_live": lazy_gettext("let a sequence go live"),
    "sequences.impact": lazy_gettext("had counted what a publish means"),
    "sequences.publish": lazy_gettext("published a sequence"),
    "shelf.add": lazy_gettext("made a sequence"),
    "shelf.archive": lazy_gettext("put a sequence into the archive"),
    "shelf.take_out": lazy_gettext("took a sequence out of the archive"),
    "steps.discard": lazy_gettext("dropped a draft"),
    "steps.keep": lazy_gettext("wrote at a mail, which saved itself as a draft"),
    "steps.preview_typed": lazy_gettext("looked at a preview"),
    "steps.save": lazy_gettext("saved a draft"),
    "steps.test": lazy_gettext("saved a draft, and asked for a test of it"),
    "steps.switch": lazy_gettext("switched a mail on or off, as a draft"),
    "structure.add": lazy_gettext("put a mail into a list, as a draft"),
    "structure.discard": lazy_gettext("dropped all drafts of a sequence"),
    "structure.move": lazy_gettext("moved a mail in a list, as a draft"),
    "structure.put_back": lazy_gettext("put a mail back into a list, as a draft"),
    "structure.remove": lazy_gettext("took a mail out of a list, as a draft"),
    "subscribers.edit": lazy_gettext("corrected a subscriber"),
    "subscribers.export": lazy_gettext("downloaded the data of a subscriber"),
    "team.change": lazy_gettext("changed a colleague's name or role"),
    "team.disable": lazy_gettext("kept a colleague out"),
    "team.enable": lazy_gettext("let a colleague in again"),
    "team.end": lazy_gettext("ended a colleague's log-ins"),
    "team.invite": lazy_gettext("invited a colleague"),
    "team.invite_again": lazy_gettext("sent an invitation once more"),
    "team.reset_second_step": lazy_gettext("reset a colleague's second step"),
    "versions.restore": lazy_gettext("brought an older version back, as a draft"),
    "ways.finish": lazy_gettext("let a subscriber go from a sequence"),
    "ways.start": lazy_gettext("started a sequence for a subscriber"),
}
"""Every form, by its endpoint without “admin.”: a test asks for each of them."""


NAMES = {
    "slug": lazy_gettext("sequence"),
    "sequence": lazy_gettext("sequence"),
    "step_id": lazy_gettext("mail"),
    "step": lazy_gettext("mail"),
    "file": lazy_gettext("file"),
    "alt": lazy_gettext("picture"),
    "waiting": lazy_gettext("waiting for"),
    "occurrence_id": lazy_gettext("date"),
    "occurrence": lazy_gettext("date"),
    "subscriber_id": lazy_gettext("subscriber"),
    "import_id": lazy_gettext("file"),
    "delivery_id": lazy_gettext("mail to"),
    "act": lazy_gettext("decision"),
    "number": lazy_gettext("version"),
    "user_id": lazy_gettext("colleague"),
    "to": lazy_gettext("test to"),
    "tag": lazy_gettext("tag"),
    "counted": lazy_gettext("people"),
    "role": lazy_gettext("role"),
    "state": lazy_gettext("state"),
    "q": lazy_gettext("words"),
    "stage": lazy_gettext("came as far as"),
    "source": lazy_gettext("source"),
    "first": lazy_gettext("from"),
    "last": lazy_gettext("until"),
    "chosen": lazy_gettext("date chosen in the form"),
    "what": lazy_gettext("what"),
    "starts_at": lazy_gettext("start"),
    "name": lazy_gettext("name"),
    "address": lazy_gettext("address"),
}
WORDS: Mapping[str, Mapping[Any, Any]] = {
    "act": {
        "retry": lazy_gettext("send it again"),
        "arrived": lazy_gettext("it arrived"),
        "give-up": lazy_gettext("give it up"),
    },
    "what": {"add": lazy_gettext("put on"), "drop": lazy_gettext("taken off")},
    "role": words.TEAM_ROLES,
    "state": words.STATES,
    "stage": reach.STAGES,
}
"""Values that are words of ours, as the page says them."""


def about(entry_about: Mapping[str, Any], rows: Rows) -> str:
    """Return what a deed was about, in a line: rows by what they are called."""
    return ", ".join(
        f"{NAMES.get(name, name)}: {_called(name, value, rows)}"
        for name, value in entry_about.items()
    )


def _called(name: str, value: Any, rows: Rows) -> str:
    """Return what a value is called; a row that is gone keeps its number."""
    row = rows.get((name, str(value) if name == "slug" else row_id(value) or 0))
    if row is not None:
        return _title(row)
    return str(WORDS.get(name, {}).get(value, value))


def _title(row: Base) -> str:
    if isinstance(row, Step):
        drafted = (row.draft or {}).get("subject", "")
        return words.subject(row.revision.subject if row.revision else drafted)
    if isinstance(row, Occurrence):
        return words.moment(row.starts_at, row.zone)
    if isinstance(row, User):
        return row.name or row.address
    if isinstance(row, Subscriber | Delivery):
        return row.address or str(_("erased"))
    return str(getattr(row, "name", ""))
