"""Why something cannot be done, as one error with a code that stays and a text that may change."""

from __future__ import annotations

from typing import Any

from ..texts.reasons import REASONS


class Refusal(Exception):
    """The emulator cannot do as it was told.

    `code` is a key of REASONS, `setting` the names that lead to the value in question, the outermost first,
    and `values` what the text of the reason fills in.
    """

    def __init__(self, code: str, *setting: str, **values: str | int) -> None:
        self.code, self.setting, self.values = code, setting, values
        super().__init__(": ".join([*setting, REASONS[code].english.format(**values)]))

    def within(self, name: str) -> Refusal:
        """Give the same refusal of a value that stands under `name`."""
        return type(self)(self.code, name, *self.setting, **self.values)

    def as_json(self) -> dict[str, Any]:
        """Give what the control API answers."""
        return {"error": str(self), "code": self.code, "setting": list(self.setting), "values": self.values}


class InvalidSetting(Refusal, ValueError):
    """A value that the emulator cannot use; the message names the key and what it should be."""


class NotFound(Refusal, LookupError):
    """No app, person or link answers to what was named."""
