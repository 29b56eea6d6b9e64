"""What new doors of a sequence would change for people, in sentences."""

from collections.abc import Iterator

from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext

from funnel.domain.doors import Cause, Trigger
from funnel.flow.publishing import Entering, Passage, Turn

CAUSES = {
    Cause.CONFIRMED: lazy_gettext("she confirms a seat in its masterclass"),
    Cause.REGISTERED: lazy_gettext("she gets a seat"),
    Cause.JOINED: lazy_gettext("she joins a masterclass"),
    Cause.NOT_JOINED: lazy_gettext("a masterclass is over and she did not join"),
    Cause.TAG: lazy_gettext("she gets a tag"),
    Cause.BY_HAND: lazy_gettext("one of us starts it for her"),
}


def sentences(passage: Passage) -> list[str]:
    """Say what changes, first who comes in, then who goes, then who goes first."""
    return [str(one) for one in _sentences(passage)]


def _sentences(passage: Passage) -> Iterator[object]:
    if passage.entering:
        yield from _entering(passage.entering)
        if passage.inside:
            yield ngettext(
                "%(num)d person is inside and stays.",
                "%(num)d people are inside and stay.",
                passage.inside,
            )
    if passage.through:
        yield _again(passage)
    if passage.leavers.count:
        yield from _leaving(passage)
    for turn in passage.turns:
        yield _turn(turn)


def _entering(entering: Entering) -> Iterator[object]:
    yield _(
        "From now on somebody starts when %(after)s, and no longer when %(before)s.",
        after=_cause(entering.after),
        before=_cause(entering.before),
    )
    if entering.already:
        yield ngettext(
            "For %(num)d person that is so already: she does not start by it.",
            "For %(num)d people that is so already: they do not start by it.",
            entering.already,
        )
    if entering.coming:
        yield ngettext(
            "%(num)d person has a seat on a date by which she may still start.",
            "%(num)d people have a seat on a date by which they may still start.",
            entering.coming,
        )
    if entering.missing:
        yield ngettext(
            "%(num)d person has a seat on a date by which she would have started, "
            "and now does not.",
            "%(num)d people have a seat on a date by which they would have started, "
            "and now do not.",
            entering.missing,
        )


def _cause(trigger: Trigger) -> str:
    cause = str(CAUSES[trigger.cause])
    if not trigger.name:
        return cause
    return str(_("%(cause)s (“%(name)s”)", cause=cause, name=trigger.name))


def _again(passage: Passage) -> object:
    if passage.again:
        return ngettext(
            "%(num)d person is through, and may start again from now on.",
            "%(num)d people are through, and may start again from now on.",
            passage.through,
        )
    return ngettext(
        "%(num)d person is through, and does not start again any more.",
        "%(num)d people are through, and do not start again any more.",
        passage.through,
    )


def _leaving(passage: Passage) -> Iterator[object]:
    yield ngettext(
        "%(num)d person would leave at once.",
        "%(num)d people would leave at once.",
        passage.leavers.count,
    )
    yield _(
        "Whoever fits the new condition gets no more marketing of this sequence, and "
        "does not come back into it. The mails of a seat stay."
    )
    if passage.leavers.is_estimate:
        yield _("The number is an estimate from a part of them.")


def _turn(turn: Turn) -> object:
    if turn.is_first:
        return ngettext(
            "%(num)d person is in “%(other)s” too: on a day that both want, this "
            "sequence goes first from now on.",
            "%(num)d people are in “%(other)s” too: on a day that both want, this "
            "sequence goes first from now on.",
            turn.people,
            other=turn.name,
        )
    if turn.is_last:
        return ngettext(
            "%(num)d person is in “%(other)s” too: on a day that both want, that one "
            "goes first from now on.",
            "%(num)d people are in “%(other)s” too: on a day that both want, that one "
            "goes first from now on.",
            turn.people,
            other=turn.name,
        )
    return ngettext(
        "%(num)d person is in “%(other)s” too: on a day that both want, the mail that "
        "is due first goes from now on.",
        "%(num)d people are in “%(other)s” too: on a day that both want, the mail that "
        "is due first goes from now on.",
        turn.people,
        other=turn.name,
    )
