"""Kakao user to local account: found by Kakao's id alone, created once, updated at every later login."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from sqlalchemy import Select, bindparam, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload

from .. import signals
from ..errors import AccountDisabled
from ..kakao.responses import KakaoUser
from .models import is_active
from .shared import Store


class Accounts:
    """The accounts of one app."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def sign_in_with(self, kakao_user: KakaoUser) -> tuple[Any, Mapping[str, Any]]:
        """Give the User of a proved Kakao user, and the host's claims for it.

        Two first logins at once both try to create; the unique Kakao id lets one win and the other finds it.
        Raises ``AccountDisabled`` and ``DatabaseUnavailable``.
        """
        try:
            user, is_new, claims = self._find_or_create(kakao_user)
        except IntegrityError:
            user, is_new, claims = self._find_or_create(kakao_user)
        if is_new:
            signals.user_signed_up.send(self._store.sender, user=user, kakao_user=kakao_user)
        return user, claims

    def account_of(self, user_id: Any) -> Any:
        """Give the KakaoAccount of a user, or None."""
        account = self._store.models.kakao_account
        with self._store.database.read() as session:
            return session.scalars(select(account).where(account.user_id == user_id)).first()

    def claim_login(self, state: str, next_path: str) -> bool:
        """Tell whether this is the first callback of a login, atomically over all workers."""
        claim = insert(self._store.models.used_login_state.__table__)
        values = {"state_hash": hash_state(state), "next": next_path, "used_at": self._store.clock()}
        try:
            self._store.database.execute(claim, values)
        except IntegrityError:
            return False
        return True

    def next_of_used_login(self, state: str) -> str | None:
        """Give where a used login was going, or None if there was no such login."""
        used = self._store.models.used_login_state
        with self._store.database.read() as session:
            return session.scalar(select(used.next).where(used.state_hash == hash_state(state)))

    def _find_or_create(self, kakao_user: KakaoUser) -> tuple[Any, bool, Mapping[str, Any]]:
        model = self._store.models.kakao_account
        with self._store.database.host_session() as session:
            account = session.scalars(self._known, {"kakao_id": kakao_user.id}).first()
            is_new = account is None
            if is_new:
                account = model(kakao_id=kakao_user.id, linked_at=self._store.clock())
                account.user = self._new_user(kakao_user)
                session.add(account)
            elif not is_active(account.user):
                raise AccountDisabled
            user = account.user
            account.nickname = kakao_user.nickname
            account.email = kakao_user.email
            account.profile_image_url = kakao_user.profile_image_url
            account.thumbnail_image_url = kakao_user.thumbnail_image_url
            claims = self._claims_of(session, user)
        return user, is_new, claims

    def _claims_of(self, session: Any, user: Any) -> Mapping[str, Any]:
        hook = self._store.hooks.additional_claims
        if hook is None:
            return {}
        # A new User gets its key now, which the hook may want.
        session.flush()
        return hook(user)

    @cached_property
    def _known(self) -> Select[Any]:
        model = self._store.models.kakao_account
        return select(model).where(model.kakao_id == bindparam("kakao_id")).options(joinedload(model.user))

    def _new_user(self, kakao_user: KakaoUser) -> Any:
        user = self._store.models.user()
        if self._store.hooks.user_created is not None:
            self._store.hooks.user_created(user, kakao_user)
        return user


def hash_state(state: str) -> str:
    """Give what a state is stored as, so that a dump of the table cannot be replayed."""
    return hashlib.sha256(state.encode()).hexdigest()
