"""The states that rows go through, and the words for why."""

from enum import StrEnum


class SubscriberState(StrEnum):
    """Where a subscriber stands."""

    PENDING = "pending"
    ACTIVE = "active"
    UNSUBSCRIBED = "unsubscribed"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    ERASED = "erased"


class SequenceState(StrEnum):
    """Whether a sequence sends."""

    DRAFT = "draft"
    LIVE = "live"
    PAUSED = "paused"
    ARCHIVED = "archived"


class EnrollmentState(StrEnum):
    """One subscriber's way through one sequence."""

    ACTIVE = "active"
    PAUSED = "paused"
    COMPLETED = "completed"
    EXITED = "exited"


class DeliveryState(StrEnum):
    """What became of one message to one subscriber."""

    SCHEDULED = "scheduled"
    CLAIMED = "claimed"
    HANDED = "handed"
    SENT = "sent"
    FAILED = "failed"
    SKIPPED = "skipped"
    UNCERTAIN = "uncertain"
    PARKED = "parked"
    BOUNCED = "bounced"
    COMPLAINED = "complained"


FINAL = frozenset(DeliveryState) - {
    DeliveryState.SCHEDULED,
    DeliveryState.CLAIMED,
    DeliveryState.HANDED,
}
"""The delivery states that no worker touches again."""


class How(StrEnum):
    """What becomes of the mails of a pause when it ends."""

    SHIFT = "shift"  # everything that flows comes later, by the pause
    CONTINUE = "continue"  # the calendar stays: late ones go, too late ones do not
    SKIP = "skip"  # what fell in the pause never comes


class Kind(StrEnum):
    """The two kinds of step."""

    SERVICE = "service"
    MARKETING = "marketing"


class Role(StrEnum):
    """What a step is for: a place in the list, or a mail that an act calls for."""

    LISTED = "listed"
    CONFIRMATION = "confirmation"  # double opt-in, at sign-up
    CONFIRMATION_AGAIN = "confirmation-again"  # once more after 24 hours
    KNOWN = "known"  # she signed up again for the seat she has
    MOVED = "moved"  # her occurrence has a new time
    CANCELLED = "cancelled"  # her occurrence does not take place
    NEW_DATE = "new-date"  # a date is there for who waited for one
    PERSONAL_DATA = "personal-data"  # a fresh link to download or erase


class Purpose(StrEnum):
    """What a subscriber can consent to."""

    SERIES = "series"
    OFFERS = "offers"


class Scope(StrEnum):
    """How far a suppression reaches."""

    MARKETING = "marketing"
    ALL = "all"


class TeamRole(StrEnum):
    """What somebody who logs in may do."""

    OWNER = "owner"
    MARKETER = "marketer"
    VIEWER = "viewer"


class Reason(StrEnum):
    """Why a mail was skipped or an enrollment ended: shown on the timeline."""

    NO_CONSENT = "no-consent"
    UNSUBSCRIBED = "unsubscribed"
    SUPPRESSED = "suppressed"
    ERASED = "erased"
    SWITCHED_OFF = "switched-off"
    CONDITION = "condition"
    TOO_LATE = "too-late"
    SEAT_CANCELLED = "seat-cancelled"
    OCCURRENCE_CANCELLED = "occurrence-cancelled"
    CONFIRMED = "confirmed"
    NOT_CONFIRMED = "not-confirmed"
    REPLACED = "replaced"
    FINISHED = "finished"
    BY_HAND = "by-hand"
    CROWDED = "crowded"  # other sequences had her days, too often in a row
    STOOD_STILL = "stood-still"  # its moment fell in a pause that was skipped
    EXIT_RULE = "exit-rule"  # the sequence lets go of people like her


LEAVING = frozenset({Reason.EXIT_RULE, Reason.BY_HAND})
"""Who left for one of these gets no more marketing in this run, whatever comes."""
