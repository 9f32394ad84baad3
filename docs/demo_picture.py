"""The README's picture: what `dialer demo` really printed on a terminal, as an SVG.

`python -m docs.demo_picture` runs the demo and writes docs/demo.svg.
"""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.terminal_theme import DIMMED_MONOKAI
from rich.text import Text

PICTURE: Final = Path(__file__).with_name("demo.svg")
WIDTH: Final = 110
_REDRAWN: Final = re.compile(r".*(?:\r|\x1b\[2K|\x1b\[1A)")
_PRIVATE_MODES: Final = re.compile(r"\x1b\[\?\d+[hl]")
# Rich's own frame without its web fonts: the picture must not fetch anything.
_FRAME: Final = """\
<svg class="rich-terminal" xml:space="preserve" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: monospace; font-size: {char_height}px; \
line-height: {line_height}px; font-variant-east-asian: full-width; }}
{styles}
</style>
<defs><clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
</clipPath>{lines}</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">{matrix}</g>
</g>
</svg>
"""


def main() -> None:
    """Run the demo and draw what it said; exit as it did."""
    code, said = _run([sys.executable, "-m", "dialer", "demo"])
    console = Console(record=True, width=WIDTH, file=Path(os.devnull).open("w"))  # noqa: SIM115
    console.print(Text("$ make demo", style="bold"))
    for line in _PRIVATE_MODES.sub("", said).replace("\r\n", "\n").split("\n"):
        console.print(Text.from_ansi(_REDRAWN.sub("", line)), soft_wrap=True)
    picture = console.export_svg(
        title="dialer demo", theme=DIMMED_MONOKAI, code_format=_FRAME, unique_id="demo"
    )
    PICTURE.write_text(picture, encoding="utf-8")
    sys.exit(code)


def _run(command: list[str]) -> tuple[int, str]:
    """(exit code, everything written) of a command on a terminal of our own."""
    ours, its = pty.openpty()
    environment = os.environ | {"COLUMNS": str(WIDTH), "LINES": "50", "TERM": "xterm-256color"}
    with subprocess.Popen(  # noqa: S603 -- our own command
        command, stdout=its, stderr=its, stdin=subprocess.DEVNULL, env=environment
    ) as process:
        os.close(its)
        said = bytearray()
        try:
            while read := os.read(ours, 65536):
                said += read
        except OSError:
            pass  # the other end was closed
        os.close(ours)
        return process.wait(), said.decode()


if __name__ == "__main__":
    main()
