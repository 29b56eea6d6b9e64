"""The tables: plain SQLAlchemy, one file per aggregate."""

from funnel.models.allowance import Allowance
from funnel.models.base import Base
from funnel.models.business import Business
from funnel.models.delivery import Delivery
from funnel.models.enrollment import Enrollment
from funnel.models.event import Event, EventKind
from funnel.models.masterclass import Masterclass, Occurrence, Registration
from funnel.models.sequence import Revision, Sequence, Step
from funnel.models.subscriber import Consent, Signup, Subscriber, Suppression
from funnel.models.system import Heartbeat, System
from funnel.models.user import Login, LoginAttempt, User

__all__ = [
    "Allowance",
    "Base",
    "Business",
    "Consent",
    "Delivery",
    "Enrollment",
    "Event",
    "EventKind",
    "Heartbeat",
    "Login",
    "LoginAttempt",
    "Masterclass",
    "Occurrence",
    "Registration",
    "Revision",
    "Sequence",
    "Signup",
    "Step",
    "Subscriber",
    "Suppression",
    "System",
    "User",
]
