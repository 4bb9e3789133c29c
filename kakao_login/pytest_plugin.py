"""A pytest plugin with one fixture, `kakao_emulator`.

pytest loads it wherever this package is installed, so it imports the emulator only for a test that asks for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .emulator import Emulator


@pytest.fixture(scope="session")
def _served_kakao_emulator() -> Iterator[Emulator]:
    # Imported here, because every run of pytest loads this file and most ask for no Kakao.
    from .emulator import run_emulator  # noqa: PLC0415

    with run_emulator() as kakao:
        yield kakao


@pytest.fixture
def kakao_emulator(_served_kakao_emulator: Emulator) -> Iterator[Emulator]:
    """A local Kakao on a free port, as new in each test; `kakao_login.emulator.Emulator` says what it can do."""
    _served_kakao_emulator.reset()
    yield _served_kakao_emulator
    _served_kakao_emulator.reset()
