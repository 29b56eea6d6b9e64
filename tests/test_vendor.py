"""The libraries of the editor are what their manifest says, and nothing more."""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent / "funnel"
BUILT = ROOT / "static" / "vendor"
SOURCES = ROOT / "vendor"
MANIFEST: dict[str, Any] = json.loads((BUILT / "manifest.json").read_text("utf-8"))
AGAIN = "what is built is not what is written: `make vendor` builds it again"


def sums(folder: Path, names: list[str]) -> dict[str, str]:
    return {
        name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names
    }


def test_every_built_file_has_its_checksum() -> None:
    built = [path.name for path in BUILT.iterdir() if path.name != "manifest.json"]

    assert sums(BUILT, built) == MANIFEST["files"], AGAIN


def test_it_was_built_from_these_sources() -> None:
    written = [path.name for path in SOURCES.iterdir() if path.name != ".npmrc"]

    assert sums(SOURCES, written) == MANIFEST["sources"], AGAIN


def test_it_holds_the_locked_versions_and_each_licence_allows_it() -> None:
    lock = json.loads((SOURCES / "package-lock.json").read_text("utf-8"))["packages"]
    licences = (BUILT / "LICENSES.txt").read_text("utf-8")

    for package in MANIFEST["packages"]:
        name, version = package["name"], package["version"]
        assert lock[f"node_modules/{name}"]["version"] == version, AGAIN
        assert package["licence"] in {"MIT", "BSD-2-Clause"}, name
        assert f"{name} {version} ({package['licence']})" in licences


@pytest.mark.parametrize("name", ["package.json", "package-lock.json", ".npmrc"])
def test_no_registry_is_named(name: str) -> None:
    text = (SOURCES / name).read_text("utf-8")

    assert "registry" not in text.replace("omit-lockfile-registry-resolved=true", "")
    assert '"resolved"' not in text


def test_nothing_in_it_is_made_code_at_run_time_or_fetched() -> None:
    script = (BUILT / "tiptap.js").read_text("utf-8")

    assert not re.search(r"\beval\(|new Function\b|\bFunction\(|\bimport\(", script)
    assert not re.search(r"\bfetch\(|XMLHttpRequest|WebSocket|importScripts", script)
