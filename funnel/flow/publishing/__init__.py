"""0. A marketer's words become drafts, and drafts become what is sent."""

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
from funnel.flow.publishing.outlook import Sample, ahead, sample
from funnel.flow.publishing.release import (
    Change,
    NotReady,
    VersionConflict,
    changes,
    go_live,
    publish,
    seen,
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
from funnel.flow.publishing.trial import Preview, findings, preview, spoken, test_send

__all__ = [
    "BadDraft",
    "BadFolder",
    "BadSettings",
    "Change",
    "Choice",
    "Content",
    "DraftConflict",
    "NotReady",
    "Piece",
    "Preview",
    "Problem",
    "Sample",
    "Standstill",
    "VersionConflict",
    "ahead",
    "change_settings",
    "changes",
    "contents",
    "discard",
    "export_folder",
    "findings",
    "go_live",
    "import_folder",
    "inside",
    "open_pause",
    "paragraphs",
    "pause",
    "preview",
    "publish",
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
]
