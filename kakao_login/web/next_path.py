"""Where a browser is sent: ``next``, judged when it comes in and once more when it goes out."""

from __future__ import annotations

import posixpath
import re
from urllib.parse import quote, unquote, urlsplit

from flask import redirect, request
from werkzeug.wrappers import Response

from ..errors import InvalidRequest
from ..services import current_services

# RFC 3986 section 2: what may stand in a URL as it is; everything else is percent-encoded.
_URL_CHARACTERS = "!#$%&'()*+,/:;=?@[]~"
LONGEST_NEXT = 2048


def safe_next(
    unverified_next: str | None, *, own_prefix: str = "/auth", default: str = "/", longest: int = LONGEST_NEXT
) -> str:
    """Give ``unverified_next`` if it is a path on this site that a browser cannot read as another site.

    Browsers drop tabs and line ends and read a backslash as a slash (WHATWG URL standard), so none may be there;
    a path under ``own_prefix`` would start a login or a refresh again and again.
    """
    path = unverified_next or default
    if any(character < " " or character in "\\\x7f" for character in path):
        return default
    path = quote(path, safe=_URL_CHARACTERS, errors="replace")
    if len(path) > longest or not path.startswith("/") or path.startswith("//"):
        return default
    parts = urlsplit(path)
    arrives_at = _arrives_at(parts.path)
    under_own = arrives_at == own_prefix or arrives_at.startswith(own_prefix + "/")
    return default if parts.scheme or parts.netloc or under_own else path


def _arrives_at(path: str) -> str:
    """Give the path that is routed: the browser takes out dots, the server decodes and joins slashes."""
    return posixpath.normpath(re.sub("/+", "/", unquote(path)))


def next_path(*, longest: int = LONGEST_NEXT) -> str:
    """Give the query's ``next`` as a path on this site, the host's root if it is missing or unsafe."""
    return judged_path(request.args.get("next"), longest=longest)


def required_next_path() -> str:
    """Give the query's ``next``; raises ``InvalidRequest`` if unsafe: a posted body goes nowhere else."""
    path = next_path()
    if path == request.root_path + "/" != request.args.get("next"):
        raise InvalidRequest("next")
    return path


def redirect_to_next(path: str, code: int = 303) -> Response:
    """Redirect to ``path``, which is checked again here, where it leaves."""
    return redirect(judged_path(path), code)


def judged_path(unverified_next: str | None, *, longest: int = LONGEST_NEXT) -> str:
    """Give a path that came with the request if it is one on this site, else the host's root."""
    own_prefix = request.root_path + current_services().settings.url_prefix
    return safe_next(unverified_next, own_prefix=own_prefix, default=request.root_path + "/", longest=longest)
