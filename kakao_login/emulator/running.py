"""Running an emulator: for the command line until a signal comes, for a test as long as a `with` block lasts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

from .application import create_app
from .control.emulator import Emulator
from .control.options import Options
from .control.visitors import is_loopback
from .http.server import Server
from .http.tls import tls_context

DANGER = (
    "Whoever reaches the emulator can sign in as anybody and change everything, for it has no passwords and its"
    " keys are public, and can have it send requests to any webhook address, inside your network too."
)


class RemoteListenError(ValueError):
    """The host is not loopback and `allow_remote` was not given."""


@contextmanager
def listening(options: Options) -> Iterator[tuple[Emulator, Server]]:
    """Make an emulator and bind its server, which does not serve yet. Raises RemoteListenError and OSError."""
    if not options.allow_remote and not is_loopback(options.host):
        raise RemoteListenError(f"{options.host} is not loopback. {DANGER} Say --allow-remote if that is meant.")
    emulator = Emulator(options)
    tls = tls_context(options.tls_dir) if options.tls_dir else None
    with Server((options.host, options.port), create_app(emulator), tls) as server:
        emulator.state.url = server.url
        try:
            yield emulator, server
        finally:
            emulator.clear_faults()
            emulator.state.recorder.close()
            emulator.state.outbox.clear()


@contextmanager
def run_emulator(**options: Any) -> Iterator[Emulator]:
    """Serve an emulator from a thread and give its control object; `url` says where, by default on any free port.

    Options are the fields of `Options`: host, port, advertise, issuer, apps, redirect_uris, sign_in_as, ...
    Raises TypeError for an unknown option, RemoteListenError off loopback, OSError for a taken port.
    """
    with listening(Options(**options)) as (emulator, server):
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield emulator
        finally:
            server.shutdown()
            thread.join()
