"""What the log of calls may show of a request: no secret, code or token, wherever a client put it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from werkzeug.datastructures import Headers

MASK = "[masked]"
SECRETS = frozenset(
    {"clientsecret", "code", "codeverifier", "accesstoken", "refreshtoken", "idtoken", "guardiantoken"}
    | {"token", "adminkey"}
)
HEADERS_KEPT = ("Accept", "Accept-Language", "Content-Type", "User-Agent", "Origin", "KA")
SCHEMES = frozenset({"bearer", "basic", "kakaoak"})
# A long value is cut, and of many parameters only the first are kept: the log holds thousands of calls.
LONGEST_VALUE, MOST_PARAMETERS = 500, 50
SHORTEST_SECRET = 6
# So much of a value is looked through; of a secret at its border only a part would be left, not known for one.
LOOKED_THROUGH = 2_000
_TORN_WORD = re.compile(r"\S*\Z")
# How long sessions, tokens and codes are; in a longer run of letters one may hide.
LIVE_LENGTHS = (43, 54, 86)
_JWT = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+")
_LONG_WORD = re.compile(rf"[\w-]{{{LIVE_LENGTHS[0]},}}")
Parameters = dict[str, list[str]]


class Masking:
    """Masks one call, by the name of a parameter and by value: the secrets of apps, and what `is_live` knows."""

    def __init__(self, app_secrets: Iterable[str], is_live: Callable[[str], bool]) -> None:
        self._app_secrets = tuple(app_secrets)
        self._is_live = is_live

    def text(self, value: str) -> str:
        """Give a text without the secrets in it, however they are joined with the rest."""
        shown = value if len(value) <= LOOKED_THROUGH else _TORN_WORD.sub("", value[:LOOKED_THROUGH])
        shown = _JWT.sub(MASK, shown)
        for secret in self._app_secrets:
            # One of a few letters would take every word apart that happens to hold them.
            shown = shown.replace(secret, MASK) if len(secret) >= SHORTEST_SECRET or shown == secret else shown
        shown = _LONG_WORD.sub(lambda found: self._without_live(found.group()), shown)
        return shown if len(shown) <= LONGEST_VALUE else f"{shown[:LONGEST_VALUE]}…"

    def _without_live(self, word: str) -> str:
        for length in LIVE_LENGTHS:
            for start in range(len(word) - length + 1):
                found = word[start : start + length]
                if self._is_live(found):
                    return self._without_live(word.replace(found, MASK))
        return word

    def parameters(self, parameters: Iterable[tuple[str, list[str]]]) -> Parameters:
        """Give parameters with their secrets replaced; empty values stay visible as empty."""
        kept = [(name, values) for name, values in parameters][:MOST_PARAMETERS]
        return {self.text(name): [self._value(name, value) for value in values] for name, values in kept}

    def _value(self, name: str, value: str) -> str:
        secret = re.sub(r"[^a-z]", "", name.lower()) in SECRETS
        return MASK if value and secret else self.text(value)

    def headers(self, headers: Headers) -> dict[str, str]:
        """Give the headers of interest; of `Authorization` only a known scheme, for the rest may be secret."""
        kept = {name: self.text(headers[name]) for name in HEADERS_KEPT if name in headers}
        if "Authorization" in headers:
            scheme, _, rest = headers["Authorization"].partition(" ")
            kept["Authorization"] = f"{scheme} {MASK}" if rest and scheme.lower() in SCHEMES else MASK
        return kept
