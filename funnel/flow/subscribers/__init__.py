"""What a marketer changes about subscribers, or takes out: edits, tags, a file."""

from funnel.flow.subscribers.export import COLUMNS, lines
from funnel.flow.subscribers.person import BadEdit, edit
from funnel.flow.subscribers.tags import (
    Mark,
    Miscounted,
    add_tag,
    drop_tag,
    known_tags,
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
    "add_tag",
    "drop_tag",
    "edit",
    "known_tags",
    "lines",
    "open_taggings",
    "remember",
    "tag_selection",
    "work",
]
