"""A process of its own that works piece by piece, and is killed in the middle."""

import os
import signal
import subprocess
import sys
from datetime import datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WORK = """
import sys
from datetime import datetime
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from {package} import {module}

now = datetime.fromisoformat(sys.argv[2])
with Session(create_engine(sys.argv[1])) as session:
    while {call}:
        print("a piece", flush=True)
"""
IMPORTS = WORK.format(
    package="funnel.flow",
    module="imports",
    call="imports.work(session, now=now, batches=1)",
)
JOBS = WORK.format(
    package="funnel.flow.publishing",
    module="jobs",
    call="jobs.work(session, now=now, pieces=1)",
)


def kill_after(pieces: int, work: str, url: str, now: datetime) -> None:
    """Let a process do so many pieces, and kill it while it is at the next."""
    command = [sys.executable, "-c", work, url, now.isoformat()]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as worker:
        assert worker.stdout is not None
        for _ in range(pieces):
            assert worker.stdout.readline() == b"a piece\n"
        os.kill(worker.pid, signal.SIGKILL)
