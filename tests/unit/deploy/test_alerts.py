"""Every alert names what exists, says what to do, and has its tests and its runbook."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dialer.metrics.table import DECLARED
from tests.support import rules
from tests.support.rules import Alert

RUNBOOK = Path(__file__).resolve().parents[3] / "docs" / "alerts.md"
ALERTS = rules.alerts()
of_each = pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)


def test_no_name_is_used_twice() -> None:
    assert len({alert.name for alert in ALERTS}) == len(ALERTS) >= 19


@of_each
def test_its_metrics_and_labels_exist(alert: Alert) -> None:
    names = rules.metrics_of(alert.expr)
    assert names <= set(DECLARED)
    known = {"job", "instance", "le", *(label for name in names for label in DECLARED[name].labels)}
    assert rules.labels_of(alert.expr) <= known


@of_each
def test_it_says_what_is_wrong_where_and_what_to_do(alert: Alert) -> None:
    assert alert.labels == {"severity": alert.labels["severity"]}
    assert alert.labels["severity"] in {"page", "ticket"}
    assert set(alert.annotations) == {"summary", "description", "runbook"}
    assert "{{ $labels.instance }}" in alert.annotations["summary"]
    assert len(alert.annotations["description"]) > 60


@of_each
def test_its_runbook_has_a_section(alert: Alert) -> None:
    headings = re.findall(r"^## (.+)$", RUNBOOK.read_text(encoding="utf-8"), re.MULTILINE)
    assert alert.annotations["runbook"] == f"docs/alerts.md#{alert.name.lower()}"
    assert alert.name in headings


def test_the_runbook_has_no_section_without_an_alert() -> None:
    headings = re.findall(r"^## (.+)$", RUNBOOK.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(headings) == sorted(alert.name for alert in ALERTS)


@of_each
def test_promtool_is_asked_that_it_fires_and_that_it_does_not(alert: Alert) -> None:
    asked = [case for case in rules.cases(alert.file) if case["alertname"] == alert.name]
    assert any(case["exp_alerts"] for case in asked), "no case in which it fires"
    assert any(not case["exp_alerts"] for case in asked), "no case in which it does not"


def test_a_veto_pages_at_once() -> None:
    (veto,) = (alert for alert in ALERTS if alert.name == "GuardVeto")
    assert veto.labels["severity"] == "page"
    assert (
        "for:"
        not in veto.file.read_text(encoding="utf-8")
        .partition("- alert: GuardVeto")[2]
        .partition("- alert:")[0]
    )
