"""Signs that nobody sees: marks of direction, zero-width spaces and joiners, soft hyphens.

Phones, chat programs and web pages put them around what is copied from them.
"""

from __future__ import annotations

import unicodedata


def trimmed(text: str) -> str:
    """`text` without the spaces and unseen marks at its ends."""
    text = text.strip()
    if text.isascii():
        return text
    start, end = 0, len(text)
    while start < end and _nothing(text[start]):
        start += 1
    while end > start and _nothing(text[end - 1]):
        end -= 1
    return text[start:end]


def without_unseen(text: str) -> str:
    """`text` without its unseen marks, wherever they are."""
    return text if text.isascii() else "".join(sign for sign in text if not _unseen(sign))


def shown(text: str, longest: int = 40) -> str:
    """`text` on one line for a message, with every sign that nobody sees as `<U+202A>`."""
    cut = text if len(text) <= longest else f"{text[:longest]}..."
    return "".join(sign if sign.isprintable() else f"<U+{ord(sign):04X}>" for sign in cut)


def _unseen(sign: str) -> bool:
    return unicodedata.category(sign) == "Cf"


def _nothing(sign: str) -> bool:
    return sign.isspace() or _unseen(sign)
