"""Letters compiled from a body of Markdown, as one reader gets them."""

import re
from textwrap import dedent
from typing import Any

import pytest

from funnel.domain.status import Kind
from funnel.mail import compile as compiling
from funnel.mail import personalize
from funnel.mail.compile import Compiled
from funnel.mail.names import SAMPLES, Value
from funnel.mail.problem import TemplateProblem

PICTURE = "0123456789abcdef0123-640x400.png"
FOOTER = "\n-- \n"


def compiled(
    body: str, kind: Kind = Kind.SERVICE, language: str = "nl", **more: Any
) -> Compiled:
    source: dict[str, Any] = {
        "subject": "Over {{ masterclass }}",
        "preheader": "Tot {{ start }}",
        "body": dedent(body),
        "kind": kind,
        "language": language,
    }
    return compiling.compile_step(compiling.Source(**source | more))


def html(body: str, **values: Value) -> str:
    """Return what stands in the letter's cell."""
    filled = personalize.fill(compiled(body).html, {**SAMPLES, **values}, html=True)
    cell = re.search(
        r'<td class="letter"[^>]*>\n(.*)\n</td></tr>\n<tr><td class="foot"',
        filled,
        re.DOTALL,
    )
    assert cell
    return re.sub(r' style="[^"]*"', "", cell[1])


def text(body: str, **values: Value) -> str:
    filled = personalize.fill(compiled(body).text, {**SAMPLES, **values}, html=False)
    return filled.partition(FOOTER)[0].strip("\n")


def problem(body: str) -> TemplateProblem:
    with pytest.raises(TemplateProblem) as caught:
        compiled(body)
    return caught.value
