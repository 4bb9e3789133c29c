"""Where a view sends the browser: ``next``, judged when it comes in and once more when it goes out."""

from __future__ import annotations

from flask import redirect, request
from werkzeug.wrappers import Response

from ..errors import InvalidRequest
from ..login_state import LONGEST_NEXT, safe_next
from ..state import current_state


def next_path(*, longest: int = LONGEST_NEXT) -> str:
    """Give the request's ``next`` as a path on this site, the host's root if it is missing or unsafe."""
    return _judged(request.values.get("next"), longest)


def required_next_path() -> str:
    """Give the request's ``next``; raises ``InvalidRequest`` if unsafe: a posted body goes nowhere else."""
    path = next_path()
    if path == request.root_path + "/" != request.args.get("next"):
        raise InvalidRequest("next")
    return path


def redirect_to_next(path: str, code: int = 303) -> Response:
    """Redirect to ``path``, which is checked again here, where it leaves."""
    return redirect(_judged(path, LONGEST_NEXT), code)


def _judged(unverified_next: str | None, longest: int) -> str:
    own_prefix = request.root_path + current_state().settings.url_prefix
    return safe_next(unverified_next, own_prefix=own_prefix, default=request.root_path + "/", longest=longest)
