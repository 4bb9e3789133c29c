"""The stream of requests that the console listens to, over a bare line."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import requests

from kakao_login.emulator import Emulator, run_emulator

from .emulator_client import Client


def lines_of(answer: Any) -> Iterator[bytes]:
    return (line for line in answer.iter_lines(chunk_size=1) if line.startswith(b"data:"))


def test_the_stream_tells_of_each_call_as_it_begins_and_ends(client: Client, kakao: Emulator) -> None:
    with requests.get(f"{kakao.url}/emulator/stream", stream=True, timeout=5) as answer:
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        lines = lines_of(answer)
        client.authorize()
        assert b'"status": null' in next(lines)
        assert b'"status": 200' in next(lines)


def test_a_stream_does_not_keep_the_emulator_from_ending() -> None:
    with run_emulator() as kakao:
        answer = requests.get(f"{kakao.url}/emulator/stream", stream=True, timeout=5)
        started = time.monotonic()
    assert time.monotonic() - started < 2
    answer.close()
