"""What callees say, by what it means, split into a part to tune on and one that is not tuned on."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

Part = Literal["tune", "unseen"]


def said(language: str, part: Part) -> list[tuple[str, str]]:
    """The lines of a part: what it means, and the words."""
    kept = []
    kind, only, at = "", "", 0
    text = Path(__file__).with_name(f"{language}.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        if line.startswith("["):
            kind, _, only = line.strip("[]").partition(" ")
            at = 0
        elif line and not line.startswith("#"):
            if part == (only or ("tune", "unseen")[at % 2]):
                kept.append((kind, line))
            at += 1
    return kept
