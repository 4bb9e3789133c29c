"""The command line: `python -m kakao_login.emulator`, also installed as `kakao-emulator`."""

from __future__ import annotations

import signal
import sys
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from typing import Any

import click

from .control.emulator import Emulator
from .control.options import Options
from .http.tls import hosts_lines
from .running import DANGER, RemoteListenError, listening
from .store.app_files import read_apps
from .store.apps import App
from .store.refusals import InvalidSetting, NotFound

# What click itself gives for a wrong option.
USAGE_ERROR = 2
TLS_DIR = Path(click.get_app_dir("kakao-emulator"))


@click.command(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.option("--host", default="127.0.0.1", help="Address to listen at; loopback unless --allow-remote.")
@click.option("--port", default=9000, type=click.IntRange(0, 65535), help="Port to listen at; 0 takes a free one.")
@click.option("--allow-remote", is_flag=True, help=f"Allow a host that is not loopback. {DANGER}")
@click.option(
    "--advertise",
    metavar="URL",
    help="What discovery and pages name as the emulator's address, and a name it answers to with --allow-remote."
    " Default: where it listens.",
)
@click.option("--issuer", metavar="URL", help="The iss of id_tokens. Default: the advertised address.")
@click.option("--api-url", metavar="URL", help="Where discovery says kapi is. Default: beside the issuer.")
@click.option("--sign-in-as", metavar="PERSONA", help="Show no pages: every login is answered at once as PERSONA.")
@click.option("--app", "app_files", multiple=True, type=click.Path(path_type=Path), help="TOML file with apps.")
@click.option(
    "--redirect-uri",
    "redirect_uris",
    multiple=True,
    metavar="URI",
    help="Register it on the first app as well; may be repeated.",
)
@click.option("--tls", is_flag=True, help="Speak https as kauth.kakao.com and kapi.kakao.com.")
@click.option("--tls-dir", type=click.Path(path_type=Path), default=TLS_DIR, help="Where its certificate is kept.")
@click.option("--ready-file", type=click.Path(path_type=Path), help="Write the address here once it accepts.")
def main(app_files: tuple[Path, ...], ready_file: Path | None, tls: bool, tls_dir: Path, **settings: Any) -> None:
    """Run a local Kakao to develop and test a Kakao login against."""
    try:
        if ready_file is not None:
            # One that an earlier run left behind would send whoever waits to a dead address.
            ready_file.unlink(missing_ok=True)
        apps = read_apps(app_files) or (App(),)
        _serve(Options(apps=apps, tls_dir=tls_dir if tls else None, **settings), ready_file)
    except (InvalidSetting, NotFound, RemoteListenError) as error:
        _stop(str(error))
    except OSError as error:
        # A file that cannot be read or written names itself; without one it is the address.
        address = f"{settings['host']}:{settings['port']}"
        _stop(
            f"{error.filename or address}: {error.strerror}."
            + ("" if error.filename else " Choose another with --port.")
        )


def _stop(reason: str) -> None:
    click.echo(f"kakao-emulator: {reason}", err=True)
    sys.exit(USAGE_ERROR)


def _serve(options: Options, ready_file: Path | None) -> None:
    ended = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    with listening(options) as (emulator, server):
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        _announce(emulator, options, ready_file)
        ended.wait()
        server.shutdown()
        thread.join()
    if ready_file is not None:
        with suppress(FileNotFoundError):
            ready_file.unlink()


def _announce(emulator: Emulator, options: Options, ready_file: Path | None) -> None:
    url, client_id = emulator.url, emulator.app()["client_id"]
    if ready_file is not None:
        # Whoever waits for the file must never read half an address.
        part = ready_file.with_name(f"{ready_file.name}.part")
        part.write_text(f"{url}\n", encoding="utf-8")
        part.replace(ready_file)
    console = f"{emulator.state.shown_url}/emulator/"
    click.echo(f"A local Kakao is at {url} (console: {console}, REST API key: {client_id}).")
    if options.allow_remote:
        click.echo(DANGER, err=True)
    if emulator.ca_file is not None:
        click.echo(
            f"Have your client trust {emulator.ca_file.resolve()} and, while you need it, your hosts file say:"
        )
        click.echo(hosts_lines(options.host))
    if emulator.ca_file is not None and not url.endswith(":443"):
        click.echo("A client with hard-coded URLs calls port 443: start with --port 443 or lead that port here.")


if __name__ == "__main__":
    main()
