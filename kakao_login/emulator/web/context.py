"""What a view needs of its surroundings: the state of its emulator, and the parameters of a call."""

from __future__ import annotations

from typing import cast

from flask import Flask, current_app, request
from werkzeug.datastructures import MultiDict

from ..store.state import State

NAME = "kakao_emulator"


def bind_state(app: Flask, state: State) -> None:
    """Give the app its state; every app has one of its own."""
    app.extensions[NAME] = state


def current_state() -> State:
    """Give the state of the emulator that serves the current request."""
    return cast(State, current_app.extensions[NAME])


def repeated(parameters: MultiDict[str, str]) -> str | None:
    """Name a parameter that was sent more than once, which RFC 6749 3.1 and 3.2 forbid; None if there is none."""
    return next((name for name, values in parameters.lists() if len(values) > 1), None)


def call_name() -> str:
    """Give the name of the endpoint as faults, admin keys and the recorder use it; the path if there is none."""
    return request.endpoint.rpartition(".")[2] if request.endpoint else request.path


def call_parameters() -> MultiDict[str, str]:
    """Give the parameters of a kapi call, which may come in the query or in a form body."""
    return request.values
