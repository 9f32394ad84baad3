"""Where a call may be handed over to: the operator's own people, by number or by extension."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from dialer.core.values.number import E164, parse

_EXTENSION: Final = re.compile(
    r"sip:(?P<user>[A-Za-z0-9._~+*-]{1,64})@(?P<at>[A-Za-z0-9.:_\[\]-]{1,64})"
)


class BadTargetError(ValueError):
    """The text is no target; the message says what is wrong, and holds no number."""


@dataclass(frozen=True, slots=True)
class Extension:
    """A person, phone or queue behind one of our trunks: the user part of its SIP URI there.

    `at` names the trunk: by its name, or by the host of its URI.
    """

    user: str
    at: str

    def __str__(self) -> str:
        return f"sip:{self.user}@{self.at}"


_LONGEST_INSIDE: Final = 6
"""Digits of an extension; from seven on it may be a number of the public network (E.164 6.2)."""


def dials_out(user: str) -> bool:
    """Whether an exchange may take the user part for a telephone number, with or without a prefix.

    `*67` and its like hide our number: what has a star in it orders something of the exchange.
    """
    return "+" in user or "*" in user or sum(map(str.isdigit, user)) > _LONGEST_INSIDE


Target = E164 | Extension
"""A number goes over any trunk that may show our own number; an extension over its own."""


def parse_target(text: str) -> Target:
    """The target that `text` writes: `+861065550199`, or `sip:user@trunk`.

    Raises BadTargetError, or BadNumberError for a number that is none.
    """
    if text.startswith("+"):
        return parse(text)
    found = _EXTENSION.fullmatch(text)
    if found is None:
        msg = "write sip:user@trunk, with a trunk's name or the host of its URI; or a number"
        raise BadTargetError(msg)
    return Extension(found["user"], found["at"])


def written(target: Target) -> str:
    """The text that `parse_target` reads it from; a number is in the clear."""
    return target.clear if isinstance(target, E164) else str(target)
