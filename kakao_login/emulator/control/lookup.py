"""Finding the app or the person that a call of the control API names."""

from __future__ import annotations

from ..store.apps import App
from ..store.grants import Link
from ..store.personas import Person
from ..store.refusals import NotFound
from ..store.state import State

NAMES_SHOWN = 20


class Lookup:
    """What every part of the control API needs: the state, and ways to find things in it."""

    def __init__(self, state: State) -> None:
        self.state = state

    def _app(self, client_id: str | None) -> App:
        """Give the app with this REST API key, or the first one. Raises NotFound."""
        for app in self.state.apps:
            if client_id in {None, app.client_id}:
                return app
        raise NotFound("no_app", client_id=str(client_id))

    def _person(self, user: int | str) -> Person:
        """Give the person of this id or persona. Raises NotFound."""
        person = self.state.person_named(str(user))
        if person is None:
            known = [person.persona for person in list(self.state.people.values())[:NAMES_SHOWN]]
            raise NotFound("no_person", user=user, known=", ".join(known))
        return person

    def _link(self, app: App, person: Person) -> Link:
        """Give the person's link to the app. Raises NotFound."""
        link = self.state.links.get((app.app_id, person.id))
        if link is None:
            raise NotFound("no_link", persona=person.persona, app_id=app.app_id)
        return link
