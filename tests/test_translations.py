"""Every sentence of the screen is there in Dutch, whole."""

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parent.parent
DUTCH = ROOT / "funnel" / "translations" / "nl" / "LC_MESSAGES" / "messages.po"
Text = str | tuple[str, ...] | list[str] | None
HOLE = re.compile(r"%\(\w+\)[sd]|href=\"[^\"]*\"")


@pytest.fixture(scope="module")
def dutch() -> Catalog:
    with DUTCH.open("rb") as file:
        return read_po(file, locale="nl")


def test_every_sentence_has_its_dutch(dutch: Catalog) -> None:
    known = {first(message.id) for message in dutch if message.id}

    asked = sentences()

    assert sorted(asked - known) == [], "run: make messages"
    assert sorted(known - asked) == [], "nobody says these any more: make messages"


def test_no_translation_is_empty_or_a_guess(dutch: Catalog) -> None:
    unfinished = [
        message.id
        for message in dutch
        if message.id and (message.fuzzy or not all(texts(message.string)))
    ]

    assert unfinished == []


def test_a_translation_keeps_what_is_filled_in(dutch: Catalog) -> None:
    differing = [
        (source, translated)
        for message in dutch
        if message.id
        for source, translated in zip(
            texts(message.id), texts(message.string), strict=True
        )
        if sorted(HOLE.findall(source)) != sorted(HOLE.findall(translated))
    ]

    assert differing == []


def test_dutch_has_one_kind_of_quotes_and_shouts_nowhere(dutch: Catalog) -> None:
    said = [text for message in dutch if message.id for text in texts(message.string)]

    assert [text for text in said if re.search(r"[“”]|\w'\w|\w!(\s|$)", text)] == []


def sentences() -> set[str]:
    """Return the sentences that `make messages` would collect."""
    with (ROOT / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)  # type: ignore[no-untyped-call]  # Babel's
    found = extract_from_dir(
        ROOT / "funnel",
        methods,
        options,
        keywords={**DEFAULT_KEYWORDS, "lazy_gettext": None},
    )
    return {first(sentence) for _, _, sentence, _, _ in found}


def first(text: Text) -> str:
    """Return a sentence as it is for one."""
    return texts(text)[0]


def texts(text: Text) -> tuple[str, ...]:
    """Return the forms of a sentence, one or more."""
    return (text,) if isinstance(text, str) else tuple(text or ("",))
