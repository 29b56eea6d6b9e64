"""What differs, in the words of the page: fields, steps, and what it does to people."""

from collections.abc import Mapping

from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext

from funnel.flow import publishing
from funnel.flow.publishing import Change, Content, Impact, Piece
from funnel.web.admin import lengths, words

Paragraphs = list[list[Piece]]
RULES = {
    "hour": lazy_gettext("A moved mail goes at"),
    "send_days": lazy_gettext("On these days"),
    "one_marketing_mail_a_day": lazy_gettext("At most one marketing mail a day"),
    "hold": lazy_gettext("Rest before and after the start"),
    "quiet": lazy_gettext("Quiet hours"),
    "window": lazy_gettext("Hours for marketing"),
    "lateness": lazy_gettext("How late a mail may still go"),
}
BOLD = ("earlier", "later", "gets", "never")


def of_field(old: Content | None, new: Content, field: str) -> Paragraphs:
    """Return what changed in a field, in paragraphs of pieces."""
    before = _said(field, getattr(old, field)) if old else ""
    after = _said(field, getattr(new, field))
    if field == "body":
        return publishing.paragraphs(before, after)
    if field in {"subject", "preheader"}:
        return [publishing.words(before, after)]
    return [publishing.whole(before, after)]


def differences(change: Change, field: str) -> Paragraphs:
    """Return the same for a change that waits, or that a version made."""
    return of_field(change.both.published, change.both.latest, field)


def headline(change: Change) -> str:
    """Return what happens to a step in one word or two."""
    if change.is_gone:
        return str(_("deleted"))
    if change.is_back:
        return str(_("comes back"))
    if change.is_new:
        return str(_("new"))
    if change.is_moved and not change.fields:
        return str(_("moved"))
    fields = ", ".join(str(words.FIELDS[name]).lower() for name in change.fields)
    return f"{_('moved')}, {fields}" if change.is_moved else fields


def rule(name: str) -> str:
    """Return what a rule of the sequence is called."""
    return str(RULES[name])


def rule_value(value: object, name: str = "") -> str:
    """Return how a rule stands: “21:00 / 08:00”, “none”, “no”."""
    if name == "one_marketing_mail_a_day":
        return str(_("yes") if value else _("no"))
    if isinstance(value, bool):
        return str(_("yes") if value else _("none"))
    if isinstance(value, Mapping):
        return " / ".join(lengths.shown(str(one)) for one in value.values())
    if isinstance(value, list):
        return ", ".join(str(words.DAYS[day]) for day in value)
    return str(value)


def overall(
    changes: list[Change], impact: Impact | None, rules: object = None
) -> list[str]:
    """Return in sentences what publishing means for people altogether."""
    count, found = len(changes), list[str]()
    if count:
        found.append(ngettext("%(num)d mail changes", "%(num)d mails change", count))
    if rules:
        found.append(_("the rules of the sequence change"))
    if impact is not None:
        found.append(_touched(impact.totals["changed"], impact.totals["people"]))
    elif rules or any(change.is_retimed for change in changes):
        found.append(_("everybody inside is planned again"))
    else:
        found.append(_("nothing moves for the people inside"))
    return [*found, _("nobody gets anything twice")]


def sentences(step_id: int, impact: Impact, names: dict[int, str]) -> list[str]:
    """Return what publishing means for people at one step, the surprising first."""
    row = impact.row(step_id)
    found = [*_onward(row, names), *_why(row)]
    if row["on-its-way"]:
        found.append(
            ngettext(
                "%(num)d gets it any moment: it is on its way",
                "%(num)d get it any moment: it is on its way",
                row["on-its-way"],
            )
        )
    if row["passed"]:
        found.append(
            ngettext(
                "%(num)d is past it and did not get it",
                "%(num)d are past it and did not get it",
                row["passed"],
            )
        )
    if row["next-slot"]:
        found.append(
            ngettext(
                "%(num)d is overdue by this, and gets it at the next hour for mails, "
                "not at once",
                "%(num)d are overdue by this, and get it at the next hour for mails, "
                "not at once",
                row["next-slot"],
            )
        )
    if row["passed-over"]:
        found.append(
            ngettext(
                "%(num)d is past this place and does not get it",
                "%(num)d are past this place and do not get it",
                row["passed-over"],
            )
        )
    return found


def shift(moments: publishing.Shift, zone: str) -> str:
    """Return the moment before and the one after: “Tue 24 Nov 08:30 → Wed 25 Nov”."""
    before, after = (words.moment(at, zone) if at else "" for at in moments)
    if not before:
        return str(_("comes on %(moment)s", moment=after))
    if not after:
        return str(_("%(moment)s → not any more", moment=before))
    return f"{before} → {after}"


def _touched(changed: int, people: int) -> str:
    if not people:
        return str(_("nobody is inside now"))
    if not changed:
        return str(_("nothing moves for the people inside"))
    if people == 1:
        return str(_("something moves for the one person inside"))
    return str(
        ngettext(
            "something moves for %(num)d of the %(all)s people inside",
            "something moves for %(num)d of the %(all)s people inside",
            changed,
            all=people,
        )
    )


def _onward(row: dict[str, int], names: dict[int, str]) -> list[str]:
    found = []
    for word, count in row.items():
        head, _colon, step_id = word.partition(":")
        if head != "to":
            continue
        if name := names.get(int(step_id)):
            sentence = ngettext(
                "%(num)d who waits for it goes on with “%(mail)s”",
                "%(num)d who wait for it go on with “%(mail)s”",
                count,
                mail=name,
            )
        else:
            sentence = ngettext(
                "%(num)d who waits for it has nothing left to get",
                "%(num)d who wait for it have nothing left to get",
                count,
            )
        found.append(str(sentence))
    return found


def _why(row: dict[str, int]) -> list[str]:
    found = []
    for word, count in row.items():
        head, _colon, reason = word.partition(":")
        if head == "why" and reason:
            why = words.reason(reason)
            sentence = ngettext(
                "%(num)d does not get it: %(why)s",
                "%(num)d do not get it: %(why)s",
                count,
                why=why,
            )
            found.append(str(sentence))
    return found


def _said(field: str, value: object) -> str:
    if field == "is_on":
        return str(_("on") if value else _("off"))
    if field == "timing":
        return words.timing(str(value))
    if field == "condition":
        return words.condition(str(value))
    return str(value or "")
