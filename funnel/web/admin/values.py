"""Values, links and cases of a mail in the words that the editor shows."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import get_locale, lazy_gettext
from flask_babel import gettext as _

from funnel.mail.blocks import BLOCKS, READY
from funnel.mail.names import NAMES, Name
from funnel.web.admin.words import say

LABELS: Mapping[str, Any] = {
    "first_name": lazy_gettext("first name"),
    "masterclass": lazy_gettext("title of the masterclass"),
    "minutes": lazy_gettext("length in minutes"),
    "host": lazy_gettext("host"),
    "brand": lazy_gettext("name of the business"),
    "start_day": lazy_gettext("day of the start"),
    "start_time": lazy_gettext("time of the start"),
    "start": lazy_gettext("day and time"),
    "start_both": lazy_gettext("day and time, hers too"),
    "replay_until": lazy_gettext("end of the recording"),
    "reply_to": lazy_gettext("address for answers"),
    "confirm_url": lazy_gettext("confirm the seat"),
    "join_url": lazy_gettext("open the masterclass"),
    "replay_url": lazy_gettext("watch the recording"),
    "calendar_url": lazy_gettext("the calendar file"),
    "google_url": lazy_gettext("add to Google Calendar"),
    "outlook_url": lazy_gettext("add to Outlook"),
    "article_url": lazy_gettext("the article"),
    "landing_url": lazy_gettext("page of the masterclass"),
    "preferences_url": lazy_gettext("her preferences"),
    "unsubscribe_url": lazy_gettext("stop the mail series"),
    "data_url": lazy_gettext("her personal data"),
}
"""What a value or a link is called in a few words."""

CLAUSES: Mapping[str, Any] = {
    "first_name": lazy_gettext("her first name is known"),
    "start": lazy_gettext("she has a date"),
    "replay_until": lazy_gettext("the recording has an end"),
}
"""What an if asks of a value that is no yes or no."""

FALLBACKS = {"nl": "daar", "en": "there"}


@dataclass(frozen=True, slots=True)
class Choice:
    """One entry of a menu: a name of the template language, and what it says."""

    name: str
    label: str
    sample: str = ""
    fallback: str = ""

    @property
    def source(self) -> str:
        """Return what stands in the text for it."""
        if self.fallback:
            return f'{{{{ {self.name}|default("{self.fallback}") }}}}'
        return f"{{{{ {self.name} }}}}"


def shown(language: str) -> list[Choice]:
    """Return the values that a text can show, in a mail of this language."""
    fallback = FALLBACKS.get(language, FALLBACKS["en"])
    return [
        Choice(
            name,
            label(name),
            str(one.sample),
            fallback if one.needs_fallback else "",
        )
        for name, one in _written()
        if one.type != "yes or no" and not name.endswith("_url")
    ]


def targets() -> list[Choice]:
    """Return the links that a mail knows by name."""
    return [Choice(name, label(name)) for name, _one in _written() if _is_link(name)]


def cases() -> list[Choice]:
    """Return what an if can ask."""
    return [
        Choice(name, _clause(name, one))
        for name, one in _written()
        if name in CLAUSES or one.type == "yes or no"
    ]


def ready() -> dict[str, dict[str, str]]:
    """Return the blocks that are ready-made, by their name."""
    return {
        name: {"label": say(one.label), "hint": say(one.help)}
        for name, one in BLOCKS.items()
        if name in READY
    }


def label(name: str) -> str:
    """Return what a value is called; a new one by its description."""
    return str(LABELS.get(name) or NAMES[name].description(str(get_locale())))


def words() -> dict[str, Any]:
    """Return what the editor's script says of holes; JSON."""
    known = {
        name: {"label": label(name), "clause": _clause(name, one)}
        for name, one in _written()
    }
    blocks = ready()
    known |= {name: {**one, "clause": one["label"]} for name, one in blocks.items()}
    return {
        "values": known,
        "ready": blocks,
        "if": _("If:"),
        "elif": _("Or if:"),
        "else": _("Otherwise:"),
        "endif": _("For everybody again"),
        "end": _("so far"),
        "and": _("and"),
        "or": _("or"),
        "not": _("not:"),
        "instead": _("else"),
        "reply": _("an answer to this mail"),
        "picture": _("Picture"),
        "ad": _("Advertisement"),
        "placeholder": _("Write the mail here."),
    }


def _written() -> list[tuple[str, Name]]:
    return [(name, one) for name, one in NAMES.items() if not one.in_layout_only]


def _is_link(name: str) -> bool:
    return name.endswith("_url")


def _clause(name: str, one: Name) -> str:
    if name in CLAUSES:
        return str(CLAUSES[name])
    if one.type == "yes or no":
        text = one.description(str(get_locale()))
        return text[:1].lower() + text[1:]
    return str(_("%(value)s is known", value=label(name)))
