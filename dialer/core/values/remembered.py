"""What is found out about a number while the gate decides: kept for that long, and no longer.

Several rules ask the same about one callee, and each again while the gate seeks the next instant.
An answer that is kept keeps the number it is about, in clear, in memory that a dump would hold.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Final, ParamSpec, TypeVar

Asked = ParamSpec("Asked")
Answer = TypeVar("Answer")

_FORGET: Final[list[Callable[[], None]]] = []


def remembered(ask: Callable[Asked, Answer]) -> Callable[Asked, Answer]:
    """`ask`, which must be pure, with its last answer kept until `forget`."""
    kept = lru_cache(maxsize=1)(ask)
    _FORGET.append(kept.cache_clear)
    return kept  # type: ignore[return-value]  # lru_cache tells nothing of what it takes


def forget() -> None:
    """Keep no answer any more. Another thread that decides meanwhile only asks once more."""
    for clear in _FORGET:
        clear()
