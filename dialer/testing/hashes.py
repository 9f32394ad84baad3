"""What the fakes show instead of a number: a hash, keyless, as nothing real hangs on it."""

from __future__ import annotations

import hashlib

from dialer.core.values.number import E164


def hash_of(number: E164) -> str:
    """64 hex digits that stand for the number, as a vault's lookup gives them."""
    return hashlib.sha256(number.clear.encode()).hexdigest()
