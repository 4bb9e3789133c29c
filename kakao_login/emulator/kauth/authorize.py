"""`/oauth/authorize`: choose a person, agree to items, go back with a code."""

from __future__ import annotations

import secrets
from itertools import islice
from urllib.parse import urlencode

from flask import Response, make_response, render_template, request

from ..store.grants import CODE_LIFETIME, AutoSignIn, Code, Link, Session
from ..store.personas import Person
from ..web.context import current_state
from ..web.errors import KakaoPageError, RedirectedError, found, with_parameters
from .authorization_request import FRESH_SIGN_IN, AuthorizationRequest, parse
from .consent import Question, answer_of, question_for
from .sign_in import auto_sign_in, current_session, start_session

PEOPLE_SHOWN = 50


def authorize() -> Response:
    """Take a browser through Kakao's login (RFC 6749 4.1.1).

    Gives a page, or a redirect to the app with a code. Raises KakaoPageError and RedirectedError.
    """
    asked = parse(request.args, current_state())
    if request.method == "POST":
        return _take_answer(asked)
    auto = auto_sign_in()
    if auto is not None:
        return _answer_at_once(asked, auto)
    session = current_session()
    if "none" in asked.prompt:
        return _answer_silently(asked, session)
    fresh = FRESH_SIGN_IN - ({"select_account"} if asked.app.select_account_at_once else set())
    if session is None or asked.prompt & fresh:
        return _sign_in_page(asked)
    return _ask_consent(asked, session)


def _take_answer(asked: AuthorizationRequest) -> Response:
    action = request.form.get("action")
    if action == "cancel":
        raise _refusal(asked, "access_denied", "User denied access")
    if action == "sign_in":
        return _sign_in(asked)
    session = current_session()
    if session is None or "none" in asked.prompt:
        return found(request.full_path, 303)
    return _agree(asked, session)


def _sign_in(asked: AuthorizationRequest) -> Response:
    chosen = request.form.get("person") or request.form.get("who", "")
    person = current_state().person_called(chosen.strip())
    if person is None:
        raise KakaoPageError("KOE204", "person")
    _check_admission(asked, person)
    response = found(f"{request.path}?{urlencode(_without_prompt())}", 303)
    start_session(response, person, stay=request.form.get("stay") == "on")
    return response


def _agree(asked: AuthorizationRequest, session: Session) -> Response:
    person = current_state().people[session.person_id]
    _check_admission(asked, person)
    question = question_for(asked, _link(asked, person.id))
    items = frozenset(request.form.getlist("item")) & frozenset(question.items)
    terms = frozenset(request.form.getlist("term")) & frozenset(question.terms)
    if request.form.get("action") == "agree_all":
        items, terms = answer_of(person, question, None), frozenset(question.terms)
    missing = (question.required - items) | (question.required_terms - terms)
    if missing:
        raise KakaoPageError("KOE203", ", ".join(sorted(missing)))
    return _send_code(asked, session, items, terms)


def _answer_at_once(asked: AuthorizationRequest, auto: AutoSignIn) -> Response:
    """Answer without pages as the person who was set, by the same rules as with pages."""
    now = current_state().clock.now()
    session = Session(auto.person_id, now, now)
    if "none" in asked.prompt:
        return _answer_silently(asked, session)
    person = current_state().people[auto.person_id]
    _check_admission(asked, person)
    question = question_for(asked, _link(asked, person.id))
    return _send_code(asked, session, answer_of(person, question, auto.agree), frozenset(question.terms))


def _answer_silently(asked: AuthorizationRequest, session: Session | None) -> Response:
    """Answer `prompt=none`, which never shows a page: a code, or an error by redirect."""
    if session is None:
        raise _refusal(asked, "login_required", "user authentication required.")
    person = current_state().people[session.person_id]
    _check_admission(asked, person)
    link = _link(asked, person.id)
    if link is None or question_for(asked, link).items:
        raise _refusal(asked, "consent_required", "user consent required.")
    if person.restricted or question_for(asked, link).terms:
        raise _refusal(asked, "interaction_required", "need to collect additional personal information.")
    return _send_code(asked, session, frozenset(), frozenset())


def _ask_consent(asked: AuthorizationRequest, session: Session) -> Response:
    person = current_state().people[session.person_id]
    _check_admission(asked, person)
    link = _link(asked, person.id)
    question = question_for(asked, link)
    if link is not None and not question.is_needed:
        return _send_code(asked, session, frozenset(), frozenset())
    return _consent_page(asked, person, question)


def _check_admission(asked: AuthorizationRequest, person: Person) -> None:
    if not asked.app.admits(person.persona):
        raise KakaoPageError("KOE005")
    if person.under_14 and not asked.app.under_14_allowed:
        raise _refusal(asked, "access_denied", "Not allowed under age 14")


def _refusal(asked: AuthorizationRequest, error: str, description: str) -> RedirectedError:
    return RedirectedError(asked.redirect_uri, asked.state, error, description)


def _link(asked: AuthorizationRequest, person_id: int) -> Link | None:
    return current_state().links.get((asked.app.app_id, person_id))


def _sign_in_page(asked: AuthorizationRequest) -> Response:
    state = current_state()
    hinted = state.person_called(asked.login_hint) if asked.login_hint else None
    others = islice((person for person in list(state.people.values()) if person != hinted), PEOPLE_SHOWN)
    people = [*([hinted] if hinted else []), *others]
    more = len(state.people) > len(people)
    return make_response(render_template("sign_in.html", asked=asked, people=people, hinted=hinted, more=more))


def _without_prompt() -> list[tuple[str, str]]:
    """Give the parameters without the prompt, which is spent once the person has signed in."""
    return [(name, value) for name, value in request.args.items() if name not in {"prompt", "auth_type"}]


def _consent_page(asked: AuthorizationRequest, person: Person, question: Question) -> Response:
    other_person_url = f"{request.path}?{urlencode([*_without_prompt(), ('prompt', 'login')])}"
    return make_response(
        render_template(
            "consent.html", asked=asked, person=person, question=question, other_person_url=other_person_url
        )
    )


def _send_code(
    asked: AuthorizationRequest, session: Session, items: frozenset[str], terms: frozenset[str]
) -> Response:
    state = current_state()
    code = Code(
        value=secrets.token_urlsafe(64),
        app_id=asked.app.app_id,
        person_id=session.person_id,
        client_id=asked.client_id,
        redirect_uri=asked.redirect_uri,
        agreed=items,
        agreed_terms=terms,
        wants_id_token=asked.wants_id_token,
        nonce=asked.nonce,
        code_challenge=asked.code_challenge,
        auth_time=session.auth_time,
        expires_at=state.clock.now() + CODE_LIFETIME,
    )
    state.codes[code.value] = code
    answer = {"code": code.value} | ({} if asked.state is None else {"state": asked.state})
    return found(with_parameters(asked.redirect_uri, answer))
