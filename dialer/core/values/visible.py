r"""Text that others wrote, so that a terminal shows all of it and obeys none of it.

Control characters (ANSI escapes among them), line ends, marks that turn the direction of reading,
and signs that nobody sees are written as what they are: `\n`, `<U+001B>`, `<U+202E>`.
"""

from __future__ import annotations

from typing import Final
from unicodedata import category

_SHORT: Final = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def visible(text: str, keep: str = "") -> str:
    """`text` in one line; signs of `keep` stay, which is for text of our own that has lines."""
    if text.isprintable():
        return text
    return "".join(
        sign if _is_seen(sign) or sign in keep else _SHORT.get(sign) or f"<U+{ord(sign):04X}>"
        for sign in text
    )


def visible_json(text: str) -> str:
    """The same for JSON, whose values stay as they are: only how they are written changes."""
    if text.isprintable():
        return text
    return "".join(sign if _is_seen(sign) or sign == "\n" else _unit(sign) for sign in text)


def _is_seen(sign: str) -> bool:
    # All spaces are seen, or at least take up room: U+3000 is common in Chinese.
    return sign.isprintable() or category(sign) == "Zs"


def _unit(sign: str) -> str:
    # RFC 8259 7: two units of UTF-16 beyond the basic plane.
    units = sign.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))
