"""The business that sends: its profile, its people, and their log-ins."""

from funnel.flow.team.business import (
    BadPicture,
    BadProfile,
    Profile,
    host_picture,
    is_ready,
    profile,
    save_profile,
)
from funnel.flow.team.login import (
    TooSoon,
    WrongPassword,
    change_password,
    current,
    end_all,
    forget,
    log_in,
    log_out,
)
from funnel.flow.team.passwords import WeakPassword
from funnel.flow.team.people import (
    BadUser,
    add_user,
    reset_password,
    speak,
    users,
)

__all__ = [
    "BadPicture",
    "BadProfile",
    "BadUser",
    "Profile",
    "TooSoon",
    "WeakPassword",
    "WrongPassword",
    "add_user",
    "change_password",
    "current",
    "end_all",
    "forget",
    "host_picture",
    "is_ready",
    "log_in",
    "log_out",
    "profile",
    "reset_password",
    "save_profile",
    "speak",
    "users",
]
