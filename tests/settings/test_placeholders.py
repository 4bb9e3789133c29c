"""A secret that stands in an example is none."""

from __future__ import annotations

import random
import secrets
import string

import pytest

from kakao_login import SettingsError
from kakao_login.settings.loading import load_settings
from kakao_login.settings.placeholders import is_placeholder
from tests.support import config_for

PLACEHOLDERS = [
    "a" * 32,
    "0" * 64,
    "secret" * 6,
    "secret-secret-secret-secret-secret-secret",
    "secret1secret2secret3secret4secret5",
    "Secret secret SECRET secret secret secret",
    "1234567890" * 4,
    "abcdefgh" * 4 + "abc",
    "changeme" + "x" * 30,
    "changeme-changeme-changeme-changeme",
    "CHANGE-ME-0123456789-abcdef-0123456789",
    "change_this_to_something_random_please",
    "please-replace-me-with-a-long-random-text",
    "your-secret-key-at-least-32-characters-long",
    "my_super_secret_key_0123456789_0123456789",
    "django-insecure-8s7f6g5h4j3k2l1q0w9e8r7t6y5u",
    "Password1!Password1!Password1!Password1!",
    "비밀번호" * 8,
]


@pytest.mark.parametrize("secret", PLACEHOLDERS)
def test_a_placeholder_is_known(secret: str) -> None:
    assert is_placeholder(secret)


def test_a_random_secret_is_none_however_it_is_spelled() -> None:
    dice = random.Random(9)
    alphabets = (string.hexdigits, string.digits, string.ascii_lowercase, string.printable, string.ascii_letters)
    made = ["".join(dice.choices(alphabet, k=48)) for alphabet in alphabets for _ in range(2000)]
    made += [secrets.token_urlsafe(48) for _ in range(2000)]
    assert [secret for secret in made if is_placeholder(secret)] == []


@pytest.mark.parametrize("key", ["JWT_SECRET_KEY", "JWT_SECRET_KEY_FALLBACKS"])
def test_production_refuses_one_and_development_does_not(key: str) -> None:
    config = config_for(None, **{key: "changeme" * 4, "KAKAO_CLIENT_ID": "key"})
    with pytest.raises(SettingsError, match=f"{key} is a placeholder.*flask kakao keys new"):
        load_settings(config, development=False)
    load_settings(config, development=True)
