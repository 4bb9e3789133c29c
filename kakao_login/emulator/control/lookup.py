"""Finding the app, the people or the link that a call of the control API names."""

from __future__ import annotations

from itertools import islice

from ..store.apps import App
from ..store.grants import Link
from ..store.personas import Person
from ..store.refusals import NotFound
from ..store.state import State

NAMES_SHOWN = 20


class Lookup:
    """Finds things in the state of one emulator."""

    def __init__(self, state: State) -> None:
        self._state = state

    def app(self, client_id: str | None) -> App:
        """Give the app with this REST API key, or the first one. Raises NotFound."""
        for app in self._state.apps:
            if client_id in (None, app.client_id):
                return app
        raise NotFound("no_app", client_id=str(client_id))

    def person(self, user: int | str) -> Person:
        """Give the person of this id or persona. Raises NotFound."""
        person = self._state.person_named(str(user))
        if person is None:
            known = [person.persona for person in list(self._state.people.values())[:NAMES_SHOWN]]
            raise NotFound("no_person", user=user, known=", ".join(known))
        return person

    def people(self, search: str, limit: int | None) -> list[Person]:
        """Give the first `limit` people whose id, persona, nickname, name or e-mail holds `search`."""
        everyone = list(self._state.people.values())
        return list(islice((person for person in everyone if _holds(person, search.casefold())), limit))

    def link(self, app: App, person: Person) -> Link:
        """Give the person's link to the app. Raises NotFound."""
        link = self._state.links.get((app.app_id, person.id))
        if link is None:
            raise NotFound("no_link", persona=person.persona, app_id=app.app_id)
        return link


def _holds(person: Person, search: str) -> bool:
    texts = (str(person.id), person.persona, person.nickname, person.name, person.email)
    return not search or any(search in text.casefold() for text in texts if text)
