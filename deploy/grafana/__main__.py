"""Writes `dashboards/*.json`: `python -m deploy.grafana`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from deploy.grafana import compliance, node, trunks
from deploy.grafana.panels import Board, dashboard

FOLDER: Final = Path(__file__).resolve().parent / "dashboards"
BOARDS: Final[tuple[Board, ...]] = (trunks.BOARD, node.BOARD, compliance.BOARD)


def pages() -> dict[Path, str]:
    """What each file is to hold."""
    return {
        FOLDER / f"{board.name}.json": json.dumps(dashboard(board), indent=1) + "\n"
        for board in BOARDS
    }


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for file, text in pages().items():
        file.write_text(text, encoding="utf-8")
        print(file)


if __name__ == "__main__":
    main()
