"""What must hold when several processes serve one database."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import jwt
import requests

from ..servers import Workers
from ..support import Host
from .conftest import new_session

Start = Callable[..., Workers]


def generation(token: str) -> int:
    return int(jwt.decode(token, options={"verify_signature": False})["gen"])


def refresh(url: str, refresh_token: str) -> requests.Response:
    return requests.post(f"{url}/auth/refresh", json={"refresh_token": refresh_token}, timeout=30)


def status_with(url: str, access_token: str) -> int:
    return requests.get(f"{url}/mine", headers={"Authorization": f"Bearer {access_token}"}, timeout=30).status_code


def test_a_hundred_refreshes_at_once_over_two_processes_take_one_step(host: Host, start_workers: Start) -> None:
    workers = [start_workers(), start_workers()]
    _, token = new_session(host)
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda number: refresh(workers[number % 2].url, token), range(100)))
    assert {answer.status_code for answer in answers} == {200}
    [successor] = {answer.json()["refresh_token"] for answer in answers}
    assert generation(successor) == 1


def test_an_end_is_known_to_the_other_worker_within_two_seconds(host: Host, start_workers: Start) -> None:
    here, there = start_workers(), start_workers()
    access, _ = new_session(host)
    assert [status_with(workers.url, access) for workers in (here, there)] == [200, 200]
    headers = {"Authorization": f"Bearer {access}"}
    assert requests.post(f"{here.url}/auth/logout", headers=headers, timeout=30).status_code == 200
    ended_at = time.monotonic()
    assert status_with(here.url, access) == 401
    while status_with(there.url, access) == 200:
        assert time.monotonic() - ended_at < 2
        time.sleep(0.02)


def test_with_an_interval_of_zero_an_end_is_known_everywhere_at_once(host: Host, start_workers: Start) -> None:
    workers = start_workers(2, KAKAO_LOGIN_POLL_INTERVAL=0)
    pairs = [new_session(host) for _ in range(10)]
    for access, _ in pairs:
        headers = {"Authorization": f"Bearer {access}"}
        assert requests.post(f"{workers.url}/auth/logout", headers=headers, timeout=30).status_code == 200
        assert {status_with(workers.url, access) for _ in range(6)} == {401}


def race(url: str, pair: tuple[str, str]) -> set[int]:
    """Refresh and log out at the same moment; give what everything that was ever minted is answered afterwards."""
    access, token = pair
    renewed: list[requests.Response] = []
    renewing = threading.Thread(target=lambda: renewed.append(refresh(url, token)))
    renewing.start()
    headers = {"Authorization": f"Bearer {access}"}
    assert requests.post(f"{url}/auth/logout", headers=headers, timeout=30).status_code == 200
    renewing.join()
    if renewed[0].status_code == 200:
        access, token = renewed[0].json()["access_token"], renewed[0].json()["refresh_token"]
    return {status_with(url, access), refresh(url, token).status_code}


def test_a_refresh_racing_a_logout_never_brings_the_session_back(host: Host, start_workers: Start) -> None:
    workers = start_workers(2, KAKAO_LOGIN_POLL_INTERVAL=0, KAKAO_LOGIN_REUSE_INTERVAL=0)
    pairs = [new_session(host, user_id) for user_id in (1, 2) for _ in range(100)]
    with ThreadPoolExecutor(4) as pool:
        statuses = set().union(*pool.map(lambda pair: race(workers.url, pair), pairs))
    assert statuses == {401}


class Client(threading.Thread):
    """A client that refreshes and uses its session, and that tries again as a browser would."""

    def __init__(self, url: str, pair: tuple[str, str], stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self.url, self.pair, self.stop = url, pair, stop
        self.steps = 0
        self.problem = ""

    def run(self) -> None:
        while not self.stop.is_set() and not self.problem:
            self.step()

    def step(self) -> None:
        try:
            answer = refresh(self.url, self.pair[1])
            if answer.status_code == 200:
                body = answer.json()
                self.check(body["refresh_token"])
                self.pair = (body["access_token"], body["refresh_token"])
                answer = requests.get(
                    f"{self.url}/mine", headers={"Authorization": f"Bearer {self.pair[0]}"}, timeout=30
                )
            if answer.status_code == 401:
                self.problem = answer.text
        except requests.RequestException:
            # The worker died under the request; whether the step was taken is not known.
            time.sleep(0.01)

    def check(self, successor: str) -> None:
        if not 0 <= generation(successor) - generation(self.pair[1]) <= 1:
            self.problem = "a second chain"
        self.steps += 1


def test_workers_killed_a_hundred_times_log_nobody_out(host: Host, start_workers: Start) -> None:
    workers = start_workers(2, KAKAO_LOGIN_REUSE_INTERVAL=0)
    stop = threading.Event()
    clients = [Client(workers.url, new_session(host), stop) for _ in range(20)]
    for client in clients:
        client.start()
    dice = random.Random(1)
    killed = 0
    deadline = time.monotonic() + 90
    while killed < 100:
        assert time.monotonic() < deadline
        time.sleep(dice.uniform(0.02, 0.15))
        pids = workers.pids()
        # One worker always lives, so that the clients make steps that can be interrupted.
        if len(pids) == 2 and all(_serves(pid) for pid in pids):
            os.kill(dice.choice(pids), signal.SIGKILL)
            killed += 1
    stop.set()
    for client in clients:
        client.join(60)
    assert [client.problem for client in clients] == [""] * 20
    assert min(client.steps for client in clients) > 0
    for client in clients:
        answer = refresh(workers.url, client.pair[1])
        assert answer.status_code == 200


def _serves(pid: int) -> bool:
    """Tell whether a worker has got past its imports: it then runs a thread pool."""
    try:
        return len(os.listdir(f"/proc/{pid}/task")) > 1
    except FileNotFoundError:
        return False
