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
    pause,
    publish,
    seen,
)
from funnel.flow.publishing.trial import Preview, findings, preview, spoken, test_send

__all__ = [
    "BadDraft",
    "BadFolder",
    "Change",
    "Content",
    "DraftConflict",
    "NotReady",
    "Piece",
    "Preview",
    "Problem",
    "Sample",
    "VersionConflict",
    "ahead",
    "changes",
    "contents",
    "discard",
    "export_folder",
    "findings",
    "go_live",
    "import_folder",
    "paragraphs",
    "pause",
    "preview",
    "publish",
    "sample",
    "save_draft",
    "seen",
    "spoken",
    "switch",
    "test_send",
    "whole",
    "words",
]
