"""Who is asked for which consent items. Pure: an app, a link and a request in, sets of ids out."""

from __future__ import annotations

from dataclasses import dataclass

from ..store.apps import OPTIONAL, REQUIRED
from ..store.grants import Link
from ..store.personas import Person
from .authorization_request import OPENID, AuthorizationRequest


@dataclass(frozen=True)
class Question:
    """What a consent page lists: items and service terms, each with the ids that cannot be left out."""

    items: tuple[str, ...]
    required: frozenset[str]
    terms: tuple[str, ...] = ()
    required_terms: frozenset[str] = frozenset()

    @property
    def is_needed(self) -> bool:
        return bool(self.items or self.terms)


def question_for(request: AuthorizationRequest, link: Link | None) -> Question:
    """Give what must still be asked: required items always, optional ones at the first link, others when named."""
    app = request.app
    agreed = link.agreed if link else frozenset()
    wanted = app.items_at(REQUIRED) | (request.scope - {OPENID})
    if link is None and not request.scope:
        wanted |= app.items_at(OPTIONAL)
    items = tuple(item for item in app.consent_items if item in wanted - agreed)
    terms = _terms_for(request, link)
    return Question(
        items=items,
        required=app.items_at(REQUIRED) & frozenset(items),
        terms=terms,
        required_terms=frozenset(tag for tag in terms if app.service_terms[tag] == REQUIRED),
    )


def _terms_for(request: AuthorizationRequest, link: Link | None) -> tuple[str, ...]:
    """Terms are asked only with a required one among them, for Kakao shows no screen of optional terms alone."""
    levels = request.app.service_terms
    tags = request.service_terms
    if tags is None:
        tags = frozenset() if link else frozenset(levels)
    if not any(levels[tag] == REQUIRED for tag in tags):
        return ()
    agreed = link.agreed_terms if link else {}
    return tuple(tag for tag in levels if tag in tags and tag not in agreed)


def answer_of(person: Person, question: Question, agree: frozenset[str] | None) -> frozenset[str]:
    """Give the items the person agrees to unasked: those in `agree`, or all that the person does not refuse."""
    offered = frozenset(question.items)
    chosen = offered - frozenset(person.refuses) if agree is None else offered & agree
    return chosen | question.required
