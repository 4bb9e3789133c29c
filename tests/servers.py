"""Real servers in processes of their own, each with the host of ``tests.proofs.worker``."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from .support import free_port

CHECKOUT = Path(__file__).parents[1]
APP = "tests.proofs.worker:create_app()"


@dataclass
class Workers:
    """A server with some worker processes on one port."""

    url: str
    process: subprocess.Popen[bytes]

    def pids(self) -> list[int]:
        """Give the processes that serve now."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in children.read_text().split()]


@contextmanager
def gunicorn(database_url: str, *options: str, **environment: str) -> Iterator[Workers]:
    """Serve the host by gunicorn, with what the environment sets for it."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--log-level", "critical"]
    with running([*command, *options, APP], port, database_url, **environment) as workers:
        yield workers


@contextmanager
def running(command: list[str], port: int, database_url: str, **environment: str) -> Iterator[Workers]:
    """Run a server until the end of the block; it answers when the block begins."""
    variables = {**os.environ, **environment, "DATABASE_URL": database_url}
    # Quiet, for the tests read what a server answers and not what it says.
    process = subprocess.Popen(command, cwd=CHECKOUT, env=variables, stderr=subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + 30
        while not _answers(url):
            assert process.poll() is None, "the server ended"
            assert time.monotonic() < deadline, "the server does not answer"
            time.sleep(0.05)
        yield Workers(url, process)
    finally:
        process.terminate()
        process.wait(20)


def _answers(url: str) -> bool:
    try:
        return requests.get(f"{url}/pid", timeout=5).ok
    except requests.ConnectionError:
        return False
