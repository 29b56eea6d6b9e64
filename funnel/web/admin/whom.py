"""Who gets a mail, as a form asks it: a kind, and for some the tag or the mail."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from flask_babel import lazy_gettext

from funnel.db import db
from funnel.domain import tag as tags
from funnel.domain.tag import BadTag
from funnel.flow import publishing, subscribers
from funnel.flow.publishing import structure
from funnel.models import Step
from funnel.web.admin import words

KINDS = {
    "tag": lazy_gettext("only who has the tag …"),
    "not tag": lazy_gettext("only who has not the tag …"),
    "clicked": lazy_gettext("only who clicked in the mail …"),
    "not clicked": lazy_gettext("only who did not click in the mail …"),
    "sent": lazy_gettext("only who got the mail …"),
    "not sent": lazy_gettext("only who did not get the mail …"),
}
"""Conditions that need a name: of a tag, or of a step above."""

OF_TAGS = ("tag", "not tag")
NAMED = re.compile(r"((?:not )?(?:tag|clicked|sent))(?: ((?!.* (?:and|or) ).*))?")


class Asked(NamedTuple):
    """What the form shows: the kinds, the one that is chosen, and its name."""

    options: Mapping[str, object]
    kind: str
    name: str
    tags: list[str]
    mails: Mapping[str, str]  # subjects by slug

    @property
    def tag(self) -> str:
        return self.name if self.kind in OF_TAGS else ""


def asked(step: Step, condition: str) -> Asked:
    """Return the form for a condition; one that it does not know stays as it is."""
    found = NAMED.fullmatch(condition)
    kind, name = (found[1], found[2] or "") if found else (condition, "")
    options = {one: words.condition(one) for one in words.CONDITIONS} | KINDS
    if kind not in options:
        options = {kind: words.condition(kind)} | options
    mails = _above(step)
    if name and kind not in OF_TAGS:
        mails.setdefault(name, name)
    known = list(subscribers.known_tags(db.session()))
    return Asked(options, kind, name, known, mails)


def typed(sent: Mapping[str, str]) -> str:
    """Return the condition that a form says."""
    kind = sent.get("condition", "")
    if kind not in KINDS:
        return kind
    if kind not in OF_TAGS:
        return f"{kind} {sent.get('condition_mail', '')}".strip()
    name = sent.get("condition_tag", "")
    try:
        return f"{kind} {tags.name(name)}"
    except BadTag:
        return f"{kind} {name}".strip()


def _above(step: Step) -> dict[str, str]:
    """Return the subjects of the mails above a step, by slug."""
    found = {}
    for one in structure.listed(step.sequence):
        if one.id == step.id:
            break
        found[one.slug] = words.subject(publishing.contents(one).latest.subject)
    return found
