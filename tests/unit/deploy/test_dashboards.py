"""The dashboards are what their sources say, and show only what exists."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.grafana.__main__ import BOARDS, FOLDER, pages
from deploy.grafana.panels import COLUMNS, Board
from dialer.metrics.table import DECLARED
from tests.support import rules

of_each = pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.name)
NOT_OURS = {"up", "process_cpu_seconds_total", "process_resident_memory_bytes"}


def written(board: Board) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((FOLDER / f"{board.name}.json").read_text(encoding="utf-8"))
    return read


def panels(board: Board) -> Iterator[dict[str, Any]]:
    for panel in written(board)["panels"]:
        if panel["type"] != "row":
            yield panel


def test_the_files_are_what_the_sources_say() -> None:
    for file, text in pages().items():
        assert file.read_text(encoding="utf-8") == text, "run: python -m deploy.grafana"
    assert {file.name for file in FOLDER.iterdir()} == {file.name for file in pages()}


@of_each
def test_every_expression_names_metrics_and_labels_that_exist(board: Board) -> None:
    for title, expression in board.expressions():
        names = rules.metrics_of(expression)
        assert names <= set(DECLARED), title
        assert names or any(name in expression for name in NOT_OURS), title
        known = {"job", "instance", "le"}
        known |= {label for name in names for label in DECLARED[name].labels}
        assert rules.labels_of(expression) <= known, title


@of_each
def test_every_legend_names_labels_that_its_series_have(board: Board) -> None:
    for row in board.rows:
        for panel in row.panels:
            for line in panel.lines:
                names = rules.metrics_of(line.expr)
                known = {"instance"} | {each for name in names for each in DECLARED[name].labels}
                wanted = {part.split("}}")[0] for part in line.legend.split("{{")[1:]}
                assert wanted <= known, panel.title


@of_each
def test_panels_have_numbers_titles_and_places_of_their_own(board: Board) -> None:
    everything = written(board)["panels"]
    assert len({panel["id"] for panel in everything}) == len(everything)
    titles = [panel["title"] for panel in panels(board)]
    assert len(set(titles)) == len(titles)
    taken: set[tuple[int, int]] = set()
    for panel in everything:
        at = panel["gridPos"]
        assert at["x"] + at["w"] <= COLUMNS
        cells = {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }
        assert not cells & taken, panel["title"]
        taken |= cells


@of_each
def test_every_panel_says_what_it_shows_and_asks_the_chosen_source(board: Board) -> None:
    for panel in panels(board):
        assert panel["description"]
        assert panel["targets"]
        assert {target["datasource"]["uid"] for target in panel["targets"]} == {"${datasource}"}


def test_provisioning_is_yaml_that_names_the_boards_folder() -> None:
    folder = Path(FOLDER).parent / "provisioning"
    (provider,) = yaml.safe_load((folder / "dashboards" / "veridial.yml").read_text())["providers"]
    (source,) = yaml.safe_load((folder / "datasources" / "veridial.yml").read_text())["datasources"]
    assert provider["options"]["path"] in (folder.parent / "README.md").read_text(encoding="utf-8")
    assert source["type"] == "prometheus"
