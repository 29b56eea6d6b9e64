"""The business profile: who sends, as the law wants it named, and who hosts."""

import io
from collections.abc import Mapping
from dataclasses import dataclass, fields

from sqlalchemy.orm import Session

from funnel.domain import address as addresses
from funnel.domain import timing
from funnel.domain.address import BadAddress
from funnel.mail import picture
from funnel.models import Business

SIDE = 1200  # dots
LONGEST = 300
ZONE = "Europe/Amsterdam"


class BadProfile(ValueError):  # noqa: N818 - it names what was found
    """Fields that cannot stay as they are: name → what is wrong, as a key."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        """Keep the problems by field: "missing", "address", "zone" or "long"."""
        super().__init__(", ".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """The form as it was filled in."""

    name: str
    postal_address: str
    company_number: str
    sender_name: str
    sender_address: str
    reply_to: str
    host_name: str
    host_line: str
    zone: str

    @classmethod
    def of(cls, form: Mapping[str, str]) -> "Profile":
        """Read a form; white space is tidied."""
        return cls(
            **{
                one.name: " ".join(form.get(one.name, "").split())
                for one in fields(cls)
            }
        )

    @classmethod
    def of_row(cls, row: Business) -> "Profile":
        return cls(**{one.name: getattr(row, one.name) or "" for one in fields(cls)})

    def problems(self) -> dict[str, str]:
        """Return what is wrong by field; empty when all is well."""
        found = {}
        for field in fields(self):
            value = getattr(self, field.name)
            problem = _problem(field.name, value)
            if problem:
                found[field.name] = problem
        return found


def profile(session: Session) -> Business:
    """Return the one row, which is empty before anybody filled it in."""
    blank = dict.fromkeys((*Business.REQUIRED, "host_line"), "")
    return session.get(Business, 1) or Business(
        id=1, zone=ZONE, is_sample=False, **blank
    )


def is_ready(session: Session) -> bool:
    """Say whether mail may go out to the world under this profile."""
    return profile(session).is_complete


def save_profile(session: Session, new: Profile, picture: bytes | None = None) -> None:
    """Keep the profile as the business's own; raises BadProfile or BadPicture."""
    problems = new.problems()
    if problems:
        raise BadProfile(problems)
    business = profile(session)
    session.add(business)
    for field in fields(new):
        setattr(business, field.name, getattr(new, field.name))
    if picture:
        business.host_picture = host_picture(picture)
    business.is_sample = False
    session.commit()


def host_picture(data: bytes) -> bytes:
    """Return the picture as a fresh JPEG: no metadata, nothing hidden inside."""
    upright = picture.opened(data)[0].convert("RGB")
    upright.thumbnail((SIDE, SIDE))
    out = io.BytesIO()
    upright.save(out, "JPEG", quality=86, optimize=True)
    return out.getvalue()


def _problem(name: str, value: str) -> str | None:
    if not value:
        return "missing" if name in Business.REQUIRED else None
    if len(value) > LONGEST:
        return "long"
    if name == "zone" and value not in timing.zones():
        return "zone"
    if name in {"sender_address", "reply_to"} and not _is_address(value):
        return "address"
    return None


def _is_address(text: str) -> bool:
    try:
        addresses.normalise(text)
    except BadAddress:
        return False
    return True
