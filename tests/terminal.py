"""A command in another terminal, forked from a process that has read the program.

`python -m funnel` reads for a second before it begins, and tests give a hundred
commands. Each still has a process, an environment and an exit status of its own.
"""

import os
import tempfile
from collections.abc import Mapping, Sequence
from multiprocessing import get_context
from pathlib import Path
from subprocess import CompletedProcess

PATIENCE = 90.0
READ_BEFORE = ["pytest", "funnel.app", "funnel.cli.clock", "funnel.cli.run"]

forks = get_context("forkserver")
forks.set_forkserver_preload(READ_BEFORE)


def funnel(
    words: Sequence[str], environment: Mapping[str, str], folder: Path
) -> CompletedProcess[str]:
    """Give a command; what it says and complains is text, as from `subprocess`."""
    with tempfile.TemporaryDirectory(prefix="funnel-terminal-") as name:
        said, complained = Path(name, "stdout"), Path(name, "stderr")
        process = forks.Process(
            target=_obey, args=(words, dict(environment), folder, said, complained)
        )
        process.start()
        process.join(PATIENCE)
        if process.exitcode is None:
            process.kill()
            process.join()
        texts = [one.read_text("utf-8", "replace") for one in (said, complained)]
        return CompletedProcess(words, process.exitcode or 0, *texts)


def _obey(
    words: Sequence[str],
    environment: Mapping[str, str],
    folder: Path,
    said: Path,
    complained: Path,
) -> None:
    for number, file in ((1, said), (2, complained)):
        with file.open("wb") as stream:
            os.dup2(stream.fileno(), number)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    from funnel.app import main

    main(list(words), prog_name="funnel")
