"""The few kinds of panels that our dashboards use, as Grafana's JSON (schema 39, Grafana 11)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

Json = dict[str, Any]

COLUMNS: Final = 24
SCHEMA: Final = 39
_SOURCE: Final[Json] = {"type": "prometheus", "uid": "${datasource}"}

ON_NODE: Final = 'instance=~"$node"'
ON_TRUNK: Final = 'instance=~"$node", trunk=~"$trunk"'


@dataclass(frozen=True, slots=True)
class Line:
    """One expression; `legend` names its series by their labels, as {{trunk}}."""

    expr: str
    legend: str


@dataclass(frozen=True, slots=True)
class Panel:
    """One picture. `unit` is Grafana's name of it; `limit` draws a red line, or ends the green.

    `states` maps values to (word, colour) and makes a state timeline.
    """

    title: str
    says: str
    lines: Sequence[Line]
    unit: str = "short"
    kind: str = "timeseries"
    width: int = 8
    height: int = 8
    limit: float | None = None
    bad_above: bool = True
    most: float | None = None
    stacked: bool = False
    states: Mapping[int, tuple[str, str]] | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A heading and what stands under it."""

    title: str
    panels: Sequence[Panel]


@dataclass(frozen=True, slots=True)
class Board:
    """One dashboard; `name` is its file's and, with veridial- before it, its uid."""

    name: str
    title: str
    says: str
    rows: Sequence[Row]
    by_trunk: bool = False

    def expressions(self) -> list[tuple[str, str]]:
        """(panel's title, expression), all of them."""
        return [
            (panel.title, line.expr)
            for row in self.rows
            for panel in row.panels
            for line in panel.lines
        ]


def dashboard(board: Board) -> Json:
    """The board as Grafana reads it."""
    return {
        "uid": f"veridial-{board.name}",
        "title": board.title,
        "description": board.says,
        "tags": ["veridial"],
        "editable": True,
        "graphTooltip": 1,
        "refresh": "15s",
        "schemaVersion": SCHEMA,
        "time": {"from": "now-3h", "to": "now"},
        "timezone": "browser",
        "links": [
            {
                "type": "dashboards",
                "title": "Veridial",
                "tags": ["veridial"],
                "asDropdown": True,
                "includeVars": True,
                "keepTime": True,
            }
        ],
        "templating": {"list": _variables(by_trunk=board.by_trunk)},
        "panels": _laid_out(board.rows),
    }


def _variables(*, by_trunk: bool) -> list[Json]:
    source: Json = {
        "name": "datasource",
        "label": "Prometheus",
        "type": "datasource",
        "query": "prometheus",
    }
    node = _variable("node", "Node", "label_values(dialer_build_info, instance)")
    trunk = _variable("trunk", "Trunk", f"label_values(dialer_trunk_channels{{{ON_NODE}}}, trunk)")
    return [source, node, trunk] if by_trunk else [source, node]


def _variable(name: str, label: str, query: str) -> Json:
    return {
        "name": name,
        "label": label,
        "type": "query",
        "datasource": _SOURCE,
        "query": {"query": query, "refId": name},
        "definition": query,
        "refresh": 2,
        "sort": 1,
        "multi": True,
        "includeAll": True,
        "current": {"text": ["All"], "value": ["$__all"]},
    }


def _laid_out(rows: Sequence[Row]) -> list[Json]:
    """Panels from left to right, a new line where one is full, each row under its heading."""
    placed: list[Json] = []
    top = 0
    for row in rows:
        placed.append(
            {
                "id": len(placed) + 1,
                "type": "row",
                "title": row.title,
                "collapsed": False,
                "gridPos": {"x": 0, "y": top, "w": COLUMNS, "h": 1},
                "panels": [],
            }
        )
        top += 1
        left = height = 0
        for panel in row.panels:
            if left + panel.width > COLUMNS:
                top, left, height = top + height, 0, 0
            place = {"x": left, "y": top, "w": panel.width, "h": panel.height}
            placed.append({"id": len(placed) + 1, "gridPos": place, **_panel(panel)})
            left, height = left + panel.width, max(height, panel.height)
        top += height
    return placed


def _panel(panel: Panel) -> Json:
    kind = "state-timeline" if panel.states else panel.kind
    return {
        "type": kind,
        "title": panel.title,
        "description": panel.says,
        "datasource": _SOURCE,
        "targets": [
            {
                "refId": chr(ord("A") + number),
                "datasource": _SOURCE,
                "expr": line.expr,
                "legendFormat": line.legend,
                "editorMode": "code",
                "range": True,
            }
            for number, line in enumerate(panel.lines)
        ],
        "fieldConfig": {"defaults": _field(panel, kind), "overrides": []},
        "options": _options(kind),
    }


def _field(panel: Panel, kind: str) -> Json:
    field: Json = {"unit": panel.unit, "min": 0, "thresholds": _thresholds(panel)}
    if panel.most is not None:
        field["max"] = panel.most
    if panel.states:
        field["mappings"] = [
            {
                "type": "value",
                "options": {
                    str(value): {"text": word, "color": colour, "index": index}
                    for index, (value, (word, colour)) in enumerate(panel.states.items())
                },
            }
        ]
    if kind == "timeseries":
        field["custom"] = {
            "drawStyle": "line",
            "lineWidth": 1,
            "fillOpacity": 30 if panel.stacked else 0,
            "showPoints": "never",
            "stacking": {"mode": "normal" if panel.stacked else "none"},
            "thresholdsStyle": {"mode": "off" if panel.limit is None else "line"},
        }
    return field


def _thresholds(panel: Panel) -> Json:
    good, bad = ("green", "red") if panel.bad_above else ("red", "green")
    steps: list[Json] = [{"color": "green" if panel.limit is None else good, "value": None}]
    if panel.limit is not None:
        steps.append({"color": bad, "value": panel.limit})
    return {"mode": "absolute", "steps": steps}


def _options(kind: str) -> Json:
    if kind == "stat":
        return {"reduceOptions": {"calcs": ["lastNotNull"]}, "colorMode": "value"}
    if kind == "state-timeline":
        return {"showValue": "never", "mergeValues": True, "legend": {"showLegend": True}}
    return {
        "legend": {"displayMode": "table", "placement": "bottom", "calcs": ["lastNotNull", "max"]},
        "tooltip": {"mode": "multi", "sort": "desc"},
    }
