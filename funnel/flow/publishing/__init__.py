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
    pause,
    publish,
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
    "Change",
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
    "VersionConflict",
    "Wishes",
    "add",
    "ahead",
    "ask_impact",
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
    "keep_version",
    "latest_impact",
    "move",
    "paragraphs",
    "pause",
    "population",
    "preview",
    "publish",
    "put_back",
    "remove",
    "replanning",
    "restore",
    "sample",
    "save_draft",
    "seen",
    "spoken",
    "switch",
    "test_send",
    "whole",
    "words",
    "work",
]
