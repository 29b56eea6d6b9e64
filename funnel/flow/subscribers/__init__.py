"""What a marketer changes about subscribers, or takes out: edits, tags, a file."""

from funnel.flow.subscribers.export import COLUMNS, lines
from funnel.flow.subscribers.person import BadEdit, edit
from funnel.flow.subscribers.tags import (
    Mark,
    Miscounted,
    known_tags,
    mark,
    open_taggings,
    remember,
    tag_selection,
    work,
)

__all__ = [
    "COLUMNS",
    "BadEdit",
    "Mark",
    "Miscounted",
    "edit",
    "known_tags",
    "lines",
    "mark",
    "open_taggings",
    "remember",
    "tag_selection",
    "work",
]
