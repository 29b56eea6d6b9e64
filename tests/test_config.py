"""Settings: read once, typed, and loud when something is wrong."""

import logging
import re
from pathlib import Path

import pytest

from funnel import config
from funnel.config import Settings, SettingsError

ROOT = Path(__file__).resolve().parent.parent
GOOD = {
    "FUNNEL_DATABASE_URL": "postgresql://funnel:secret@db/funnel",
    "FUNNEL_REDIS_URL": "redis://:secret@redis:6379/0",
    "FUNNEL_SMTP_URL": "smtp://relay.example.nl:587?tls=starttls",
    "FUNNEL_BASE_URL": "https://masterclass.example.nl",
    "FUNNEL_SECRET_KEY": "k3Jd8-sPq2LmX7vTz0RbN5yWc1HgF4uA",
}


@pytest.fixture
def good(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment with which an operator could start."""
    for name in [*config.names(), *(f"{name}_FILE" for name in config.names())]:
        monkeypatch.delenv(name, raising=False)
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


@pytest.mark.usefixtures("good")
def test_the_environment_becomes_typed_and_frozen_settings() -> None:
    settings = config.load()

    assert settings.database_url == "postgresql+psycopg://funnel:secret@db/funnel"
    assert settings.data_dir == Path("var")
    assert settings.secure
    with pytest.raises(ValueError, match="frozen"):
        settings.port = 1


def test_a_secret_can_be_a_file(good: pytest.MonkeyPatch, tmp_path: Path) -> None:
    secret = tmp_path / "key"
    secret.write_text("from-a-file-0123456789-abcdefghijklm\n")
    good.delenv("FUNNEL_SECRET_KEY")
    good.setenv("FUNNEL_SECRET_KEY_FILE", str(secret))

    assert config.load().secret_key == "from-a-file-0123456789-abcdefghijklm"


def test_a_file_that_is_not_there_is_named(good: pytest.MonkeyPatch) -> None:
    good.setenv("FUNNEL_SECRET_KEY_FILE", "/nowhere/key")

    with pytest.raises(SettingsError, match="FUNNEL_SECRET_KEY_FILE names /nowhere"):
        config.load()


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("FUNNEL_DATABASE_URL", "sqlite:///x", "must look like postgresql://"),
        ("FUNNEL_REDIS_URL", "localhost:6379", "must look like redis://"),
        ("FUNNEL_SMTP_URL", "relay:25", "must look like smtp://"),
        ("FUNNEL_BASE_URL", "http://masterclass.example.nl", "must start with https"),
        ("FUNNEL_BASE_URL", "https://example.nl/funnel", "must look like https"),
        ("FUNNEL_SECRET_KEY", "changeme", "at least 32 random characters"),
        ("FUNNEL_SECRET_KEY", "a" * 64, "at least 32 random characters"),
        ("FUNNEL_PORT", "many", "should be a valid integer"),
        ("FUNNEL_PORT", "70000", "less than or equal to 65535"),
        ("FUNNEL_ZONE", "Amsterdam", "must be a time zone"),
        ("FUNNEL_LANGUAGE", "fr", "'nl' or 'en'"),
        ("FUNNEL_EMBEDDED", "true", "must be on localhost"),
        ("FUNNEL_TRUSTED_PROXIES", "-1", "greater than or equal to 0"),
    ],
)
def test_a_bad_value_is_refused_in_one_line_that_names_it(
    good: pytest.MonkeyPatch, name: str, value: str, says: str
) -> None:
    good.setenv(name, value)

    with pytest.raises(SettingsError) as refused:
        config.load()

    assert name in str(refused.value)
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_refusal_does_not_print_the_secret(good: pytest.MonkeyPatch) -> None:
    good.setenv("FUNNEL_SECRET_KEY", "hunter2")
    good.setenv("FUNNEL_DATABASE_URL", "mysql://funnel:hunter3@db/funnel")

    with pytest.raises(SettingsError) as refused:
        config.load()

    assert "hunter" not in str(refused.value)


@pytest.mark.usefixtures("good")
def test_settings_do_not_show_their_secrets() -> None:
    shown = repr(config.load())

    assert "secret@" not in shown
    assert GOOD["FUNNEL_SECRET_KEY"] not in shown


def test_everything_that_is_missing_is_named_at_once(
    good: pytest.MonkeyPatch,
) -> None:
    good.delenv("FUNNEL_REDIS_URL")
    good.setenv("FUNNEL_SMTP_URL", "")

    with pytest.raises(SettingsError) as refused:
        config.load()

    assert str(refused.value).startswith("not set: FUNNEL_REDIS_URL, FUNNEL_SMTP_URL")
    assert isinstance(refused.value, config.NotSetError)


def test_an_unknown_name_is_a_warning_with_the_nearest_known_one(
    good: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    good.setenv("FUNNEL_DATABSE_URL", "x")

    with caplog.at_level(logging.WARNING):
        config.load()

    assert "FUNNEL_DATABSE_URL is not a setting" in caplog.text
    assert "Did you mean FUNNEL_DATABASE_URL?" in caplog.text


def test_the_example_lists_every_setting_with_its_default() -> None:
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    listed = dict(re.findall(r"^#(FUNNEL_\w+)=(.*)$", text, re.MULTILINE))

    assert list(listed) == config.names()
    for name, field in Settings.model_fields.items():
        value = listed[f"FUNNEL_{name.upper()}"]
        if not field.is_required() and name != "previous_secret_keys":
            assert value == str(field.default).replace("False", "false"), name
