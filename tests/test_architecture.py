"""House rules that no linter knows."""

import ast
import re
import statistics
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCES = [
    path
    for folder in ("funnel", "tasks")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if "migrations" not in path.parts
] + [ROOT / "wsgi.py"]
TEMPLATES = sorted((ROOT / "funnel" / "templates").rglob("*.html"))
Function = ast.FunctionDef | ast.AsyncFunctionDef


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def functions(path: Path) -> Iterator[Function]:
    for node in ast.walk(tree(path)):
        if isinstance(node, Function):
            yield node


def body_lines(function: Function) -> int:
    """Count the lines of a function without its decorators and docstring."""
    body = function.body
    if ast.get_docstring(function) is not None and len(body) > 1:
        body = body[1:]
    return (function.end_lineno or 0) - body[0].lineno + 1


def decorators(function: Function) -> set[str]:
    return {
        node.attr
        for decorator in function.decorator_list
        for node in [decorator.func if isinstance(decorator, ast.Call) else decorator]
        if isinstance(node, ast.Attribute)
    }


def calls(path: Path) -> Iterator[str]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func)


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_a_file_stays_small_and_says_what_it_is_for(path: Path) -> None:
    doc = ast.get_docstring(tree(path))

    assert doc, "one sentence that says what the file is for"
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


def test_most_functions_and_files_are_short() -> None:
    lengths = [body_lines(function) for path in SOURCES for function in functions(path)]
    files = [len(path.read_text(encoding="utf-8").splitlines()) for path in SOURCES]

    assert statistics.median(lengths) <= 8
    assert max(lengths) <= 50
    assert statistics.median(files) <= 120


def test_a_view_parses_calls_and_renders() -> None:
    views = [
        (name_of(path), function.name, body_lines(function))
        for path in SOURCES
        if "web" in path.parts
        for function in functions(path)
        if decorators(function) & {"get", "post", "route"}
    ]

    assert views
    assert [view for view in views if view[2] > 15] == []


def test_a_task_calls_one_flow_function() -> None:
    tasks = [
        (name_of(path), function.name, len(function.body))
        for path in SOURCES
        if path.parts[-2] == "tasks"
        for function in functions(path)
        if decorators(function) & {"task"} or "shared_task" in ast.dump(function)
    ]

    assert tasks
    assert [task for task in tasks if task[2] > 6] == []  # the docstring is one


def test_only_the_clock_reads_the_time() -> None:
    readers = {
        name_of(path)
        for path in SOURCES
        for call in calls(path)
        if call in {"datetime.now", "datetime.utcnow", "date.today", "datetime.today"}
    }

    assert readers == {"funnel/clock.py"}


def test_celery_gets_no_delays_and_nothing_is_pickled() -> None:
    text = {path: path.read_text(encoding="utf-8") for path in SOURCES}

    delayed = [
        name_of(path)
        for path, source in text.items()
        if re.search(r"\b(countdown|eta)\s*=|\.delay\(|autoretry_for", source)
    ]
    pickled = [
        name_of(path)
        for path, source in text.items()
        if re.search(
            r"^\s*(import|from) (pickle|marshal|shelve)\b", source, re.MULTILINE
        )
    ]
    assert delayed == []
    assert pickled == []


def test_no_exception_is_swallowed_in_silence() -> None:
    silent = [
        f"{name_of(path)}:{node.lineno}"
        for path in SOURCES
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ExceptHandler)
        and all(isinstance(line, ast.Pass) for line in node.body)
    ]

    assert silent == []


def test_pages_carry_no_inline_code_and_no_other_host() -> None:
    forbidden = re.compile(
        r"<script(?![^>]*\bsrc=)|\son[a-z]+=[\"']|\sstyle=|<style|"
        r"(?:src|href)=[\"'](?:https?:)?//",
        re.IGNORECASE,
    )

    found = [
        f"{name_of(path)}: {match.group(0)}"
        for path in TEMPLATES
        if (match := forbidden.search(path.read_text(encoding="utf-8")))
    ]
    assert TEMPLATES
    assert found == []


def test_nothing_in_a_page_escapes_the_escaping() -> None:
    unsafe = [
        name_of(path)
        for path in TEMPLATES
        if re.search(r"\|\s*safe\b|autoescape\s+false", path.read_text("utf-8"))
    ]

    assert unsafe == []


def test_every_skipped_test_says_why() -> None:
    skips = [
        (name_of(path), node.lineno)
        for path in sorted((ROOT / "tests").rglob("*.py"))
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) in {"pytest.mark.skip", "pytest.mark.skipif"}
        and not any(keyword.arg == "reason" for keyword in node.keywords)
    ]

    assert skips == []


def test_colours_are_numbers_in_one_place_only() -> None:
    css = sorted((ROOT / "funnel" / "static" / "css").glob("*.css"))

    coloured = [
        name_of(path)
        for path in css
        if path.name != "tokens.css"
        and re.search(
            r"#[0-9a-f]{3,8}\b|\brgba?\(", path.read_text("utf-8"), re.IGNORECASE
        )
    ]
    assert css
    assert coloured == []


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_who_waits_for_a_row_reads_it_anew(path: Path) -> None:
    """Rows are locked by the `held` of models/base.py alone."""
    locks = "with_for_update" in path.read_text("utf-8")
    assert locks == (name_of(path) == "funnel/models/base.py")
