"""The alert rules of `deploy/prometheus/`, read as YAML."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from dialer.metrics.table import DECLARED, Kind

RULES: Final = Path(__file__).resolve().parents[2] / "deploy" / "prometheus" / "rules"
_SUFFIXES: Final = ("_bucket", "_sum", "_count")


@dataclass(frozen=True, slots=True)
class Alert:
    file: Path
    name: str
    expr: str
    labels: dict[str, str]
    annotations: dict[str, str]


def alerts() -> list[Alert]:
    found = []
    for file in sorted(RULES.glob("*.yml")):
        for group in yaml.safe_load(file.read_text(encoding="utf-8"))["groups"]:
            found += [
                Alert(file, rule["alert"], rule["expr"], rule["labels"], rule["annotations"])
                for rule in group["rules"]
            ]
    return found


def cases(file: Path) -> Iterator[dict[str, Any]]:
    """Every alert_rule_test of the test file that goes with a rule file."""
    text = (RULES / "tests" / file.name).read_text(encoding="utf-8")
    for test in yaml.safe_load(text)["tests"]:
        yield from test["alert_rule_test"]


def metrics_of(expression: str) -> set[str]:
    """The names of our own metrics in a PromQL expression, without what histograms append."""
    return {
        metric_of(name) for name in re.findall(r"\bdialer_[a-z0-9_]+", _without_strings(expression))
    }


def metric_of(series: str) -> str:
    for suffix in _SUFFIXES:
        name = series.removesuffix(suffix)
        if name != series and name in DECLARED and DECLARED[name].kind is Kind.HISTOGRAM:
            return name
    return series


def labels_of(expression: str) -> set[str]:
    """The labels that an expression selects, groups or joins by."""
    matched = re.findall(r"[{,]\s*([a-z_]+)\s*(?:=~|!~|!=|=)", expression)
    grouped = re.findall(r"\b(?:by|on|without|ignoring|group_left)\s*\(([^)]*)\)", expression)
    return {*matched, *(word.strip() for words in grouped for word in words.split(",") if words)}


def _without_strings(expression: str) -> str:
    return re.sub(r'"[^"]*"', '""', expression)
