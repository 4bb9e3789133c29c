"""A pytest plugin with one fixture, `kakao_emulator`. Nothing is started before a test asks for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .emulator import Emulator
from .running import run_emulator


@pytest.fixture(scope="session")
def _served_kakao_emulator() -> Iterator[Emulator]:
    with run_emulator() as kakao:
        yield kakao


@pytest.fixture
def kakao_emulator(_served_kakao_emulator: Emulator) -> Iterator[Emulator]:
    """A local Kakao on a free port, as new in each test; `kakao_login.emulator.Emulator` says what it can do."""
    _served_kakao_emulator.reset()
    yield _served_kakao_emulator
    _served_kakao_emulator.reset()
