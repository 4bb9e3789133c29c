"""Fixtures of the emulator's tests: a served emulator, and a client of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kakao_login.emulator import Emulator, run_emulator

from .emulator_client import Client


@pytest.fixture
def kakao(kakao_emulator: Emulator) -> Emulator:
    """A running emulator, clean."""
    return kakao_emulator


@pytest.fixture
def client(kakao: Emulator) -> Iterator[Client]:
    client = Client(kakao)
    yield client
    client.http.close()


@pytest.fixture
def secured(tmp_path: Path) -> Iterator[Emulator]:
    """An emulator that speaks https under Kakao's own names."""
    with run_emulator(tls_dir=tmp_path) as kakao:
        yield kakao
