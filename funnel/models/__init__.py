"""The tables: plain SQLAlchemy, one file per aggregate."""

from funnel.models.allowance import Allowance
from funnel.models.audit import AuditEntry
from funnel.models.base import Base
from funnel.models.business import Business
from funnel.models.click import Click, ClickCount
from funnel.models.count import MailCount, Source, StageCount, VisitCount
from funnel.models.delivery import Delivery
from funnel.models.enrollment import Enrollment
from funnel.models.event import Event, EventKind
from funnel.models.imports import ImportChunk, ImportRow, SubscriberImport
from funnel.models.job import Job, JobKind, JobState
from funnel.models.masterclass import Masterclass, Occurrence, Registration
from funnel.models.picture import Picture
from funnel.models.sequence import Link, Pause, Revision, Sequence, Step, Version
from funnel.models.subscriber import Consent, Signup, Subscriber, Suppression
from funnel.models.system import Heartbeat, Sender, System
from funnel.models.tag import Tag, Tagging
from funnel.models.user import Login, LoginAttempt, RecoveryCode, User, UserLink

__all__ = [
    "Allowance",
    "AuditEntry",
    "Base",
    "Business",
    "Click",
    "ClickCount",
    "Consent",
    "Delivery",
    "Enrollment",
    "Event",
    "EventKind",
    "Heartbeat",
    "ImportChunk",
    "ImportRow",
    "Job",
    "JobKind",
    "JobState",
    "Link",
    "Login",
    "LoginAttempt",
    "MailCount",
    "Masterclass",
    "Occurrence",
    "Pause",
    "Picture",
    "RecoveryCode",
    "Registration",
    "Revision",
    "Sender",
    "Sequence",
    "Signup",
    "Source",
    "StageCount",
    "Step",
    "Subscriber",
    "SubscriberImport",
    "Suppression",
    "System",
    "Tag",
    "Tagging",
    "User",
    "UserLink",
    "Version",
    "VisitCount",
]
