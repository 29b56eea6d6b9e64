"""The tables: plain SQLAlchemy, one file per aggregate."""

from funnel.models.audit import AuditEntry
from funnel.models.base import Base
from funnel.models.business import Business
from funnel.models.delivery import Delivery
from funnel.models.enrollment import Enrollment
from funnel.models.event import Event, EventKind
from funnel.models.imports import ImportChunk, ImportRow, SubscriberImport
from funnel.models.masterclass import Masterclass, Occurrence, Registration
from funnel.models.sequence import Revision, Sequence, Step
from funnel.models.subscriber import Consent, Signup, Subscriber, Suppression
from funnel.models.system import Heartbeat, System
from funnel.models.tag import Tag, Tagging
from funnel.models.user import Login, LoginAttempt, RecoveryCode, User, UserLink

__all__ = [
    "AuditEntry",
    "Base",
    "Business",
    "Consent",
    "Delivery",
    "Enrollment",
    "Event",
    "EventKind",
    "Heartbeat",
    "ImportChunk",
    "ImportRow",
    "Login",
    "LoginAttempt",
    "Masterclass",
    "Occurrence",
    "RecoveryCode",
    "Registration",
    "Revision",
    "Sequence",
    "Signup",
    "Step",
    "Subscriber",
    "SubscriberImport",
    "Suppression",
    "System",
    "Tag",
    "Tagging",
    "User",
    "UserLink",
]
