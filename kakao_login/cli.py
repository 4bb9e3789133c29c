"""``flask kakao …``: what an operator does from a terminal.

Flask finds the group by its entry point (see setup.cfg), not through an app, so that ``keys new`` also works while
an app cannot start for want of a key.  Exit codes: 0 done, 1 refused with one line that says why, 2 wrong usage.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec

import click
from flask.cli import ScriptInfo
from sqlalchemy.exc import DBAPIError

from .errors import DatabaseUnavailable, NotReady, SettingsError
from .services import EXTENSION, Services, current_services
from .settings.values import ALGORITHMS, DAY
from .signals import EndReason
from .tokens.keys import new_key
from .web.session_info import SessionInfo, describe_session

P = ParamSpec("P")


def with_services(command: Callable[Concatenate[Services, P], None]) -> Callable[P, None]:
    """Load the app, call ``command`` with its services, and refuse in one line where that cannot be done."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            app = click.get_current_context().ensure_object(ScriptInfo).load_app()
            if EXTENSION not in app.extensions:
                raise click.ClickException("This app has no Kakao login. Call KakaoLogin(app, db=db) in it.")
            with app.app_context():
                command(current_services(), *args, **kwargs)
        except SettingsError as error:
            raise click.ClickException(str(error)) from None
        except (DatabaseUnavailable, NotReady, DBAPIError) as error:
            problem = error if isinstance(error, DBAPIError) else error.__cause__
            reason = str(getattr(problem, "orig", None) or "it does not answer").strip().partition("\n")[0]
            raise click.ClickException(f"The database cannot be used: {reason}") from None

    return run


@click.group()
def kakao() -> None:
    """Kakao login: tables, sessions and keys."""


@kakao.command("init-db")
@with_services
def init_db(services: Services) -> None:
    """Create the tables that are missing.

    They are those of Kakao login and the table of the users they point at; all others are left to the app.
    """
    created = services.database.create(services.models.tables())
    click.echo(f"Created {', '.join(created)}." if created else "Nothing to do: all tables are there.")


@kakao.command()
@click.option("--user", "user_key", metavar="ID", required=True, help="The user's primary key.")
@with_services
def sessions(services: Services, user_key: str) -> None:
    """List a user's sessions, the one active last first."""
    rows = services.sessions.of_user(_user_id(services, user_key))
    for row in rows:
        click.echo(_line(describe_session(row, current_sid=None)))
    if not rows:
        click.echo(f"User {user_key} has no session.")


@kakao.command("end-sessions")
@click.option("--user", "user_key", metavar="ID", help="End the sessions of the user with this primary key.")
@click.option("--all", "everybodys", is_flag=True, help="End the sessions of all users.")
@with_services
def end_sessions(services: Services, user_key: str | None, everybodys: bool) -> None:
    """End all sessions of a user or of everybody.

    Every worker refuses them within KAKAO_LOGIN_POLL_INTERVAL.
    """
    if (user_key is None) is not everybodys:
        raise click.UsageError("Say either --user ID or --all.")
    if user_key is None:
        count = sum(services.sessions.end_everybodys(EndReason.ENDED_BY_OPERATOR))
    else:
        count = services.sessions.end_all(_user_id(services, user_key), EndReason.ENDED_BY_OPERATOR)
    click.echo(f"Ended {_number(count, 'session')}.")


@kakao.command()
@click.option(
    "--older-than",
    "days",
    type=click.IntRange(min=0),
    metavar="DAYS",
    default=30,
    show_default=True,
    help="Keep sessions that are over for fewer days.",
)
@with_services
def prune(services: Services, days: int) -> None:
    """Delete what is long over, in batches.

    That is: sessions that ended or ran out, and the marks of logins that were used over a day ago. A session that
    an access token may still belong to is kept, whatever is asked for.
    """
    total, count = services.pruning.count(days * DAY), 0
    with click.progressbar(length=total, label="Deleting", file=sys.stderr) as bar:
        for batch in services.pruning.delete(days * DAY):
            count += batch
            bar.update(batch)
    click.echo(f"Deleted {_number(count, 'row')}.")


@kakao.group()
def keys() -> None:
    """Keys to sign tokens with."""


@keys.command("new")
@click.option("--algorithm", type=click.Choice(ALGORITHMS), default="HS256", show_default=True)
def new(algorithm: str) -> None:
    """Print a new secret, or a private key as PEM text, and nothing else to stdout.

    To rotate without logging anyone out, put the old one into JWT_SECRET_KEY_FALLBACKS
    or JWT_PRIVATE_KEY_FALLBACKS.
    """
    click.echo(new_key(algorithm))
    name = "JWT_SECRET_KEY" if algorithm == "HS256" else "JWT_PRIVATE_KEY, in double quotes,"
    click.echo(f"Set {name} to this and JWT_ALGORITHM to {algorithm}; keep it secret.", err=True)


def _user_id(services: Services, text: str) -> Any:
    try:
        user_id = services.models.parse_key(text)
    except ValueError:
        user_id = None
    if user_id is None or services.users.find(user_id) is None:
        raise click.ClickException(f"There is no user {text}.")
    return user_id


def _line(info: SessionInfo) -> str:
    moments = f"since {info.created_at:%Y-%m-%d %H:%M}, active {info.last_active_at:%Y-%m-%d %H:%M} UTC"
    device = f"{info.browser or 'unknown'} on {info.system or 'unknown'}"
    return f"{info.id}  {moments}  {device}  from {info.ip or 'unknown'}"


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
