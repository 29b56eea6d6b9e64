"""0. A marketer's words become drafts, and drafts become what is sent."""

from funnel.flow.publishing.changes import Change, changes, seen
from funnel.flow.publishing.compare import Piece, paragraphs, whole, words
from funnel.flow.publishing.content import Content, contents
from funnel.flow.publishing.draft import (
    BadDraft,
    DraftConflict,
    Problem,
    discard,
    save_draft,
    switch,
)
from funnel.flow.publishing.exchange import export_folder, import_folder
from funnel.flow.publishing.folder import BadFolder
from funnel.flow.publishing.impact import Impact, population
from funnel.flow.publishing.impact import table as impact_table
from funnel.flow.publishing.jobs import (
    ask_impact,
    latest_impact,
    replanning,
    work,
)
from funnel.flow.publishing.outlook import Sample, ahead, sample
from funnel.flow.publishing.release import (
    NotReady,
    VersionConflict,
    Wishes,
    go_live,
    publish,
)
from funnel.flow.publishing.settings import (
    BadSettings,
    change_settings,
    inside,
    settings_mark,
    settings_of,
)
from funnel.flow.publishing.standstill import (
    Choice,
    Standstill,
    open_pause,
    pause,
    resume,
    standstill,
)
from funnel.flow.publishing.structure import (
    ListConflict,
    add,
    discard_all,
    move,
    put_back,
    remove,
)
from funnel.flow.publishing.trial import Preview, findings, preview, spoken, test_send
from funnel.flow.publishing.versions import Edition, HasDrafts, history, restore
from funnel.flow.publishing.versions import keep as keep_version

__all__ = [
    "BadDraft",
    "BadFolder",
    "BadSettings",
    "Change",
    "Choice",
    "Content",
    "DraftConflict",
    "Edition",
    "HasDrafts",
    "Impact",
    "ListConflict",
    "NotReady",
    "Piece",
    "Preview",
    "Problem",
    "Sample",
    "Standstill",
    "VersionConflict",
    "Wishes",
    "add",
    "ahead",
    "ask_impact",
    "change_settings",
    "changes",
    "contents",
    "discard",
    "discard_all",
    "export_folder",
    "findings",
    "go_live",
    "history",
    "impact_table",
    "import_folder",
    "inside",
    "keep_version",
    "latest_impact",
    "move",
    "open_pause",
    "paragraphs",
    "pause",
    "population",
    "preview",
    "publish",
    "put_back",
    "remove",
    "replanning",
    "restore",
    "resume",
    "sample",
    "save_draft",
    "seen",
    "settings_mark",
    "settings_of",
    "spoken",
    "standstill",
    "switch",
    "test_send",
    "whole",
    "words",
    "work",
]
