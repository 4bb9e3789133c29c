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
# A JWT as a whole, or a word as long as codes, tokens and keys are.
_WORD = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+|[\w-]{8,}")
Parameters = dict[str, list[str]]


class Masking:
    """Masks by the name of a parameter, and by value: `is_secret` says whether a word is a live secret."""

    def __init__(self, is_secret: Callable[[str], bool]) -> None:
        self._is_secret = is_secret

    def text(self, value: str) -> str:
        """Give a text without the secrets in it."""
        shown = _WORD.sub(lambda found: MASK if self._hides(found.group()) else found.group(), value)
        return shown if len(shown) <= LONGEST_VALUE else f"{shown[:LONGEST_VALUE]}…"

    def _hides(self, word: str) -> bool:
        return "." in word or self._is_secret(word)

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
