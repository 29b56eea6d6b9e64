"""The folder format: sequence.toml, and one Markdown file for each step."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from funnel.domain.status import MAILINGS, Kind, Purpose, Role
from funnel.flow.publishing.content import Content
from funnel.mail.problem import N_

HEAD = "sequence.toml"
FENCE = "+++\n"
SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
BARE = re.compile(r"[A-Za-z0-9_-]+")
ORDER = (
    *("role", "kind", "purpose", "timing", "condition"),
    *("is_on", "source", "subject", "preheader"),
)
ESCAPES = {"\\": "\\\\", '"': '\\"', "\b": "\\b", "\t": "\\t", "\n": "\\n"} | {
    "\f": "\\f",
    "\r": "\\r",
}


class BadFolder(ValueError):  # noqa: N818 - it names what was found
    """A file is missing or not in the format; says which, and what to do."""

    def __init__(self, sentence: str, **details: str) -> None:
        """Keep both, to be said in the language of whoever sent it."""
        super().__init__(sentence % details if details else sentence)
        self.sentence, self.details = sentence, details


SAYS = "%(file)s: %(why)s"
NO_NAME = N_("%(file)s: use small letters, digits and hyphens")


@dataclass(frozen=True, slots=True)
class File:
    """One step of a folder."""

    slug: str
    role: Role
    content: Content


@dataclass(frozen=True, slots=True)
class Folder:
    """A sequence as files; its slug is the folder's name."""

    slug: str
    name: str
    language: str
    rules: dict[str, Any]
    files: tuple[File, ...]
    order: tuple[str, ...] = ()  # of the listed steps, where it is not that of names
    doors: dict[str, Any] = field(default_factory=dict)

    @property
    def listed(self) -> list[str]:
        """Return the names of the listed steps in their order."""
        names = [file.slug for file in self.files if file.role is Role.LISTED]
        return list(self.order) or sorted(names)


def read(path: Path) -> Folder:
    """Read a folder; raises BadFolder."""
    head = _toml(HEAD, _text(path / HEAD))
    files = tuple(_file(file) for file in sorted(path.glob("*.md")))
    if not files:
        sentence = N_("%(file)s has no mails: add a file such as 01-welcome.md")
        raise BadFolder(sentence, file=path.name)
    if not SLUG.fullmatch(path.resolve().name):
        raise BadFolder(NO_NAME, file=path.name)
    return _folder(path.resolve().name, head, files)


def write(folder: Folder, path: Path) -> None:
    """Write the folder in its canonical form; other files are left alone."""
    path.mkdir(parents=True, exist_ok=True)
    head: dict[str, Any] = {"name": folder.name, "language": folder.language}
    if folder.order:
        head["order"] = list(folder.order)
    if folder.doors:
        head["doors"] = folder.doors
    if folder.rules:
        head["rules"] = folder.rules
    _put(path / HEAD, "\n".join(_table(head)) + "\n")
    for file in folder.files:
        _put(path / f"{file.slug}.md", letter(file))


def letter(file: File) -> str:
    """Return the canonical text of one step's file."""
    content = file.content
    values = {name: getattr(content, name, None) for name in ORDER}
    values["role"] = None if file.role is Role.LISTED else file.role
    values["is_on"] = None if content.is_on else False
    lines = [
        f"{name} = {_value(value)}"
        for name, value in values.items()
        if not (value is None or (value == "" and name not in {"subject", "preheader"}))
    ]
    head = "".join(f"{line}\n" for line in lines)
    return f"{FENCE}{head}{FENCE}\n{content.body}\n"


def _folder(slug: str, head: Mapping[str, Any], files: tuple[File, ...]) -> Folder:
    strange = sorted(set(head) - {"name", "language", "order", "doors", "rules"})
    if strange:
        sentence = N_("%(file)s: nothing is called %(name)s there")
        raise BadFolder(sentence, file=HEAD, name=strange[0])
    if not head.get("name"):
        raise BadFolder(N_("%(file)s: the name is missing"), file=HEAD)
    name, language = str(head["name"]), str(head.get("language", "nl"))
    rules, doors = head.get("rules", {}), head.get("doors", {})
    return Folder(slug, name, language, rules, files, _order(head, files), doors)


def _order(head: Mapping[str, Any], files: tuple[File, ...]) -> tuple[str, ...]:
    if "order" not in head:
        return ()
    order = tuple(head["order"])
    names = [file.slug for file in files if file.role is Role.LISTED]
    if sorted(order) != sorted(names):
        wrong = ", ".join(sorted({*order} ^ {*names})) or "one of them twice"
        sentence = N_("%(file)s: order must name each listed mail once: %(names)s")
        raise BadFolder(sentence, file=HEAD, names=wrong)
    return order


def _file(path: Path) -> File:
    if not SLUG.fullmatch(path.stem):
        raise BadFolder(NO_NAME, file=path.name)
    text = _text(path)
    if not text.startswith(FENCE) or f"\n{FENCE}" not in text:
        sentence = N_("%(file)s: begin with a head between two lines of +++")
        raise BadFolder(sentence, file=path.name)
    head, body = text.removeprefix(FENCE).split(f"\n{FENCE}", 1)
    fields = _toml(path.name, head)
    strange = sorted(set(fields) - set(ORDER))
    if strange:
        sentence = N_("%(file)s: no field is called %(name)s; use %(known)s")
        known = ", ".join(ORDER)
        raise BadFolder(sentence, file=path.name, name=strange[0], known=known)
    try:
        return _step(path.stem, fields, body.strip("\n"))
    except (KeyError, ValueError) as problem:
        sentence = N_("%(file)s: %(what)s is missing or not known")
        raise BadFolder(sentence, file=path.name, what=str(problem)) from None


def _step(slug: str, fields: Mapping[str, Any], body: str) -> File:
    content = Content(
        kind=Kind(fields["kind"]),
        purpose=_purpose(fields.get("purpose")),
        timing=str(fields.get("timing", "")),
        condition=str(fields.get("condition", "")),
        is_on=_flag(fields.get("is_on", True)),
        source=str(fields.get("source", "")),
        subject=str(fields["subject"]),
        preheader=str(fields.get("preheader", "")),
        body=body,
    )
    return File(slug, Role(fields.get("role", Role.LISTED)), content)


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"is_on {value}")  # noqa: TRY004 - of a file, not of a call
    return value


def _purpose(word: Any) -> Purpose | None:
    """Return what a mail is for; not every purpose of a consent is a mail's."""
    purpose = Purpose(word) if word else None
    if purpose is not None and purpose not in MAILINGS:
        raise ValueError(f"purpose {word}")
    return purpose


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8").replace("\r\n", "\n")
    except FileNotFoundError:
        raise BadFolder(N_("%(file)s is missing"), file=path.name) from None
    except (OSError, UnicodeDecodeError) as problem:
        sentence = N_("%(file)s cannot be read as UTF-8: %(why)s")
        raise BadFolder(sentence, file=path.name, why=str(problem)) from None


def _put(path: Path, text: str) -> None:
    path.write_bytes(text.encode("utf-8"))


def _toml(name: str, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except ValueError as problem:  # TOMLDecodeError; a number of thousands of digits
        raise BadFolder(SAYS, file=name, why=str(problem)) from None


def _table(table: Mapping[str, Any], name: str = "") -> Iterator[str]:
    """Yield the lines of a table: its own values first, then the tables in it."""
    for key, value in table.items():
        if not isinstance(value, Mapping):
            yield f"{_key(key)} = {_value(value)}"
    for key, value in table.items():
        if isinstance(value, Mapping):
            path = f"{name}.{_key(key)}".lstrip(".")
            if any(not isinstance(inner, Mapping) for inner in value.values()):
                yield from ("", f"[{path}]")
            yield from _table(value, path)


def _key(key: str) -> str:
    return key if BARE.fullmatch(key) else _value(key)


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(_value(item) for item in value)}]"
    return f'"{"".join(_letter(character) for character in str(value))}"'


def _letter(character: str) -> str:
    if character in ESCAPES:
        return ESCAPES[character]
    if ord(character) < 0x20 or ord(character) == 0x7F:  # noqa: PLR2004 - TOML's controls
        return f"\\u{ord(character):04X}"
    return character
