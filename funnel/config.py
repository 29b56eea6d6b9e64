"""The settings: read once from FUNNEL_… variables, typed, frozen, and loud."""

import difflib
import logging
import os
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

PREFIX = "FUNNEL_"
MINIMUM_SECRET = 32
MINIMUM_VARIETY = 10
MINIMUM_TOKEN = 20
MINIMUM_RSA = 1024  # bits
LOCAL_HOSTS = ("localhost", "127.0.0.1")

log = logging.getLogger(__name__)

Count = Annotated[int, Field(ge=1)]


class SettingsError(Exception):
    """A value is missing or wrong; the text is one line for the operator."""


class NotSetError(SettingsError):
    """Settings without a default are missing: perhaps nothing runs here."""


class Environment(PydanticBaseSettingsSource):
    """FUNNEL_NAME, or FUNNEL_NAME_FILE: the file that holds it (a mounted secret)."""

    def get_field_value(
        self, field: FieldInfo, field_name: str
    ) -> tuple[Any, str, bool]:
        """Return what the environment says about one setting, or None."""
        del field  # its name says enough
        return given(field_name), field_name, False

    def __call__(self) -> dict[str, Any]:
        """Return every setting that the environment has."""
        fields = self.settings_cls.model_fields.items()
        found = {name: self.get_field_value(field, name)[0] for name, field in fields}
        return {name: value for name, value in found.items() if value is not None}


class Settings(BaseSettings):
    """Everything an operator can decide; `.env.example` explains each one."""

    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True
    )

    # The servers, and where people find us.
    database_url: str = Field(repr=False)
    redis_url: str = Field(repr=False)
    smtp_url: str = Field(repr=False)
    base_url: str
    secret_key: str = Field(repr=False)
    previous_secret_keys: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), repr=False
    )

    # This machine.
    embedded: bool = False
    data_dir: Path = Path("var")
    port: int = Field(default=8000, ge=1, le=65535)
    trusted_proxies: int = Field(default=0, ge=0)
    log_format: Literal["text", "json"] = "text"
    metrics_token: str = Field(default="", repr=False)

    # What visitors see when nothing else decides.
    language: Literal["nl", "en"] = "nl"
    zone: str = "Europe/Amsterdam"

    # Limits on sign-ups, kept in PostgreSQL.
    confirmations_per_10_minutes: Count = 1
    confirmations_per_day: Count = 3
    confirmations_per_30_days: Count = 5
    signups_per_network_per_hour: Count = 20
    signups_per_hour: Count = 2000
    form_min_seconds: int = Field(default=2, ge=0)
    form_max_hours: Count = 24

    # The largest file of subscribers that is taken, in megabytes.
    import_megabytes: Count = 50
    # After so many hours without a worker, an owner decides what becomes of it.
    gap_hours: Count = 6

    # The relay; 0 is no limit.
    smtp_connections: Count = 4
    smtp_messages_per_connection: Count = 1000
    smtp_depth: Count = 1
    smtp_per_second: int = Field(default=0, ge=0)
    smtp_per_day: int = Field(default=0, ge=0)

    # Our own signature, where the relay does not sign.
    dkim_key: str = Field(default="", repr=False)
    dkim_selector: str = Field(default="funnel", pattern=r"^[A-Za-z0-9.-]{1,63}$")

    # Sending; all in seconds.
    drain_seconds: Count = 20
    lease_seconds: Count = 120
    dot_timeout: Count = 60

    # For tests of this program: the point at which a worker kills itself.
    failpoint: str = ""

    @classmethod
    def settings_customise_sources(  # type: ignore[override]  # called by keyword
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        **_others: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take arguments first, then the environment; no dotenv, no surprises."""
        return init_settings, Environment(settings_cls)

    @field_validator("previous_secret_keys", mode="before")
    @classmethod
    def split(cls, value: object) -> object:
        """Read a list that is written with commas or one a line."""
        if isinstance(value, str):
            return tuple(value.replace(",", " ").split())
        return value

    @field_validator("database_url")
    @classmethod
    def postgresql(cls, value: str) -> str:
        """Insist on PostgreSQL, spoken to through psycopg 3."""
        scheme, separator, rest = value.partition("://")
        if not separator or scheme.split("+")[0] not in {"postgresql", "postgres"}:
            raise ValueError("must look like postgresql://user:password@host/database")
        return f"postgresql+psycopg://{rest}"

    @field_validator("redis_url")
    @classmethod
    def redis(cls, value: str) -> str:
        if not value.startswith(("redis://", "rediss://", "unix://")):
            raise ValueError("must look like redis://:password@host:6379/0")
        return value

    @field_validator("smtp_url")
    @classmethod
    def smtp(cls, value: str) -> str:
        if not value.startswith("smtp://") or not urlsplit(value).hostname:
            raise ValueError(
                "must look like smtp://user:password@host:587?tls=starttls"
            )
        return value

    @field_validator("base_url")
    @classmethod
    def origin(cls, value: str) -> str:
        """Insist on an address that a mail can carry."""
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or parts.path.strip("/"):
            raise ValueError("must look like https://masterclass.example.nl")
        if parts.scheme == "http" and parts.hostname not in LOCAL_HOSTS:
            raise ValueError("must start with https:// (http is for localhost only)")
        return value.rstrip("/")

    @field_validator("secret_key")
    @classmethod
    def unguessable(cls, value: str) -> str:
        """Refuse what a word list finds (CVE-2023-27524 was a default key)."""
        if len(value) < MINIMUM_SECRET or len(set(value)) < MINIMUM_VARIETY:
            raise ValueError(
                "must be at least 32 random characters; make one with: "
                'python -c "import secrets; print(secrets.token_urlsafe(48))"'
            )
        return value

    @field_validator("metrics_token")
    @classmethod
    def long_enough(cls, value: str) -> str:
        if value and len(value) < MINIMUM_TOKEN:
            raise ValueError("must be at least 20 characters")
        return value

    @field_validator("dkim_key")
    @classmethod
    def rsa_key(cls, value: str) -> str:
        """Insist on a key that receivers accept (RFC 8301)."""
        if value and not _is_rsa_key(value):
            raise ValueError(
                "must be an RSA private key in PEM form, of at least 1024 bits; "
                "make one with: funnel dkim new"
            )
        return value

    @field_validator("zone")
    @classmethod
    def known_zone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError("must be a time zone such as Europe/Amsterdam")
        return ZoneInfo(value).key

    @model_validator(mode="after")
    def embedded_stays_at_home(self) -> Self:
        """Keep the inbox, time travel and plain http off the internet."""
        if self.embedded and urlsplit(self.base_url).hostname not in LOCAL_HOSTS:
            raise ValueError(
                "FUNNEL_EMBEDDED is for one machine: "
                "FUNNEL_BASE_URL must be on localhost"
            )
        return self

    @model_validator(mode="after")
    def production_kills_nobody(self) -> Self:
        if self.failpoint and not self.embedded:
            raise ValueError("FUNNEL_FAILPOINT is for tests, in embedded mode only")
        return self

    @property
    def gap(self) -> timedelta:
        return timedelta(hours=self.gap_hours)

    @property
    def secure(self) -> bool:
        """Whether pages travel over TLS: cookies and HSTS follow from it."""
        return self.base_url.startswith("https://")


def load() -> Settings:
    """Read the environment; an unknown FUNNEL_ name is said, a bad value refused."""
    for sentence in strangers(os.environ):
        log.warning("%s", sentence)
    try:
        return Settings()  # type: ignore[call-arg]  # the environment fills it in
    except ValidationError as error:
        is_unset = any(detail["type"] == "missing" for detail in error.errors())
        kind = NotSetError if is_unset else SettingsError
        raise kind(_one_line(error)) from None


def given(field_name: str) -> str | None:
    """Return what the environment says about one setting, or None."""
    name = PREFIX + field_name.upper()
    file = os.environ.get(f"{name}_FILE")
    return (_secret(name, file) if file else os.environ.get(name)) or None


def names() -> list[str]:
    """Return the name of every setting, as it stands in the environment."""
    return [PREFIX + name.upper() for name in Settings.model_fields]


def strangers(environ: Mapping[str, str]) -> list[str]:
    """Say of each FUNNEL_ name that is no setting which one it may have meant."""
    known = names()
    allowed = {*known, *(f"{name}_FILE" for name in known)}
    unknown = sorted(
        name for name in environ if name.startswith(PREFIX) and name not in allowed
    )
    return [_stranger(name, known) for name in unknown]


def _stranger(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    guess = f" Did you mean {near[0]}?" if near else ""
    return f"{name} is not a setting of Funnel and does nothing.{guess}"


def _is_rsa_key(pem: str) -> bool:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(pem.encode(), None)
    except (TypeError, ValueError):  # a password is asked for, or it is no key
        return False
    return isinstance(key, RSAPrivateKey) and key.key_size >= MINIMUM_RSA


def _secret(name: str, file: str) -> str:
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except OSError as error:
        reason = error.strerror or "it cannot be read"
        raise SettingsError(f"{name}_FILE names {file}: {reason}") from None


def _one_line(error: ValidationError) -> str:
    details = [dict(detail) for detail in error.errors()]
    missing = [_name(detail) for detail in details if detail["type"] == "missing"]
    wrong = [_complaint(detail) for detail in details if detail["type"] != "missing"]
    if missing:
        wrong.insert(0, f"not set: {', '.join(missing)} (or the same with _FILE)")
    return "; ".join(wrong)


def _complaint(detail: dict[str, Any]) -> str:
    words = str(detail["msg"]).removeprefix("Value error, ")
    if not detail["loc"]:
        return words
    return f"{_name(detail)} {words[0].lower()}{words[1:]}"


def _name(detail: dict[str, Any]) -> str:
    return PREFIX + str(detail["loc"][0]).upper()
