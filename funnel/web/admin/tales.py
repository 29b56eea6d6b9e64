"""Why she got a mail, or did not, or will: one sentence for each step."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from funnel.domain.schedule import Moved, Planned
from funnel.domain.status import DeliveryState, Reason, SequenceState
from funnel.flow.reports import Story
from funnel.models import Delivery, Sequence, Step
from funnel.web.admin import words

LAST = datetime.max.replace(tzinfo=UTC)
STANDS = {
    SequenceState.DRAFT: lazy_gettext(
        "This sequence is not live yet: nothing of it is sent before it is."
    ),
    SequenceState.PAUSED: lazy_gettext(
        "This sequence is paused: what is ahead comes only after somebody lets it go "
        "on, who then chooses what becomes of the mails of the pause."
    ),
    SequenceState.ARCHIVED: lazy_gettext(
        "This sequence is in the archive: nothing of it is sent."
    ),
}
OPEN = {DeliveryState.SCHEDULED, DeliveryState.CLAIMED, DeliveryState.HANDED}


class Tale(NamedTuple):
    """What a step was to her: "sent", "skipped", "trouble", "ahead" or "never"."""

    mark: str
    sentence: str


def tale(story: Story, planned: Planned | None, zone: str) -> Tale:
    """Tell what became of a step, or what will; moments on her own clock."""
    if story.delivery is None and planned is None and story.left:
        return _never(story.left)
    return tell(story.delivery, planned, zone, story.step)


def tell(mail: Delivery | None, planned: Planned | None, zone: str, step: Step) -> Tale:
    """Tell the same of a plan, or of the delivery where nothing is planned any more.

    A mail for another date may have been sent before.
    """
    if mail is not None and planned is None:
        return _past(step, mail, zone)
    if planned is None and step.added_at is not None:
        return Tale("never", _("Not for her: she was past its place when it came."))
    if planned is None:
        return Tale("never", _("Not planned now: it waits for a mail above or a date."))
    if planned.skip is Reason.CONDITION:
        return Tale("never", _not_hers(str(planned.step.condition)))
    if planned.skip is not None:
        return _never(planned.skip)
    return Tale("ahead", _ahead(planned, zone))


def later(moved: Iterable[str]) -> str:
    """Return in words why a mail went at another moment than its timing says."""
    return str(_("moved: %(why)s", why=_why(Moved(cause) for cause in moved)))


def _never(reason: Reason) -> Tale:
    said = _("Will not come: %(reason)s.", reason=words.REASONS[reason])
    return Tale("never", str(said))


def when(story: Story, planned: Planned | None) -> datetime:
    """Return where a step stands on her line of time; the unplanned come last."""
    if planned is not None:
        return planned.at
    return story.delivery.planned_at if story.delivery else LAST


def subject(story: Story, planned: Planned | None) -> str:
    """Return the subject of the mail that she got, or that she will get."""
    published = story.step.revision
    return published.subject if planned and published else story.text.subject


def stands(sequence: Sequence) -> str:
    """Return why nothing of a sequence is sent now, or nothing when it is live."""
    return str(STANDS.get(sequence.state, ""))


def _past(step: Step, mail: Delivery, zone: str) -> Tale:
    if mail.state in OPEN:
        return Tale("ahead", _open(mail, zone))
    at = words.moment(mail.dated_at or mail.planned_at, zone)
    if mail.state is DeliveryState.SENT:
        return Tale("sent", _sent(mail, at))
    if mail.state is DeliveryState.SKIPPED and mail.reason is Reason.CONDITION:
        revision = step.revision
        return Tale("skipped", _not_hers(revision.condition if revision else ""))
    if mail.state is DeliveryState.SKIPPED:
        reason = words.REASONS[mail.reason] if mail.reason else "?"
        planned = words.moment(mail.planned_at, zone)
        sentence = _(
            "Not sent on %(moment)s: %(reason)s.", moment=planned, reason=reason
        )
        return Tale("skipped", sentence)
    return Tale("trouble", _trouble(mail, at))


def _sent(mail: Delivery, at: str) -> str:
    if not mail.moved:
        return str(_("Sent on %(moment)s.", moment=at))
    why = _why(Moved(cause) for cause in mail.moved)
    return str(_("Sent on %(moment)s: %(why)s.", moment=at, why=why))


def _not_hers(condition: str) -> str:
    asked = words.condition(condition)
    return str(_("Not for her: %(condition)s.", condition=asked))


def _trouble(mail: Delivery, at: str) -> str:
    sentences = {
        DeliveryState.FAILED: _("Could not be sent: %(reply)s", reply=mail.reply),
        DeliveryState.UNCERTAIN: _(
            "Handed over on %(moment)s, but the answer got lost. It probably arrived, "
            "and is not sent twice.",
            moment=at,
        ),
        DeliveryState.PARKED: _("Stopped after several tries: somebody has to look."),
        DeliveryState.BOUNCED: _(
            "Sent on %(moment)s, and it came back: %(reply)s",
            moment=at,
            reply=mail.reply,
        ),
        DeliveryState.COMPLAINED: _(
            "Sent on %(moment)s; she marked it as unwanted.", moment=at
        ),
    }
    return str(sentences[mail.state])


def _open(mail: Delivery, zone: str) -> str:
    due = words.moment(mail.due_at, zone)
    if mail.attempt:
        return str(
            _(
                "Not accepted yet (%(reply)s); tried again on %(moment)s.",
                reply=mail.reply,
                moment=due,
            )
        )
    if mail.moved:
        why = _why(Moved(cause) for cause in mail.moved)
        return str(
            _("Due on %(moment)s, waiting to be sent: %(why)s.", moment=due, why=why)
        )
    return str(_("Due on %(moment)s, waiting to be sent.", moment=due))


def _why(moved: Iterable[Moved]) -> str:
    """Return in words why a mail goes at another moment than its timing says."""
    causes = {
        Moved.HOLD: _("it rests around the masterclass"),
        Moved.SEND_DAYS: _("that is not a day for mails"),
        Moved.QUIET: _("the hours before are quiet"),
        Moved.ONE_A_DAY: _("one marketing mail a day"),
        Moved.ELSEWHERE: _("another sequence mailed her that day"),
        Moved.STEPS_ABOVE: _("it waits for the mails above"),
        Moved.SEAT: _("its moment came before she had a seat"),
        Moved.RETIMED: _("its timing was changed"),
        Moved.PAUSED: _("the sequence stood still"),
    }
    return ", ".join(causes[cause] for cause in dict.fromkeys(moved))


def _ahead(planned: Planned, zone: str) -> str:
    at = words.moment(planned.at, zone)
    if not planned.moved:
        return str(_("Comes on %(moment)s.", moment=at))
    why = _why(planned.moved)
    return str(_("Comes on %(moment)s: %(why)s.", moment=at, why=why))
