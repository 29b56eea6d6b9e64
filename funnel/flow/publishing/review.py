"""What is to be said of a draft before it is published, and what keeps it back."""

import dataclasses
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from funnel.domain import claims, conditions, timing
from funnel.domain.claims import Mode
from funnel.domain.status import Kind, Purpose, Role
from funnel.domain.timing import Anchor
from funnel.flow.publishing import draft, structure
from funnel.flow.publishing.content import Content, contents
from funnel.flow.publishing.draft import BadDraft, Problem
from funnel.mail import checks
from funnel.mail.blocks import PRODUCT
from funnel.mail.checks import Level, Remark
from funnel.mail.problem import N_, TemplateProblem
from funnel.models import Sequence, Step

RULED = frozenset({"nl"})
"""The languages with rules about claims."""

OF_A_DATE = frozenset({Anchor.START, Anchor.END, Anchor.REPLAY_END})
DATED = frozenset({Role.MOVED, Role.CANCELLED, Role.NEW_DATE})
"""Roles whose mails go to people with a date only."""

_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_SIGNS = re.compile(r"\*+|^[#>\s-]+")

MISTAKE = "mistake"
"""The rule of what no mail can be made of."""

DELETED = N_(
    "It goes to who got “%(mail)s”, which is deleted with this. Choose another "
    "condition, or keep that mail."
)
NAMED_STILL = N_(
    "Its condition still names “%(mail)s”, which is deleted with this. Look whether "
    "it is meant like that."
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to be said of a mail: its rule, the words it is about, what to do.

    `is_claim`: its rule is one of the law's, which nobody but a person can judge.
    `line` and `column` count from 1; 0 is the whole field.
    """

    rule: str
    level: Level
    sentence: str
    quote: str = ""
    field: str = "body"
    line: int = 0
    column: int = 0
    details: Mapping[str, str] = dataclasses.field(default_factory=dict)
    is_claim: bool = False


def findings(step: Step, content: Content) -> list[Finding]:
    """Return what there is to say of a text, what keeps it back first.

    What no mail can be made of keeps every mail back. Otherwise nothing is kept back
    of a mail that is off: nobody gets it.
    """
    mistakes, remarks = _read(step, content)
    found = [*_missing_mails(step, content), *remarks]
    if not content.is_on:
        found = [replace(one, level=Level.LOOK) for one in found]
    found = [*mistakes, *found]
    quoted = {one.quote for one in found}
    law = [one for one in _claims(step, content) if one.quote not in quoted]
    return sorted([*found, *law], key=lambda one: one.level is not Level.BLOCK)


def is_half_written(step: Step) -> bool:
    """Say whether no mail can be made of the text as it is now."""
    return any(one.rule == MISTAKE for one in findings(step, contents(step).latest))


def blocks(sequence: Sequence) -> list[tuple[Step, list[Finding]]]:
    """Return the steps that cannot be published as they will be, and why."""
    return _with(
        Level.BLOCK, [(step, _all(step)) for step in structure.coming(sequence)]
    )


def touched(sequence: Sequence) -> list[tuple[Step, list[Finding]]]:
    """Return steps without a draft that a deletion elsewhere asks to look at."""
    steps = [step for step in structure.coming(sequence) if not step.draft]
    return _with(Level.LOOK, [(step, _all(step)) for step in steps])


def check(sequence: Sequence) -> None:
    """Raise BadDraft for the first step that cannot be published."""
    for step, why in blocks(sequence):
        raise BadDraft(
            step.slug,
            [
                Problem(one.field, one.sentence, one.details, one.line, one.column)
                for one in why
            ],
        )


def _with(
    level: Level, found: list[tuple[Step, list[Finding]]]
) -> list[tuple[Step, list[Finding]]]:
    """Return the steps that have findings of a level, and those."""
    chosen = [(step, [one for one in why if one.level is level]) for step, why in found]
    return [(step, why) for step, why in chosen if why]


def _all(step: Step) -> list[Finding]:
    """Say of what is published already only what the other mails make of it."""
    content = contents(step).latest
    if step.draft:
        return findings(step, content)
    return [*_missing_mails(step, content)] if content.is_on else []


def _missing_mails(step: Step, content: Content) -> Iterator[Finding]:
    """Find conditions that name a mail which is deleted by this.

    What it sent still counts, and another may be named beside it: only a condition
    that nobody new can meet any more keeps a mail back.
    """
    coming = {one.slug for one in structure.coming(step.sequence)}
    known = {one.slug: one for one in step.sequence.steps}
    for fact in _facts(content):
        for slug in set(fact.names) & known.keys() - coming:
            is_block = not fact.is_not and coming.isdisjoint(fact.names)
            yield Finding(
                "missing-mail",
                Level.BLOCK if is_block else Level.LOOK,
                DELETED if is_block else NAMED_STILL,
                field="condition",
                details={"mail": contents(known[slug]).latest.subject or slug},
            )


def _facts(content: Content) -> list[conditions.Fact]:
    """Return what a condition asks of other mails."""
    try:
        facts = conditions.parse(content.condition).facts
    except conditions.BadCondition:
        return []
    return [fact for fact in facts if fact.word in {"sent", "clicked"}]


def _read(step: Step, content: Content) -> tuple[list[Finding], list[Finding]]:
    """Return what is wrong with a mail, and what else there is to say of it.

    Of a field with a mistake, that is enough for now.
    """
    source = draft.source(content, step.sequence.language)
    problems, remarks = draft.flaws(step, content), list[Remark]()
    try:
        letter = checks.read(source, has_date=_has_date(step, content))
        problems += draft.strange_pictures(step, letter.compiled)
        remarks = checks.check(letter)
    except TemplateProblem as problem:
        problems.append(draft.place(problem))
    wrong = {problem.field for problem in problems}
    others = [_of(one) for one in remarks if one.field not in wrong]
    return [_mistake(one) for one in problems], others


def _mistake(problem: Problem) -> Finding:
    return Finding(
        MISTAKE,
        Level.BLOCK,
        problem.sentence,
        field=problem.field,
        line=problem.line,
        column=problem.column,
        details=problem.details,
    )


def _of(remark: Remark) -> Finding:
    return Finding(
        remark.rule,
        remark.level,
        remark.sentence,
        remark.quote,
        remark.field,
        remark.line,
        details=remark.details,
    )


def _has_date(step: Step, content: Content) -> bool:
    if step.role is not Role.LISTED:
        return step.role in DATED
    try:
        return timing.parse(content.timing).anchor in OF_A_DATE
    except timing.BadTiming:
        return False


def _claims(step: Step, content: Content) -> list[Finding]:
    """Return what the claims rules say of this text: warnings, never a refusal."""
    language = step.sequence.language
    if language not in RULED:
        return []
    text = f"{content.subject}\n\n{content.preheader}\n\n{content.body}"
    found = claims.check(text, mode=_mode(step.sequence, content), language=language)
    return [
        Finding(one.rule, Level.LOOK, one.advice, _plain(one.quote), is_claim=True)
        for one in found
    ]


def _plain(quote: str) -> str:
    """Return words of a text without the signs of Markdown around them."""
    return _SIGNS.sub("", _LINK.sub(r"\1", quote))


def _mode(sequence: Sequence, content: Content) -> Mode:
    """One mail that sells makes an advertisement of every marketing mail around it."""
    if content.kind is Kind.SERVICE:
        return Mode.SERVICE
    alive = (step for step in sequence.steps if step.deleted_at is None)
    others = [contents(step).latest for step in alive]
    sells = any(one.is_on and _sells(one) for one in others)
    return Mode.AD if sells or _sells(content) else Mode.INFO


def _sells(content: Content) -> bool:
    return content.purpose is Purpose.OFFERS or f'"{PRODUCT}")' in content.body
