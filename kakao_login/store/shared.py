"""What the parts of the store share, and what a host may register after the start."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..kakao.responses import KakaoUser
from ..settings.values import SessionSettings
from .database import Database
from .models import Models


@dataclass
class Hooks:
    """The hooks of one ``KakaoLogin``: its decorators write them, whoever needs one reads it then."""

    user_created: Callable[[Any, KakaoUser], object] | None = None
    """Fills a new User from the Kakao user, before it is stored."""
    additional_claims: Callable[[Any], Mapping[str, Any]] | None = None
    """Gives the claims of a User to add to every access token."""


@dataclass(frozen=True)
class Store:
    """One app's database and tables, its rules for sessions and its time."""

    database: Database
    models: Models
    settings: SessionSettings
    hooks: Hooks
    clock: Callable[[], float]
    sender: object
    """Who the signals come from: the app."""
