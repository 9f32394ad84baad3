"""Every test here runs over both lines: the shipped fake, and real SIP and RTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from tests.conformance.line.labs import LABS, Carriers, Lab, sipp_carriers


@pytest.fixture(scope="module")
def carriers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Carriers]:
    with sipp_carriers(tmp_path_factory.mktemp("carriers")) as running:
        yield running


@pytest_asyncio.fixture(params=list(LABS))
async def lab(request: pytest.FixtureRequest, carriers: Carriers) -> AsyncIterator[Lab]:
    async with LABS[request.param](carriers) as made:
        yield made
