"""Secrets that were never secret: what stands in examples and gets forgotten there; pure."""

from __future__ import annotations

import re

# Words of six letters and more: a random text of a hundred letters holds one of them by chance once in a million.
_WORDS = (
    *("changeme", "changethis", "changeit", "replaceme", "replacethis", "placeholder", "insecure", "donotuse"),
    *("yoursecret", "yourjwt", "yourkey", "mysecret", "secretkey", "supersecret", "topsecret", "verysecret"),
    *("devsecret", "testsecret", "password", "letmein", "qwertyuiop"),
)
_SHORTEST_WORDS = 12


def is_placeholder(secret: str) -> bool:
    """Tell whether the secret is one character or word over and over, or says that it is to be changed."""
    letters = re.sub("[^a-z]", "", secret.lower())
    if any(word in letters for word in _WORDS) or _repeats(secret):
        return True
    # A word with a number, a dash or a dot behind it each time is a word repeated, too.
    return len(letters) >= _SHORTEST_WORDS and _repeats(letters)


def _repeats(text: str) -> bool:
    """Tell whether the text is its own beginning twice or more, the last time perhaps cut off."""
    return any(text[size:] == text[:-size] for size in range(1, len(text) // 2 + 1))
