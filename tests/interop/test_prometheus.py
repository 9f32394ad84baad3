"""A real run, scraped by Debian's Prometheus: every panel and every alert asks what is there."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from deploy.grafana.__main__ import BOARDS
from deploy.grafana.panels import Board
from dialer.demo.files import Carrier, Job, write
from sipp_scenarios.media import write_media
from tests.support import rules
from tests.support.broker import Mosquitto, free_port
from tests.support.dialing import Run
from tests.support.kamailio import PASSWORD, USER, Kamailio
from tests.support.operator import OTHER, staffed
from tests.support.prometheus import Prometheus
from tests.support.rules import Alert
from tests.support.sipp import Sipp

pytestmark = pytest.mark.slow

# As carrier-mixed-callees reads them: hangs up, presses 1, is busy, 404.
SOON_OVER: Final = ["60"] * 48 + ["30"] * 4 + ["40"] * 24 + ["75"] * 4
# Talks over the prompt, rings.
LONG: Final = ["10"] * 4 + ["50"]
# Most on one, for some figures are told from twenty conversations on. Slowly, for a rate is seen
# only if it rises between two scrapes.
PACE: Final = {"carrier-a": 10, "carrier-b": 3, "registered": 3}
LONG_ENOUGH: Final = 100.0


@dataclass(frozen=True)
class Seen:
    """A Prometheus, and the time at which it had seen the run."""

    prometheus: Prometheus
    at: float

    def ask(self, expression: str) -> list[dict[str, Any]]:
        return self.prometheus.ask(expression, self.at)


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    folder = tmp_path_factory.mktemp("run")
    write_media(folder)
    metrics_port = free_port()
    with (
        Sipp("carrier-mixed-callees", folder) as people,
        Sipp("carrier-mixed-callees", folder) as others,
        Kamailio("sip:127.0.0.1:9") as registrar,
        Mosquitto(folder) as broker,
        Prometheus(folder / "prometheus", f"127.0.0.1:{metrics_port}") as prometheus,
    ):
        ports = dict(zip(PACE, (people.port, others.port, registrar.port), strict=True))
        with Run(*files(folder, ports, metrics_port, broker.url)) as run:
            at = when_the_long_calls_are_left(prometheus, run)
            run.kill()
        yield Seen(prometheus, at)


def files(folder: Path, ports: dict[str, int], metrics_port: int, broker: str) -> tuple[Path, Path]:
    """A configuration with all that can be measured, and a campaign of long and short calls."""
    job = Job(
        carriers=[
            Carrier(name, port, channels=60, cps=PACE[name], weight=PACE[name])
            for name, port in ports.items()
        ],
        numbers=[f"+86139{row:06d}{kind}" for row, kind in enumerate(SOON_OVER + LONG)],
        concurrency=80,
        metrics_port=metrics_port,
        routing={"ring": "60s", "no_progress": "10s"},
        more={"mqtt": {"url": broker, "prefix": "dialer"}},
    )
    config, campaign = write(folder, job)
    text = yaml.safe_load(config.read_text(encoding="utf-8"))
    (folder / "password").write_text(PASSWORD, encoding="utf-8")
    (folder / "password").chmod(0o600)
    registered = text["trunks"][-1]
    registered["numbers"][0]["number"] = "+861065550101"  # not the campaign's: it carries nothing
    registered["register"] = {"username": USER, "password_file": str(folder / "password")}
    config.write_text(yaml.safe_dump(text), encoding="utf-8")
    # One whom the campaign does not call has complained, so that an answer is due.
    staffed(config).done("complaints", "open", OTHER, "--text", "called by night", by="li.na")
    return config, campaign


def when_the_long_calls_are_left(prometheus: Prometheus, run: Run) -> float:
    """As Prometheus tells it; AssertionError where it does not come to that."""
    enough = f"sum(dialer_calls_total) >= {len(SOON_OVER)} and sum(dialer_barge_ins_total) > 0"
    until = time.monotonic() + LONG_ENOUGH
    while True:
        found = prometheus.ask(enough)
        if found:
            return time.time()
        assert run.process is not None
        assert run.process.poll() is None, run.process.communicate()
        assert time.monotonic() < until, prometheus.ask("dialer_calls_total > 0")
        time.sleep(0.2)


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.name)
def test_every_panel_has_something_to_show(seen: Seen, board: Board) -> None:
    empty = []
    for title, expression in board.expressions():
        asked = (
            expression.replace("$__rate_interval", "1m")
            .replace("$node", ".*")
            .replace("$trunk", ".*")
        )
        values = [float(series["value"][1]) for series in seen.ask(asked)]
        if not any(math.isfinite(value) for value in values):
            empty.append((title, asked, values))
    assert empty == []


@pytest.mark.parametrize("alert", rules.alerts(), ids=lambda alert: alert.name)
def test_every_alert_looks_at_something(seen: Seen, alert: Alert) -> None:
    """Its comparisons turned into figures, `> bool 0` for `> 0`, so that nothing is left out."""
    assert seen.ask(with_bool(alert.expr)), alert.expr


def test_prometheus_evaluates_all_rules_and_none_of_them_pages(seen: Seen) -> None:
    evaluated = seen.prometheus.rules()
    assert {rule["name"] for rule in evaluated} == {alert.name for alert in rules.alerts()}
    assert {
        rule["name"]: rule.get("lastError") for rule in evaluated if rule["health"] != "ok"
    } == {}
    assert seen.ask('ALERTS{alertstate="firing", severity="page"}') == []


def test_the_figures_are_those_of_the_run(seen: Seen) -> None:
    ended = {
        series["metric"]["reason"]: int(series["value"][1])
        for series in seen.ask("sum by (reason) (dialer_calls_total) > 0")
    }
    live = int(seen.ask("sum(dialer_calls_live)")[0]["value"][1])
    assert live >= 1
    assert sum(ended.values()) + live == len(SOON_OVER + LONG)
    assert (ended["busy"], ended["unallocated"]) == (24, 4)
    assert {series["metric"]["trunk"] for series in seen.ask("dialer_trunk_up == 1")} == {*PACE}


@pytest.mark.parametrize(
    "expression,changed",
    [
        ("a == 0", "a == bool 0"),
        ('a{x!="b", y=~"c"} >= 3 and b < 2', 'a{x!="b", y=~"c"} >= bool 3 and b < bool 2'),
    ],
)
def test_how_a_comparison_becomes_a_figure(expression: str, changed: str) -> None:
    assert with_bool(expression) == changed


def with_bool(expression: str) -> str:
    """Each comparison outside of braces yields 0 or 1 instead of filtering."""
    parts = re.split(r"(\{[^}]*\})", expression)
    return "".join(
        part if part.startswith("{") else re.sub(r"(==|!=|<=|>=|<|>)", r"\1 bool", part)
        for part in parts
    )
