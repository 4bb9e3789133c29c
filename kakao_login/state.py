"""What one app holds of this package: whatever lives as long as the app, and nothing that is a request's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import current_app

from .errors import Language

if TYPE_CHECKING:
    from .accounts import Accounts
    from .activity import Activity
    from .database import Database
    from .heartbeat import Heartbeat
    from .kakao.client import KakaoClient
    from .keys import SigningKeys
    from .login_state import LoginStates
    from .models import Models
    from .pair import PairMaker
    from .pruning import Pruning
    from .revocations import Revocations
    from .sessions import Sessions
    from .settings import Settings
    from .tokens import TokenCodec

EXTENSION = "kakao_login"


@dataclass(frozen=True)
class State:
    """The rooms of one app, wired."""

    settings: Settings
    clock: Callable[[], float]
    locale_selector: Callable[[], Language]
    database: Database
    models: Models
    keys: SigningKeys
    codec: TokenCodec
    pairs: PairMaker
    logins: LoginStates
    kakao: KakaoClient
    accounts: Accounts
    sessions: Sessions
    revocations: Revocations
    activity: Activity
    pruning: Pruning
    heartbeat: Heartbeat


def current_state() -> State:
    """Give the state of the app that serves the present request."""
    state: State = current_app.extensions[EXTENSION]
    return state
