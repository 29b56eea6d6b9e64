"""0. A marketer's words become drafts, and drafts become what is sent."""

from funnel.flow.publishing.bundle import BadBundle, bring_in, pack, unpacked
from funnel.flow.publishing.changes import Change, changes, seen, unpublished
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
    AT_ONCE,
    ask_impact,
    known_impact,
    latest_impact,
    replanning,
    work,
)
from funnel.flow.publishing.outlook import Sample, ahead, sample
from funnel.flow.publishing.reading import reader, readers
from funnel.flow.publishing.release import (
    NotReady,
    VersionConflict,
    Wishes,
    go_live,
    publish,
)
from funnel.flow.publishing.review import Finding, blocks, findings, touched
from funnel.flow.publishing.settings import (
    BadSettings,
    Changed,
    change_settings,
    settings_mark,
    settings_of,
)
from funnel.flow.publishing.shelf import (
    BadName,
    InUse,
    archive,
    copy,
    create,
    take_out,
)
from funnel.flow.publishing.simulator import (
    Invented,
    Nobody,
    Simulation,
    Told,
    invented,
    real,
)
from funnel.flow.publishing.since import Since, looked_at, since
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
    drafted_rules,
    move,
    put_back,
    remove,
)
from funnel.flow.publishing.trial import Preview, preview, spoken, test_send
from funnel.flow.publishing.versions import Edition, HasDrafts, history, restore
from funnel.flow.publishing.versions import before as version_before
from funnel.flow.publishing.versions import keep as keep_version

__all__ = [
    "AT_ONCE",
    "BadBundle",
    "BadDraft",
    "BadFolder",
    "BadName",
    "BadSettings",
    "Change",
    "Changed",
    "Choice",
    "Content",
    "DraftConflict",
    "Edition",
    "Finding",
    "HasDrafts",
    "Impact",
    "InUse",
    "Invented",
    "ListConflict",
    "Nobody",
    "NotReady",
    "Piece",
    "Preview",
    "Problem",
    "Sample",
    "Simulation",
    "Since",
    "Standstill",
    "Told",
    "VersionConflict",
    "Wishes",
    "add",
    "ahead",
    "archive",
    "ask_impact",
    "blocks",
    "bring_in",
    "change_settings",
    "changes",
    "contents",
    "copy",
    "create",
    "discard",
    "discard_all",
    "drafted_rules",
    "export_folder",
    "findings",
    "go_live",
    "history",
    "impact_table",
    "import_folder",
    "invented",
    "keep_version",
    "known_impact",
    "latest_impact",
    "looked_at",
    "move",
    "open_pause",
    "pack",
    "paragraphs",
    "pause",
    "population",
    "preview",
    "publish",
    "put_back",
    "reader",
    "readers",
    "real",
    "remove",
    "replanning",
    "restore",
    "resume",
    "sample",
    "save_draft",
    "seen",
    "settings_mark",
    "settings_of",
    "since",
    "spoken",
    "standstill",
    "switch",
    "take_out",
    "test_send",
    "touched",
    "unpacked",
    "unpublished",
    "version_before",
    "whole",
    "words",
    "work",
]
