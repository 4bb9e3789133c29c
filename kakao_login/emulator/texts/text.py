"""The one form of a text in two languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

KOREAN, ENGLISH = "ko", "en"
LANGUAGES = (KOREAN, ENGLISH)


class Text(NamedTuple):
    """The same said in Korean and in English; what stands in braces is filled in where it is shown."""

    korean: str
    english: str

    def in_language(self, lang: str) -> str:
        """Give the text in `ko` or `en`."""
        return self.english if lang == ENGLISH else self.korean


def in_language(texts: Mapping[str, Text], lang: str) -> dict[str, str]:
    """Give each of these texts in `ko` or `en`, by its name."""
    return {name: text.in_language(lang) for name, text in texts.items()}
