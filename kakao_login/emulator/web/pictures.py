"""Profile pictures, drawn: the first letter of the nickname on a colour of its own."""

from __future__ import annotations

from flask import Blueprint, Response, abort, render_template

from .context import current_state

COLOURS = ("#f9a8a8", "#f7c873", "#b6d87b", "#7fd0c0", "#86b8f0", "#b7a6ee", "#eba3d6")


def picture(person_id: int, size: int) -> Response:
    """Give the picture of a person as an SVG image of `size` pixels."""
    person = current_state().people.get(person_id)
    if person is None:
        abort(404)
    plain = person.picture == "default"
    colour = "#c9ccd1" if plain else COLOURS[person_id % len(COLOURS)]
    letter = "" if plain else person.nickname[:1]
    drawing = render_template("picture.svg", size=size, colour=colour, letter=letter)
    return Response(drawing, mimetype="image/svg+xml")


def pictures() -> Blueprint:
    """Make the blueprint of the pictures."""
    blueprint = Blueprint("pictures", __name__, url_prefix="/emulator/pictures")
    blueprint.add_url_rule("/<int:person_id>/<int:size>.svg", view_func=picture)
    return blueprint
