"""What the running system's children need to know, and another terminal finds."""

import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from funnel import config
from funnel.embedded import places
from funnel.embedded.places import Places

GENEROUS = "100000"  # nobody attacks a laptop, and a demonstration signs up often


def build(home: Places, port: int, urls: Mapping[str, str]) -> dict[str, str]:
    """Return the settings of the embedded mode; what the operator set is kept."""
    ours = {
        "FUNNEL_EMBEDDED": "true",
        "FUNNEL_DATA_DIR": str(home.root),
        "FUNNEL_PORT": str(port),
        **{f"FUNNEL_{name.upper()}": value for name, value in urls.items()},
    }
    defaults = {
        "FUNNEL_BASE_URL": f"http://127.0.0.1:{port}",
        "FUNNEL_SIGNUPS_PER_NETWORK_PER_HOUR": GENEROUS,
        "FUNNEL_SIGNUPS_PER_HOUR": GENEROUS,
    }
    if config.given("secret_key") is None:
        defaults["FUNNEL_SECRET_KEY"] = _secret_key(home)
    theirs = {
        name: value
        for name, value in os.environ.items()
        if name.startswith(config.PREFIX) and name.removesuffix("_FILE") not in ours
    }
    return {**defaults, **theirs, **ours}


def remember(home: Places, settings: Mapping[str, str]) -> None:
    """Write them down for `funnel` in another terminal; only we can read it."""
    lines = [f"{name}={value}\n" for name, value in sorted(settings.items())]
    places.write_private(home.environment, "".join(lines))


def forget(home: Places) -> None:
    home.environment.unlink(missing_ok=True)


def recall() -> dict[str, str]:
    """Return the settings of the system that runs on this data folder, if one does."""
    if config.given("database_url") is not None:
        return {}
    file = places.of(Path(config.given("data_dir") or "var")).environment
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except OSError:
        return {}
    return dict(line.split("=", 1) for line in lines)


def _secret_key(home: Places) -> str:
    """Return this machine's own key, made once."""
    if not home.secret.exists():
        places.write_private(home.secret, secrets.token_urlsafe(48))
    return home.secret.read_text(encoding="utf-8")
