"""`dialer run` over a carrier whose certificate is not believed, and one in clear behind it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import yaml

from dialer.demo.files import Carrier, Job, write
from tests.support.certificates import Authority
from tests.support.dialing import Run, dialer, records
from tests.support.sipp import Sipp
from tests.support.tls_front import TlsFront

NUMBERS = [f"+86106559{2 * row:04d}" for row in range(1, 5)]


async def test_a_carrier_that_is_not_who_it_says_gives_way_at_once(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    impostor = authority.certify("127.0.0.1", of_itself=True)
    with (
        Sipp("carrier-people-at-rtp-ports", tmp_path, options=("-t", "t1")) as never_reached,
        Sipp("carrier-people-at-rtp-ports", tmp_path) as carrier,
    ):
        async with TlsFront(impostor, never_reached.port) as front:
            job = Job(
                carriers=[
                    Carrier("secure", front.port, priority=1),
                    Carrier("clear", carrier.port, priority=2),
                ],
                numbers=NUMBERS,
                sip={"transports": ["udp", "tls"], "tls": {"port": 0, "ca_file": "authority.pem"}},
            )
            config, campaign = write(tmp_path, job)
            written = yaml.safe_load(config.read_text())
            written["trunks"][0] |= {"transport": "tls", "srtp": "required"}
            config.write_text(yaml.safe_dump(written))
            with Run(config, campaign) as run:
                code, _, err = await asyncio.to_thread(run.finish)
            assert code == 0, err
            probe = await asyncio.to_thread(dialer, "trunks", "-c", str(config), "--probe")
            assert front.came == b""
    assert "no trusted authority" in err
    assert probe.returncode == 1
    assert "secure is down: OPTIONS: certificate untrusted" in probe.stdout
    calls, attempts = await asyncio.to_thread(records, tmp_path / "var")
    assert len(calls) == len(NUMBERS)
    by_trunk = {"secure": 0, "clear": 0}
    for attempt in attempts:
        by_trunk[attempt.trunk] += 1
    assert by_trunk == {"secure": len(NUMBERS), "clear": len(NUMBERS)}
    refused = {str(each.outcome) for each in attempts if each.trunk == "secure"}
    assert refused == {"carrier.unreachable"}
