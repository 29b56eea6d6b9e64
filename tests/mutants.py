"""`make mutants`: break one line at a time, and see that a test notices."""

import argparse
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
COPIED = ("funnel", "tasks", "tests", "email_templates", "pyproject.toml", "wsgi.py")
MORE = ("CHANGELOG.md", "docs", ".env.example")
PATIENCE = 300  # seconds of one try
FAILED = 1
"""What pytest answers when a test failed; 2 and more is that it could not run."""


def main() -> int:
    """Try each mutant, print a table, and fail when one survives."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("words", nargs="*", help="only mutants that say one of these")
    words = parser.parse_args().words
    mutants = tomllib.loads((ROOT / "tests" / "mutants.toml").read_text())["mutant"]
    chosen = [
        one for one in mutants if not words or any(w in one["says"] for w in words)
    ]
    bad = 0
    for mutant in chosen:
        end = _tried(mutant)
        bad += end not in {"noticed", "hung"}
        tell(f"{end:10} {mutant['says']}  ({mutant['file']})")
    tell(f"{len(chosen)} mutants, {bad} not as they should be")
    return 1 if bad else 0


def tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _tried(mutant: dict[str, Any]) -> str:
    with tempfile.TemporaryDirectory(prefix="funnel-mutant-") as name:
        copy = Path(name)
        for part in (*COPIED, *MORE):
            source = ROOT / part
            if source.is_dir():
                shutil.copytree(source, copy / part, ignore=_caches)
            else:
                shutil.copy(source, copy / part)
        file = copy / mutant["file"]
        text = file.read_text(encoding="utf-8")
        if text.count(mutant["old"]) != 1:
            return "not found"
        file.write_text(text.replace(mutant["old"], mutant["new"]), encoding="utf-8")
        return _ran(copy, mutant["tests"])


def _ran(copy: Path, tests: list[str]) -> str:
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"]
    try:
        done = subprocess.run(
            [*command, *tests],
            cwd=copy,
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return "hung"
    if done.returncode == 0:
        return "survived"
    return "noticed" if done.returncode == FAILED else "broken"


def _caches(folder: str, names: list[str]) -> set[str]:
    del folder
    return {name for name in names if name == "__pycache__"}


if __name__ == "__main__":
    sys.exit(main())
