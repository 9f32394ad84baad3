"""The page of the failover shows what the simulation found, of the detector as it is."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET
from dataclasses import asdict

import pytest

from benchmarks.support.rate_chain import FallChain
from dialer.core.trunks.connect_rate import RateTests
from docs import failover_page

SVG = "{http://www.w3.org/2000/svg}"


def test_the_simulation_was_of_the_detector_as_it_is() -> None:
    data = failover_page.data()
    assert data["tests"] == asdict(RateTests.of(data["floor"])), (
        "run: python benchmarks/failover_sim.py --data docs/failover.json"
    )


def test_the_figures_that_are_shown_keep_the_demands() -> None:
    figures = failover_page.data()["figures"]
    assert figures["runs"] >= 10_000
    assert figures["fall_attempts_p50"] <= 60
    assert figures["fall_attempts_p95"] <= 120
    assert figures["bad_gave_way_within_1500"] == figures["runs"]
    assert figures["steady_give_ways_in_20000_at_most_999"] <= 1


@pytest.mark.parametrize("at", range(7))
def test_the_curves_are_the_chains_and_the_dots_lie_on_them(at: int) -> None:
    data = failover_page.data()
    curve = data["curves"][at]
    left = FallChain(RateTests.of(data["floor"])).left(curve["rate"], 500)
    exact = [1 - float(share) for share in left[:: data["step"]]]
    assert curve["exact"][: len(exact)] == pytest.approx(exact, abs=1e-4)
    for share, seen in zip(curve["exact"], curve["simulated"], strict=True):
        sigma = math.sqrt(max(share * (1 - share), 1e-4) / data["curve_runs"])
        assert abs(seen - share) <= 5 * sigma


def test_the_picture_shows_every_curve() -> None:
    picture = ET.fromstring(failover_page.svg())
    curves = failover_page.data()["curves"]
    assert [curve["rate"] for curve in curves] == [0.05, 0.10, 0.15, 0.18, 0.20, 0.25, 0.30]
    assert len(picture.findall(f"{SVG}polyline")) == len(curves)
    assert len(picture.findall(f"{SVG}circle")) == len(curves) * len(failover_page.MARKS)
    names = {text.text for text in picture.findall(f"{SVG}text")}
    assert {f"{curve['rate']:.0%}" for curve in curves} <= names
