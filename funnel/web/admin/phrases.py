"""Timings and conditions as a marketer writes them: in Dutch, or as they are kept.

What is kept, in a row and in a file, is the one English form of `domain.timing` and
`domain.conditions`. A Dutch page shows the Dutch one, and every page takes either.
"""

import re
from collections.abc import Callable, Iterable

from funnel.domain import conditions
from funnel.domain import timing as timings
from funnel.domain.conditions import BadCondition, Condition, Fact
from funnel.domain.timing import BadTiming
from funnel.web.admin.lengths import NOUNS

DUTCH = "nl"

TIMES = {
    "after the steps above": "na de stappen erboven",
    "at once": "meteen",
    "replay end": "einde herhaling",
    "start": "start",
    "end": "einde",
    "minute": "minuut",
    "minutes": "minuten",
    "hour": "uur",
    "hours": "uur",
    "day": "dag",
    "days": "dagen",
    "at": "om",
    "at most": "hoogstens",
    "late": "te laat",
}
"""The words of a timing."""

ALSO = {
    "direct": "at once",
    "hooguit": "at most",
    "nu": "at once",
    "begin": "start",
    "eind": "end",
    "einde opname": "replay end",
    "einde van de herhaling": "replay end",
    "einde van de opname": "replay end",
    "na de mails erboven": "after the steps above",
    **{word: noun for noun, words in NOUNS.items() for word in words},
}
"""What somebody may write beside these."""

FACTS = {  # the fact, and that it is not so
    "joined": ("erbij geweest", "niet erbij geweest"),
    "replayed": ("teruggekeken", "niet teruggekeken"),
    "registered": ("aangemeld", "niet aangemeld"),
    "before the start": ("voor de start", "niet voor de start"),
    "after the start": ("na de start", "niet na de start"),
    "replay open": ("herhaling open", "herhaling dicht"),
    "purchased": ("gekocht", "niet gekocht"),
    "left early": ("eerder weg", "niet eerder weg"),
    "tag": ("label", "zonder label"),
    "sent": ("kreeg", "kreeg niet"),
    "clicked": ("klikte in", "klikte niet in"),
}
"""The words of a condition; behind the last three comes a name."""

ANY_SENT = ("kreeg een van", "kreeg geen van")
"""The same of several mails, of which one is enough."""


def timing_shown(kept: str, language: str) -> str:
    """Return a timing as a page of that language says it; what is none stays."""
    if language != DUTCH or _timing(kept) is None:
        return kept
    return _into_dutch(kept)


def timing_kept(typed: str) -> str:
    """Return a timing as it is kept, from either language; what is none stays.

    The short form of the list is taken as well: “+1 dag 08:30”.
    """
    words = _into_english(" ".join(typed.lower().split()))
    words = words.removeprefix("+").strip()
    words = re.sub(r"^(\d\d?)-(\d\d?)-(\d{4})\b", _iso, words)
    words = re.sub(r"(days?|-\d\d) (?=\d{1,2}[:.])", r"\1 at ", words)
    return _timing(words) or typed


def condition_shown(kept: str, language: str) -> str:
    """Return a condition as a page of that language says it; what is none stays."""
    found = _condition(kept)
    if language != DUTCH or found is None:
        return kept
    joint = " of " if found.is_or else " en "
    return joint.join(_fact_in_dutch(fact) for fact in found.facts)


def condition_kept(typed: str) -> str:
    """Return a condition as it is kept, from either language; what is none stays."""
    if (found := _condition(typed)) is not None:
        return str(found)
    parts = re.split(r" (and|or|en|of) ", " ".join(typed.split()), flags=re.IGNORECASE)
    joints = {joint.lower() in {"or", "of"} for joint in parts[1::2]}
    facts = [fact for part in parts[::2] for fact in _facts(part)]
    if len(joints) > 1 or len(facts) < len(parts[::2]):
        return typed
    return str(Condition(tuple(facts), joints == {True}))


def timing_examples(language: str) -> list[str]:
    return [timing_shown(one, language) for one in timings.EXAMPLES]


def condition_examples(language: str) -> list[str]:
    return [condition_shown(one, language) for one in conditions.EXAMPLES]


def _timing(text: str) -> str | None:
    try:
        return str(timings.parse(text))
    except BadTiming:
        return None


def _condition(text: str) -> Condition | None:
    try:
        return conditions.parse(text)
    except BadCondition:
        return None


def _fact_in_dutch(fact: Fact) -> str:
    pair = ANY_SENT if len(fact.names) > 1 else FACTS[fact.word]
    return f"{pair[fact.is_not]} {', '.join(fact.names)}".strip()


def _facts(part: str) -> Iterable[Fact]:
    """Read one fact, in either language; nothing when it is none."""
    if (found := _condition(part)) is not None:
        return found.facts
    for phrase, word, is_not in _PHRASES:
        said = re.fullmatch(rf"{phrase}(?: (?:stap |mail )?(.+))?", part, re.IGNORECASE)
        if said:
            names = tuple(re.split(" ?, ?", said[1])) if said[1] else ()
            found = _condition(str(Fact(word, names, is_not)))
            return found.facts if found is not None else ()
    return ()


_PHRASES = sorted(
    (
        *(
            (phrase, word, bool(is_not))
            for word, pair in FACTS.items()
            for is_not, phrase in enumerate(pair)
        ),
        *((phrase, "sent", bool(is_not)) for is_not, phrase in enumerate(ANY_SENT)),
    ),
    key=lambda one: -len(one[0]),  # the longer first: it may begin with a shorter
)


def _iso(found: re.Match[str]) -> str:
    day, month, year = found.groups()
    return f"{year}-{int(month):02}-{int(day):02}"


def _translation(words: dict[str, str]) -> Callable[[str], str]:
    """Return what puts words for words, the longer first."""
    known = sorted(words, key=len, reverse=True)
    pattern = re.compile(rf"(?<![^\W\d])({'|'.join(map(re.escape, known))})(?!\w)")
    return lambda text: pattern.sub(lambda found: words[found[0]], text)


_into_dutch = _translation(TIMES)
_into_english = _translation(ALSO | {dutch: kept for kept, dutch in TIMES.items()})
