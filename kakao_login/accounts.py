"""Kakao user to local account: found by Kakao's id alone, created once, updated at every later login."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from . import signals
from .database import Database, reaching_database
from .errors import AccountDisabled
from .kakao.responses import KakaoUser
from .models import Models
from .sessions import is_active

UserCreated = Callable[[Any, KakaoUser], None]


class Accounts:
    """The accounts of one app; ``user_created`` fills a host's new User before it is stored."""

    def __init__(
        self,
        database: Database,
        models: Models,
        *,
        clock: Callable[[], float],
        user_created: UserCreated,
        sender: object,
    ) -> None:
        self._database = database
        self._models = models
        self._clock = clock
        self._user_created = user_created
        self.sender = sender

    def sign_in_with(self, kakao_user: KakaoUser) -> Any:
        """Give the User of a proved Kakao user; raises ``AccountDisabled`` and ``DatabaseUnavailable``.

        Two first logins at once both try to create; the unique Kakao id lets one win and the other finds it.
        """
        try:
            account, is_new = self._find_or_create(kakao_user)
        except IntegrityError:
            account, is_new = self._find_or_create(kakao_user)
        if is_new:
            signals.user_signed_up.send(self.sender, user=account.user, kakao_user=kakao_user)
        if not is_active(account.user):
            raise AccountDisabled
        return account.user

    def user_of(self, sid: str) -> Any:
        """Give the User of a login session in the host's own ``db.session``, where it can be changed; or None."""
        row = self._models.login_session
        query = select(self._models.user).join(row, row.user_id == self._models.user_key).where(row.id == sid)
        with reaching_database():
            return self._database.of_host.scalars(query).first()

    def account_of(self, user_id: Any) -> Any:
        """Give the KakaoAccount of a user, or None."""
        account = self._models.kakao_account
        with self._database.read() as session:
            return session.scalars(select(account).where(account.user_id == user_id)).first()

    def find_user(self, key: Any) -> Any:
        """Give the User with this primary key, or None."""
        with self._database.read() as session:
            return session.get(self._models.user, key)

    def is_disabled(self, user_id: Any) -> bool:
        """Tell whether the database says that the user may have no session."""
        return not is_active(self.find_user(user_id))

    def claim_login(self, state: str, next_path: str) -> bool:
        """Tell whether this is the first callback of a login, atomically over all workers."""
        used = self._models.used_login_state
        row = used(state_hash=hash_state(state), next=next_path, used_at=self._clock())
        try:
            with self._database.write() as session:
                session.add(row)
        except IntegrityError:
            return False
        return True

    def next_of_used_login(self, state: str) -> str | None:
        """Give where a used login was going, or None if there was no such login."""
        used = self._models.used_login_state
        with self._database.read() as session:
            return session.scalar(select(used.next).where(used.state_hash == hash_state(state)))

    def _find_or_create(self, kakao_user: KakaoUser) -> tuple[Any, bool]:
        model = self._models.kakao_account
        with self._database.host_session() as session:
            account = session.scalars(select(model).where(model.kakao_id == kakao_user.id)).first()
            is_new = account is None
            if is_new:
                user = self._models.user()
                self._user_created(user, kakao_user)
                account = model(kakao_id=kakao_user.id, user=user, linked_at=self._clock())
                session.add(account)
            account.nickname = kakao_user.nickname
            account.email = kakao_user.email
            account.profile_image_url = kakao_user.profile_image_url
            account.thumbnail_image_url = kakao_user.thumbnail_image_url
        return account, is_new


def hash_state(state: str) -> str:
    """Give what a state is stored as, so that a dump of the table cannot be replayed."""
    return hashlib.sha256(state.encode()).hexdigest()
