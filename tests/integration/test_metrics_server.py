from __future__ import annotations

import asyncio
import gzip
import http.client
import socket
from collections.abc import AsyncIterator
from typing import ClassVar

import pytest
from prometheus_client import CollectorRegistry, parser
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.openmetrics import parser as openmetrics

from audio.stats import TickStats
from dialer.core.trunks.connect_rate import RateStanding, RateState
from dialer.core.trunks.door import Door, DoorLimits
from dialer.core.trunks.false_answers import Suspicion
from dialer.core.trunks.trunk_book import TrunkReport
from dialer.core.trunks.trunk_stats import Figures
from dialer.core.values.outcome import Outcome, Reason, Who
from dialer.errors import MetricsError
from dialer.metrics.node import Metrics, MetricsServer
from dialer.metrics.table import TABLE
from dialer.sip import guard
from tests.support.broker import free_port

OPENMETRICS = "application/openmetrics-text; version=1.0.0"


class Bridge:
    def counts(self) -> dict[str, int]:
        return {"skipped_ticks": 0, "dropped_frames": 4}

    def lateness(self) -> tuple[list[float], list[int], float]:
        return [0.001], [3, 1], 0.1


class Rates:
    reports: ClassVar = {
        "carrier-a": TrunkReport(
            RateStanding(RateState.GOOD, "nothing speaks against it"),
            Figures(45, 30, 40, 30, 0.6, 0.8, 12.5, 1.5, 0.1),
            Suspicion(suspected=False, why="no sign of false answers"),
        )
    }


@pytest.fixture
def metrics() -> Metrics:
    metrics = Metrics(
        CollectorRegistry(), version="9", trunks={"carrier-a": 4}, rules=["per_number"]
    )
    metrics.call_ended(Outcome(Who.CALLEE, Reason.BUSY))
    metrics.progressed("carrier-a", 1.5)
    metrics.pull_media(TickStats(), Bridge())
    metrics.pull_guard(guard.Figures())
    metrics.pull_door(Door(DoorLimits()).counts)
    metrics.pull_strays(lambda: 3)
    metrics.pull_rates(Rates())
    return metrics


@pytest.fixture
async def server(metrics: Metrics) -> AsyncIterator[MetricsServer]:
    server = MetricsServer(metrics.registry, "127.0.0.1", 0)
    await server.start()
    yield server
    await server.close()


def fetch(port: int, **headers: str) -> tuple[http.client.HTTPMessage, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request("GET", "/metrics", headers=names)
        response = connection.getresponse()
        assert response.status == 200
        return response.headers, response.read()
    finally:
        connection.close()


async def test_a_scrape_is_prometheus_text(server: MetricsServer) -> None:
    headers, body = await asyncio.to_thread(fetch, server.port)
    assert headers["Content-Type"].startswith("text/plain; version=0.0.4")
    families = {family.name for family in parser.text_string_to_metric_families(body.decode())}
    assert 'dialer_calls_total{reason="busy",who="callee"} 1.0' in body.decode()
    assert "process_cpu_seconds" in families
    assert "process_open_fds" in families
    assert not any(name.endswith("_created") for name in families)


async def test_a_scraper_that_asks_gets_openmetrics(server: MetricsServer) -> None:
    headers, body = await asyncio.to_thread(fetch, server.port, Accept=OPENMETRICS)
    assert headers["Content-Type"].startswith("application/openmetrics-text; version=1.0.0")
    text = body.decode()
    # The strict parser of the OpenMetrics specification.
    families = {family.name: family for family in openmetrics.text_string_to_metric_families(text)}
    assert text.endswith("# EOF\n")
    shown = {row.name.removesuffix("_total").removesuffix("_info") for row in TABLE}
    # Those of the broker and of SIP are collected where there is one.
    elsewhere = (
        *("dialer_mqtt", "dialer_sip_not_admitted", "dialer_trunk_unread"),
        *("dialer_speech", "dialer_inbound_passports"),
    )
    assert {name for name in shown if not name.startswith(elsewhere)} <= set(families)


async def test_a_scraper_that_asks_gets_gzip(server: MetricsServer) -> None:
    headers, body = await asyncio.to_thread(fetch, server.port, Accept_Encoding="gzip")
    assert headers["Content-Encoding"] == "gzip"
    assert b"dialer_build_info" in gzip.decompress(body)


async def test_a_taken_port_is_an_error_that_says_what_to_do(
    metrics: Metrics, server: MetricsServer
) -> None:
    second = MetricsServer(metrics.registry, "127.0.0.1", server.port)
    with pytest.raises(MetricsError, match=rf"127\.0\.0\.1:{server.port}: the port is taken"):
        await second.start()
    await second.close()


@pytest.mark.parametrize(
    "host, port, what",
    [
        ("192.0.2.1", 0, "no such address"),
        ("127.0.0.1", 70000, "write host:port"),
        ("no..host", 9108, "write host:port"),
    ],
)
async def test_an_address_that_cannot_be_had_is_an_error(
    metrics: Metrics, host: str, port: int, what: str
) -> None:
    with pytest.raises(MetricsError, match=what):
        await MetricsServer(metrics.registry, host, port).start()


async def test_close_frees_the_port_and_may_come_twice(metrics: Metrics) -> None:
    port = free_port()
    server = MetricsServer(metrics.registry, "127.0.0.1", port)
    await server.start()
    await asyncio.to_thread(fetch, port)
    await server.close()
    await server.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=5)
    again = MetricsServer(metrics.registry, "127.0.0.1", port)
    await again.start()
    await again.close()


async def test_a_slow_scrape_does_not_hold_the_loop(metrics: Metrics) -> None:
    asked, go_on = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    class Slow:
        def collect(self) -> list[GaugeMetricFamily]:
            loop.call_soon_threadsafe(asked.set)
            # Answered by the loop: were the loop held, this would never end.
            asyncio.run_coroutine_threadsafe(go_on.wait(), loop).result(timeout=20)
            return [GaugeMetricFamily("slow", "Slow.", value=1)]

        def describe(self) -> list[GaugeMetricFamily]:
            return []

    metrics.registry.register(Slow())
    server = MetricsServer(metrics.registry, "127.0.0.1", 0)
    await server.start()
    scrape = asyncio.create_task(asyncio.to_thread(fetch, server.port))
    await asked.wait()
    go_on.set()
    _, body = await scrape
    assert b"slow 1.0" in body
    await server.close()
