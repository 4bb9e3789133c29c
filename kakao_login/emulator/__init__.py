"""A local Kakao: kauth and kapi with their pages, errors and webhooks, for developing and testing Kakao logins.

`python -m kakao_login.emulator` runs it, `run_emulator()` runs it inside a test, and any client in any
language can log in against it. It imports nothing of the rest of this package. README.md beside this file
says how to start and where Kakao's behaviour had to be guessed.
"""

from __future__ import annotations

from .apps import App, Webhook
from .checks import InvalidSetting
from .emulator import Emulator
from .in_process import InProcessAdapter
from .lookup import NotFound
from .options import Options
from .personas import PERSONAS, Person
from .running import RemoteListenError, run_emulator

__all__ = [
    "PERSONAS",
    "App",
    "Emulator",
    "InProcessAdapter",
    "InvalidSetting",
    "NotFound",
    "Options",
    "Person",
    "RemoteListenError",
    "Webhook",
    "run_emulator",
]
