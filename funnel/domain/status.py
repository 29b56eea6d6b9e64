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
    CLICKS = "clicks"  # to see which links she follows; never implied by the others


MAILINGS = frozenset({Purpose.SERIES, Purpose.OFFERS})
"""The purposes that a mail can have; leaving them all is leaving marketing."""


class Scope(StrEnum):
    """How far a suppression reaches."""

    MARKETING = "marketing"
    ALL = "all"


class Page(StrEnum):
    """The pages of visitors whose visits are counted."""

    LANDING = "landing"
    ARTICLE = "article"
    SHEET = "sheet"


class Stage(StrEnum):
    """How far somebody who signed up has come; each is counted once for a person."""

    SIGNED_UP = "signed_up"
    CONFIRMED = "confirmed"
    JOINED = "joined"
    REPLAYED = "replayed"
    AGREED = "agreed"  # she lets us see which links she follows
    CLICKED = "clicked"
    BOUGHT = "bought"


class TeamRole(StrEnum):
    """What somebody who logs in may do."""

    OWNER = "owner"
    MARKETER = "marketer"
    VIEWER = "viewer"


class UserLinkKind(StrEnum):
    """What a mailed link lets a colleague do."""

    INVITATION = "invitation"
    PASSWORD = "password"  # noqa: S105 - a word, not a secret


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


class ImportState(StrEnum):
    """How far a file of subscribers is."""

    UPLOADED = "uploaded"  # its columns must be named
    CHECKING = "checking"
    CHECKED = "checked"  # somebody looks at what would happen
    RUNNING = "running"
    DONE = "done"
    REFUSED = "refused"  # the file cannot be read to its end
    CANCELLED = "cancelled"


class Verdict(StrEnum):
    """What becomes of a row in a file of subscribers."""

    NEW = "new"
    KNOWN = "known"  # gets a tag, and a name where she has none; nothing else
    UNKNOWN_ZONE = "unknown-zone"  # new, and is to live by our own time
    STOPPED = "stopped"  # she left elsewhere: kept as somebody who gets no mail
    CONTRADICTED = "contradicted"  # she left elsewhere, and is subscribed here
    HOME_ZONE = "home-zone"  # what became of an unknown zone: she is in
    UNKNOWN_STATE = "unknown-state"  # nobody becomes active by a word we do not know
    BAD_ADDRESS = "bad-address"
    BAD_ROW = "bad-row"  # more cells than the file has columns
    DUPLICATE = "duplicate"
    LEFT = "left"  # she unsubscribed here; nobody opts her in but she
    SUPPRESSED = "suppressed"
    NOT_CONFIRMED = "not-confirmed"  # the file says that she never confirmed
    NO_CONSENT = "no-consent"  # the file says that she agreed to nothing


BROUGHT_IN = (Verdict.NEW, Verdict.KNOWN, Verdict.UNKNOWN_ZONE, Verdict.STOPPED)
"""The rows with which an import does something."""

REPORTED = tuple(
    one for one in Verdict if one not in {Verdict.NEW, Verdict.KNOWN, Verdict.STOPPED}
)
"""The rows that somebody should look at: left out, or not in as they were written."""


class Column(StrEnum):
    """What a column of such a file can hold."""

    ADDRESS = "address"
    FIRST_NAME = "first_name"
    ZONE = "zone"
    LANGUAGE = "language"
    STATE = "state"
    TAGS = "tags"
    AGREED = "agreed"
