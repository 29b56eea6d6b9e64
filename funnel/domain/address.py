"""A mailbox: read from what people type, and compared the way limits need it."""

import hashlib
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import email_validator

INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))
SAME_MAILBOX: Final = {"googlemail.com": "gmail.com"}

KNOWN: Final = (
    *("gmail.com", "hotmail.com", "hotmail.nl", "outlook.com", "live.nl", "live.com"),
    *("icloud.com", "yahoo.com", "yahoo.nl", "protonmail.com", "ziggo.nl"),
    *("kpnmail.nl", "planet.nl", "hetnet.nl", "xs4all.nl", "casema.nl"),
    *("quicknet.nl", "telfort.nl", "telenet.be", "skynet.be", "proximus.be"),
)
"""Domains that are often meant; a typo of one of these gets a hint."""

NO_TYPO: Final = frozenset(
    (
        *("mail.com", "ymail.com", "email.com", "gmx.com", "hotmail.be", "hotmail.de"),
        *("hotmail.fr", "hotmail.co.uk", "live.be", "live.de", "live.fr", "yahoo.de"),
        *("yahoo.fr", "yahoo.co.uk", "outlook.nl", "outlook.be", "outlook.de"),
        *("outlook.fr", "live.it", "live.dk", "yahoo.it", "yahoo.es", "yahoo.ca"),
    )
)
"""Real domains that look like a typo of a known one."""

KEYED_WRONG: Final = {
    "gmail.nl": "gmail.com",
    "gmail.be": "gmail.com",
    "gmail.con": "gmail.com",
    "gmail.co": "gmail.com",
    "icloud.nl": "icloud.com",
    "ziggo.com": "ziggo.nl",
}
"""Typos that are further away than one key."""


class Problem(StrEnum):
    """Why a text is no address; pages have a sentence for each."""

    MISSING = "missing"
    NO_AT = "no-at"
    NO_DOMAIN = "no-domain"
    UNSUPPORTED = "unsupported"  # letters before the @ that mail servers refuse
    MALFORMED = "malformed"


class BadAddress(ValueError):  # noqa: N818 - it names what was found
    """The text is not an address that mail can reach."""

    def __init__(self, problem: Problem) -> None:
        """Keep the key of the message."""
        super().__init__(problem.value)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Address:
    """A normalised address: NFC, ASCII, the domain in lower case and A-labels."""

    local: str
    domain: str

    def __str__(self) -> str:
        return f"{self.local}@{self.domain}"


def normalise(text: str) -> Address:
    """Return the address that was typed, or raise BadAddress; asks no DNS."""
    typed = unicodedata.normalize("NFC", text.translate(INVISIBLE)).strip()
    _check_shape(typed)
    try:
        found = email_validator.validate_email(
            typed,
            check_deliverability=False,
            # .test (RFC 6761) reaches nobody: the address for trying things out.
            test_environment=True,
            strict=True,
        )
    except email_validator.EmailSyntaxError as problem:
        raise BadAddress(Problem.MALFORMED) from problem
    if found.ascii_email is None:
        raise BadAddress(Problem.UNSUPPORTED)
    return Address(found.local_part, found.ascii_domain.lower())


def fold(address: Address | str) -> str:
    """Return the key under which spellings of one mailbox share their limits.

    Case, dots and plus-tags are folded for every domain. It only slows down:
    nobody is taken for somebody else because of it.
    """
    local, _, domain = str(address).lower().rpartition("@")
    local = local.partition("+")[0].replace(".", "")
    return f"{local}@{SAME_MAILBOX.get(domain, domain)}"


def digest(address: Address | str) -> str:
    """Return the hash under which suppressions keep an address (SHA-256, hex)."""
    return hashlib.sha256(str(address).lower().encode()).hexdigest()


def hint(address: Address) -> Address | None:
    """Return the address that was probably meant, when the domain looks mistyped."""
    meant = _meant(address.domain)
    return Address(address.local, meant) if meant else None


def _check_shape(typed: str) -> None:
    if not typed:
        raise BadAddress(Problem.MISSING)
    local, at, domain = typed.rpartition("@")
    if not at:
        raise BadAddress(Problem.NO_AT)
    if local and "." not in domain.strip("."):
        raise BadAddress(Problem.NO_DOMAIN)


def _meant(domain: str) -> str | None:
    if domain in KNOWN or domain in NO_TYPO:
        return None
    if domain in KEYED_WRONG:
        return KEYED_WRONG[domain]
    return next((known for known in KNOWN if _one_slip(domain, known)), None)


def _one_slip(typed: str, known: str) -> bool:
    """Say whether one key was missed, doubled, wrong, or swapped with the next."""
    if abs(len(typed) - len(known)) > 1:
        return False
    same = next(
        (i for i, (a, b) in enumerate(zip(typed, known, strict=False)) if a != b),
        min(len(typed), len(known)),
    )
    rest, want = typed[same:], known[same:]
    is_swap = rest[:2] == want[1::-1] and rest[2:] == want[2:]
    return is_swap or want == rest[1:] or rest[1:] == want[1:] or rest == want[1:]
