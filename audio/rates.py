"""The rates of sound inside the house; apart from its arrays, for who only reads a file."""

from __future__ import annotations

from typing import Final

RATES: Final = (8000, 16000)
"""In Hz."""
