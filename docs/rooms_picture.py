"""Draws the rooms of `dialer`, as import-linter's list in pyproject.toml has them.

Each row is a layer: what stands in it may import what stands below it. The words in a box are the
first line of the package's docstring, so that the picture is never another than the code.
"""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path
from textwrap import wrap
from typing import Final
from xml.sax.saxutils import escape

ROOT: Final = Path(__file__).resolve().parents[1]
WIDTH: Final = 1080
GAP: Final = 8
TITLE, LINE, PAD = 18, 14, 8
LETTER: Final = 6.6
"""Width of a small letter, about."""


def layers(container: str = "dialer") -> list[list[str]]:
    """The layers of a package from the top, each with the names in it."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    for contract in settings["tool"]["importlinter"]["contracts"]:
        if container in contract.get("containers", ()):
            return [
                [name.strip() for name in layer.replace(":", "|").split("|")]
                for layer in contract["layers"]
            ]
    raise ValueError(f"there are no layers of {container}")


def says(name: str, container: str = "dialer") -> str:
    """What a room says of itself: the first sentence of its docstring."""
    base = ROOT / container.replace(".", "/") / name
    file = base.with_suffix(".py") if base.with_suffix(".py").exists() else base / "__init__.py"
    text = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8")))
    if not text:
        raise ValueError(f"{file.relative_to(ROOT)} has no docstring")
    return text.partition("\n\n")[0].replace("\n", " ").replace("`", "").rstrip(".")


def svg() -> str:
    """The picture."""
    drawn, top = [], GAP
    for names in layers():
        text, height = _row([(name, says(name)) for name in names], top, "room")
        drawn.append(text)
        top += height + GAP
        if names == ["core"]:
            drawn.pop()
            top -= height + GAP
            for inner in layers("dialer.core"):
                rooms = [(f"core.{name}", says(name, "dialer.core")) for name in inner]
                text, height = _row(rooms, top, "core")
                drawn.append(text)
                top += height + GAP
    return "\n".join(
        (
            (
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top}" '
                f'width="{WIDTH}" height="{top}" role="img" aria-label="The rooms of dialer">'
            ),
            "<!-- Made by `python -m docs.generate` from pyproject.toml; change it there. -->",
            (
                "<style>text{font:12px sans-serif;fill:#1c2733}.name{font:bold 13px sans-serif}"
                ".room{fill:#eef3f8;stroke:#8aa0b6}.core{fill:#fdf3dc;stroke:#c8a24a}</style>"
            ),
            f'<rect width="{WIDTH}" height="{top}" fill="#ffffff"/>',
            *drawn,
            "</svg>",
            "",
        )
    )


def _row(rooms: list[tuple[str, str]], top: int, kind: str) -> tuple[str, int]:
    """One layer as SVG, and its height."""
    width = (WIDTH - GAP) / len(rooms) - GAP
    letters = int((width - 2 * PAD) / LETTER)
    texts = [wrap(words, letters) for _, words in rooms]
    height = 2 * PAD + TITLE + LINE * max(map(len, texts))
    parts = []
    for place, ((name, _), lines) in enumerate(zip(rooms, texts, strict=True)):
        left = GAP + place * (width + GAP)
        parts.append(
            f'<rect class="{kind}" x="{left:.0f}" y="{top}" width="{width:.0f}" '
            f'height="{height}" rx="5"/>'
            f'<text class="name" x="{left + PAD:.0f}" y="{top + PAD + 12}">{name}</text>'
        )
        parts += [
            f'<text x="{left + PAD:.0f}" y="{top + PAD + TITLE + 12 + LINE * n}">'
            f"{escape(line)}</text>"
            for n, line in enumerate(lines)
        ]
    return "\n".join(parts), height
