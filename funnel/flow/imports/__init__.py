"""A file of subscribers: uploaded, checked row by row, brought in batch by batch."""

from funnel.flow.imports.desk import (
    Plan,
    Unready,
    cancel,
    forget_old,
    get,
    latest,
    left_out,
    prepare,
    start,
    tally,
)
from funnel.flow.imports.layout import LETTERS_OF_EACH, guess
from funnel.flow.imports.source import BadFile
from funnel.flow.imports.upload import shown, upload
from funnel.flow.imports.work import work

__all__ = [
    "LETTERS_OF_EACH",
    "BadFile",
    "Plan",
    "Unready",
    "cancel",
    "forget_old",
    "get",
    "guess",
    "latest",
    "left_out",
    "prepare",
    "shown",
    "start",
    "tally",
    "upload",
    "work",
]
