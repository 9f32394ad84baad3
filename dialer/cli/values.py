"""Values as people read them: spans with a unit, times with their zone, words cut with a mark."""

from __future__ import annotations

from datetime import UTC, datetime
from unicodedata import combining, east_asian_width

CUT = "…"


def span(seconds: float) -> str:
    """`3.8 ms`, `42 ms`, `1.5 s`, `42 s`, `1m 12s`, `2h 05m`, `3d 04h`."""
    if seconds < 0:
        return f"-{span(-seconds)}"
    milliseconds = 1000 * seconds
    if milliseconds < 999.5:
        return f"{milliseconds:.1f} ms" if 0 < milliseconds < 9.95 else f"{milliseconds:.0f} ms"
    if seconds < 59.5:
        return f"{seconds:.1f} s" if seconds < 9.95 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days}d {hours:02d}h"
    return f"{hours}h {minutes:02d}m" if hours else f"{minutes}m {rest:02d}s"


def size(count: float) -> str:
    """`812 B`, `9.4 kB`, `41 MB`, in powers of ten."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 999.5:
            return f"{count:.1f} {unit}" if unit != "B" and count < 9.95 else f"{count:.0f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"


def share(ratio: float) -> str:
    """`18.4 %`."""
    return f"{100 * ratio:.1f} %"


def figure(number: float) -> str:
    """A bare number: no more than three digits behind the point, none where there is nothing."""
    return f"{number:.3f}".rstrip("0").rstrip(".") if number % 1 else f"{number:.0f}"


def moment(at: datetime, *, utc: bool = False) -> str:
    """An aware instant in this machine's time zone, or in UTC: `2026-11-23 18:00:05 CST`."""
    local = at.astimezone(UTC if utc else None)
    zone = local.tzname() or ""
    # Zones without an abbreviation give their offset: +03.
    return f"{local:%Y-%m-%d %H:%M:%S} {zone}"


def width(text: str) -> int:
    """Columns that `text` takes on a terminal."""
    if text.isascii():
        return len(text)
    return sum(_columns(sign) for sign in text)


def cut(text: str, columns: int) -> str:
    """`text` in no more than `columns`, its end given up for a mark where it is longer."""
    if width(text) <= columns:
        return text
    kept, left = "", columns - 1
    for sign in text:
        left -= _columns(sign)
        if left < 0:
            break
        kept += sign
    return kept.rstrip() + CUT


def wrapped(text: str, columns: int) -> list[str]:
    """Lines of no more than `columns`, broken between words; a longer word is cut in pieces."""
    lines: list[str] = []
    for line in text.split("\n"):
        current = ""
        for word in line.split(" "):
            joined = f"{current} {word}" if current else word
            if width(joined) <= columns:
                current = joined
                continue
            if current:
                lines.append(current)
            current = word
            while width(current) > columns:
                piece = _head(current, columns)
                lines.append(piece)
                current = current[len(piece) :]
        lines.append(current)
    return lines


def padded(text: str, columns: int, *, right: bool = False) -> str:
    gap = " " * (columns - width(text))
    return gap + text if right else text + gap


def _head(text: str, columns: int) -> str:
    taken = 0
    for position, sign in enumerate(text):
        taken += _columns(sign)
        if taken > columns:
            return text[: max(1, position)]
    return text


def _columns(sign: str) -> int:
    if combining(sign):
        return 0
    return 2 if east_asian_width(sign) in "WF" else 1
