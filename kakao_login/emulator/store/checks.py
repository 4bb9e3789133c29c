"""Checks for settings from JSON or TOML: each gives a raw value back typed, or says what is due."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from ..http.off_limits import is_written_off_limits
from ..http.request import HOST
from .refusals import InvalidSetting

Check = Callable[[Any], Any]
# The largest whole number below which a JavaScript number holds every one.
LARGEST_EXACT = 2**53 - 1


def text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise InvalidSetting("must_be_text")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise InvalidSetting("must_be_utf8") from error
    return value


def flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise InvalidSetting("must_be_flag")
    return value


def number_between(least: int, most: int) -> Check:
    def check(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise InvalidSetting("must_be_whole_number", least=least, most=most)
        return value

    return check


whole_number = number_between(0, 2**63 - 1)
# An id of a person and what an app adds to it stay below 2^63 together.
identifier = number_between(1, 2**62)
# Such an id a JavaScript number can hold, for the console writes it.
small_identifier = number_between(1, LARGEST_EXACT)


def key(value: Any) -> str:
    """Accept what an HTTP header can carry as it stands."""
    if not (text(value).isascii() and value.isprintable()) or " " in value:
        raise InvalidSetting("must_be_key")
    return str(value)


def persona(value: Any) -> str:
    """Accept a name that no id can be mistaken for and that the path of a call can hold."""
    if text(value).isdigit() or "/" in value or value.strip(".") == "":
        raise InvalidSetting("must_be_persona")
    return str(value)


def seconds(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= 1e12:
        raise InvalidSetting("must_be_seconds")
    return float(value)


def url(value: Any) -> str:
    """Accept an absolute URL of any scheme, for an app's own scheme may be a redirect URI too."""
    try:
        scheme = urlsplit(text(value)).scheme
    except ValueError:
        scheme = ""
    if not scheme or any(character.isspace() for character in value):
        raise InvalidSetting("must_be_url")
    return str(value)


def redirect_uri(value: Any) -> str:
    """Accept a URL that parameters can be appended to (RFC 6749 3.1.2)."""
    if "#" in url(value):
        raise InvalidSetting("must_be_redirect_uri")
    return str(value)


def http_url(value: Any) -> str:
    if urlsplit(url(value)).scheme not in {"http", "https"} or not urlsplit(value).netloc:
        raise InvalidSetting("must_be_http_url")
    return str(value)


def origin(value: Any) -> str:
    """Accept the scheme, host and port of a URL alone, also with the slash that a browser shows behind them."""
    if HOST.fullmatch(http_url(value).partition("://")[2].removesuffix("/")) is None:
        raise InvalidSetting("must_be_origin")
    return str(value)


def webhook_url(value: Any) -> str:
    """Accept an http URL; credentials in it would replace the header that Kakao sends, a fragment the query."""
    if "@" in urlsplit(http_url(value)).netloc or "#" in value:
        raise InvalidSetting("must_be_webhook_url")
    if is_written_off_limits(urlsplit(value).hostname or ""):
        raise InvalidSetting("address_off_limits")
    return str(value)


def one_of(*choices: str | int) -> Check:
    def check(value: Any) -> str | int:
        if isinstance(value, bool) or not isinstance(value, str | int) or value not in choices:
            raise InvalidSetting("must_be_one_of", choices=", ".join(map(str, choices)))
        return value

    return check


def optional(check: Check) -> Check:
    return lambda value: None if value is None else check(value)


def tuple_of(check: Check) -> Check:
    def check_each(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list | tuple):
            raise InvalidSetting("must_be_list")
        return tuple(check(item) for item in value)

    return check_each


def mapping_to(check: Check) -> Check:
    def check_each(value: Any) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            raise InvalidSetting("must_be_table")
        return {text(name): check(item) for name, item in value.items()}

    return check_each


def as_json(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Give a dict as JSON would, for `dataclasses.asdict`: what is a tuple here is a list there."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in pairs}


def checked(values: Any, checks: Mapping[str, Check]) -> dict[str, Any]:
    """Check every named value. Raises InvalidSetting naming the key that is unknown or wrong."""
    if not isinstance(values, Mapping):
        raise InvalidSetting("must_be_object")
    return {name: _checked_one(name, value, checks) for name, value in values.items()}


def _checked_one(name: str, value: Any, checks: Mapping[str, Check]) -> Any:
    if name not in checks:
        raise InvalidSetting("unknown", name, known=", ".join(sorted(checks)))
    try:
        return checks[name](value)
    except InvalidSetting as error:
        raise error.within(name) from error
