"""A configuration as the audit log holds it: which settings there are, and a digest of each value.

The values stay out of the log, for there are numbers among them. So it shows which settings have
changed, and a configuration that was kept can be shown to be the one that was in force.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from pydantic import BaseModel, SecretStr

from dialer.config.document import Config
from dialer.core.values.number import E164

_DIGITS: Final = 16


def settings_of(config: Config) -> dict[str, str]:
    """By the path of each setting, 16 hexadecimal digits of its value's SHA-256; no secrets."""
    return {
        path: hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]
        for path, text in _leaves("", config)
    }


def _leaves(path: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, BaseModel):
        value = {name: getattr(value, name) for name in type(value).model_fields}
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from _leaves(f"{path}.{key}" if path else str(key), each)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for position, each in enumerate(value):
            yield from _leaves(f"{path}[{_name(each, position)}]", each)
    elif isinstance(value, E164):
        yield path, value.clear
    elif not isinstance(value, SecretStr):
        text = repr(value)
        # An object that only has an address says nothing about itself.
        if " at 0x" not in text:
            yield path, text


def _name(value: object, position: int) -> str:
    """A trunk's name stays when others come before it."""
    named = getattr(value, "name", None)
    return named if isinstance(named, str) else str(position)
