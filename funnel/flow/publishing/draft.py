"""Drafts: what a marketer wrote, kept as she wrote it, and seen by nobody else yet."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.orm import Session, object_session

from funnel.domain import conditions, timing
from funnel.domain.status import Role
from funnel.flow import pictures
from funnel.flow.publishing.content import Content, Contents, contents
from funnel.mail.compile import Compiled, Source, Use, compile_step
from funnel.mail.problem import N_, TemplateProblem
from funnel.models import Step

MOST: Mapping[str, int] = {
    **dict.fromkeys(("subject", "preheader", "timing", "condition"), 500),
    "body": 200_000,
}
"""The characters of a field's source, conditions and all their variants included."""
NO_TIMING = N_(
    "“%(text)s” is not a timing. Write it like one of these, and give days a time of "
    "day: %(examples)s."
)
NO_CONDITION = N_(
    "“%(text)s” is not a condition. Write it like one of these: %(examples)s."
)
TOO_LONG = N_("This is too long. Make it shorter.")
NO_PICTURE = N_("No picture is called “%(name)s”. Copy its line from the pictures.")
NO_STEP = N_("No step of this sequence is called “%(slug)s”.")


@dataclass(frozen=True, slots=True)
class Problem:
    """A mistake in one field; line and column count from 1, 0 is the whole field."""

    field: str
    sentence: str
    details: Mapping[str, str] = dataclasses.field(default_factory=dict)
    line: int = 0
    column: int = 0

    @property
    def message(self) -> str:
        return self.sentence % self.details if self.details else self.sentence

    def __str__(self) -> str:
        place = f"{self.field}, line {self.line}" if self.line else self.field
        return f"{place}: {self.message}"


class BadDraft(ValueError):  # noqa: N818 - it names what was found
    """No mail can be made of the text, or it is too long to keep: its problems."""

    def __init__(self, slug: str, problems: Sequence[Problem]) -> None:
        """Keep the problems."""
        said = "; ".join(map(str, problems))
        super().__init__(f"{slug}: {said}")
        self.slug, self.problems = slug, problems


class DraftConflict(Exception):  # noqa: N818 - it says what happened
    """A colleague saved this step since the marketer opened it."""

    def __init__(self, latest: Content) -> None:
        """Keep what is there now."""
        super().__init__("a colleague saved this step in the meantime")
        self.latest = latest


def save_draft(
    session: Session, step_id: int, fields: Mapping[str, Any], *, seen: str | None
) -> Contents:
    """Keep these fields as the step's draft; equal to what is published, none is kept.

    `seen` is the fingerprint of the content that the marketer started from; None
    saves in any case. What is there already conflicts with nothing: an answer may
    get lost on its way, and the same text then comes twice. What is half written is
    kept like that: `review` says what is wrong with it. Raises DraftConflict, or
    BadDraft for what is too long.
    """
    step = Step.held(session, step_id)
    latest = contents(step).latest
    new = replace(latest, **fields)
    if seen not in {None, latest.fingerprint} and tidied(new) != latest:
        raise DraftConflict(latest)
    long = [name for name, most in MOST.items() if len(getattr(new, name)) > most]
    if long:
        raise BadDraft(step.slug, [Problem(name, TOO_LONG) for name in long])
    put(step, new)
    session.commit()
    return contents(step)


def switch(session: Session, step_id: int, *, is_on: bool) -> None:
    """Switch a step on or off in its draft."""
    save_draft(session, step_id, {"is_on": is_on}, seen=None)


def discard(session: Session, step_id: int) -> None:
    """Drop the draft of a published step; a step that is only a draft stays."""
    step = Step.held(session, step_id)
    if step.revision is not None:
        step.draft = None
    session.commit()


def put(step: Step, new: Content) -> None:
    """Give the step a draft in canonical form; not committed."""
    tidy = tidied(new)
    published = contents(step).published
    step.draft = None if tidy == published else tidy.as_draft()


def check(step: Step, content: Content, *, use: Use = Use.SHOWING) -> Compiled:
    """Return the compiled mail, or raise BadDraft with every problem."""
    problems = flaws(step, content)
    try:
        found = compile_step(source(content, step.sequence.language), use)
    except TemplateProblem as problem:
        raise BadDraft(step.slug, [*problems, place(problem)]) from problem
    problems += strange_pictures(step, found)
    if problems:
        raise BadDraft(step.slug, problems)
    return found


def flaws(step: Step, content: Content) -> list[Problem]:
    """Return what is wrong with a step's fields, before its text is compiled."""
    return [*_timing(step, content), *_condition(step, content), *_lines(content)]


def source(content: Content, language: str) -> Source:
    """Return a step's text as it is compiled."""
    return Source(
        subject=content.subject,
        preheader=content.preheader,
        body=content.body,
        kind=content.kind,
        purpose=content.purpose,
        language=language,
    )


def tidied(content: Content) -> Content:
    """Return the content as files keep it; what cannot be read stays as it is."""
    return replace(
        content,
        timing=_canonical_timing(content.timing),
        condition=_canonical_condition(content.condition),
        subject=" ".join(content.subject.split(" ")).strip(),
        preheader=content.preheader.strip(),
        body=content.body.replace("\r\n", "\n").strip("\n"),
    )


def _canonical_timing(text: str) -> str:
    try:
        return str(timing.parse(text)) if text.strip() else ""
    except timing.BadTiming:
        return text


def _canonical_condition(text: str) -> str:
    try:
        return str(conditions.parse(text))
    except conditions.BadCondition:
        return text


def _timing(step: Step, content: Content) -> list[Problem]:
    if not content.timing and step.role is not Role.LISTED:
        return []
    try:
        timing.parse(content.timing)
    except timing.BadTiming:
        details = {"text": content.timing, "examples": " · ".join(timing.EXAMPLES)}
        return [Problem("timing", NO_TIMING, details)]
    return []


def _condition(step: Step, content: Content) -> list[Problem]:
    try:
        asked = conditions.parse(content.condition).slugs
    except conditions.BadCondition:
        examples = " · ".join(conditions.EXAMPLES)
        details = {"text": content.condition, "examples": examples}
        return [Problem("condition", NO_CONDITION, details)]
    strange = sorted(asked - {other.slug for other in step.sequence.steps})
    return [Problem("condition", NO_STEP, {"slug": slug}) for slug in strange]


def strange_pictures(step: Step, found: Compiled) -> list[Problem]:
    """Find names of pictures that are written right, and still none of ours."""
    session = object_session(step)
    assert session is not None  # noqa: S101 - a step comes out of one
    with session.no_autoflush:
        known = pictures.known(session, found.pictures)
    return [
        Problem("body", NO_PICTURE, {"name": name}, line, 1)
        for name, line in found.pictures.items()
        if name not in known
    ]


def _lines(content: Content) -> list[Problem]:
    problems = []
    if not content.subject:
        problems.append(Problem("subject", N_("Write a subject.")))
    if not content.body.strip():
        problems.append(Problem("body", N_("Write the text of the mail.")))
    return problems


def place(problem: TemplateProblem) -> Problem:
    """Return a problem of the template language as one of the draft."""
    return Problem(
        problem.field, problem.sentence, problem.details, problem.line, problem.column
    )
