"""What a host may register after the start: the decorators of ``KakaoLogin`` write it, the rooms read it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..kakao.responses import KakaoUser


@dataclass
class Hooks:
    """The hooks of one ``KakaoLogin``, shared by all its apps."""

    user_created: Callable[[Any, KakaoUser], object] | None = None
    """Fills a new User from the Kakao user, before it is stored."""
    additional_claims: Callable[[Any], Mapping[str, Any]] | None = None
    """Gives the claims of a User to add to every access token."""
