"""The jurisdictions that are shipped, each in a file of its own."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from dialer.core.gate.jurisdiction import Figure, Jurisdiction, Wished, looser
from dialer.core.gate.jurisdictions.cn import CN
from dialer.core.gate.jurisdictions.us import US

JURISDICTIONS: Final[Mapping[str, Jurisdiction]] = MappingProxyType(
    {each.name: each for each in (CN, US)}
)
"""By name. Another is a file beside these and a line here."""


def permitting(figure: Figure, wished: Wished) -> str:
    """Which of the jurisdictions permit what is wished of `figure`, in words."""
    value = {figure.field: wished[figure.field]}
    names = [law.name for law in JURISDICTIONS.values() if not looser(law, value)]
    if not names:
        return "no jurisdiction permits it"
    return f"only jurisdiction {' or '.join(names)} permits it, for callees who live there"
