"""A local Kakao: kauth and kapi with their pages, errors and webhooks, for developing and testing Kakao logins.

`python -m kakao_login.emulator` runs it, `run_emulator()` runs it inside a test, and any client in any
language can log in against it. It imports nothing of the rest of this package. README.md beside this file
says how to start and where Kakao's behaviour had to be guessed.

The rooms, from the top; imports only point down, and the three doors stand side by side on one floor:
``control/``, ``kauth/`` and ``kapi/`` import nothing of one another, and what two of them need lies below:

``running``       serving one: for the command line, or as long as a ``with`` block lasts
``in_process``    serving ``requests`` without a socket
``application``   puts the pages, the APIs and the console together
``control/``      the control API as an object and over HTTP, and the console
``kauth/``        kauth.kakao.com: login, consent, codes, tokens, OpenID Connect
``kapi/``         kapi.kakao.com: who a token or an admin key speaks of, and what it may know
``webhooks/``     what Kakao tells an app by itself: consents, leaving, security events
``web/``          what every answer shares: pages, errors, ordered failures, limits
``store/``        what Kakao remembers: apps, people and how apps see them, grants, keys and signing, calls
``texts/``        whatever is said in Korean and in English, in one form
``http/``         the server underneath, TLS under Kakao's names, and where nothing is sent
"""

from __future__ import annotations

from .control.emulator import Emulator
from .control.options import Options
from .in_process import InProcessAdapter
from .running import RemoteListenError, run_emulator
from .store.apps import App, Webhook
from .store.personas import PERSONAS, Person
from .store.refusals import InvalidSetting, NotFound

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
