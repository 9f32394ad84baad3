"""A real Asterisk 22 calls in: by its digest, by its certificate, and with neither of them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from dialer.core.trunks.door import Door, DoorLimits
from dialer.core.values.events import Answered, Arrived, LocalEnded
from dialer.sip.line import SipLine
from dialer.sip.settings import InboundAuth, InboundDigest, TlsSettings, Transport, TrunkSettings
from tests.support.asterisk import Asterisk
from tests.support.certificates import Authority
from tests.support.line import CALLER, NOTICE, SETTINGS, Listener
from tests.support.raw_sip import Counted, free_tcp_port
from tests.support.sipp import free_port
from tests.support.waiting import until

PASSWORD = "correct-horse-battery"


async def rings(line: SipLine, listener: Listener, pbx: Asterisk) -> bool:
    """Whether a call of the PBX's comes in; it is answered and ended then."""
    said = f"channel originate PJSIP/{CALLER.digits}@proving application Wait 5"
    await asyncio.to_thread(pbx.command, said)
    try:
        await until(lambda: bool(listener.events), 3)
    except TimeoutError:
        return False
    (name,) = listener.events
    await listener.hears(name, Arrived)
    line.answer(name, NOTICE)
    await listener.hears(name, Answered)
    line.end(name)
    assert await listener.end_of(name) == LocalEnded()
    return True


def asking(algorithms: Sequence[str], names: tuple[str, ...] = ()) -> InboundAuth:
    digest = InboundDigest("carrier", PASSWORD, tuple(algorithms)) if algorithms else None
    return InboundAuth(digest, names)


@pytest.mark.parametrize(
    "algorithms, password, counted",
    [
        (["SHA-256"], PASSWORD, {"challenged": 1}),
        (["SHA-256", "MD5"], PASSWORD, {"challenged": 1}),
        (["MD5"], PASSWORD, {"challenged": 1}),
        (["SHA-256", "MD5"], "wrong", {"challenged": 1, "credentials": 1}),
    ],
)
async def test_it_is_let_in_by_its_digest(
    algorithms: list[str], password: str, counted: dict[str, int]
) -> None:
    before = Counted()
    port = free_port()
    with Asterisk(dialer_port=port, proves=password) as pbx:
        trunk = TrunkSettings("t0", pbx.uri, frozenset({CALLER}), inbound_auth=asking(algorithms))
        line = SipLine(replace(SETTINGS, bind_port=port), [trunk], door=Door(DoorLimits()))
        listener = Listener()
        async with AsyncExitStack() as stack:
            await line.start(listener)
            stack.push_async_callback(line.close)
            assert await rings(line, listener, pbx) is (password == PASSWORD)
    assert before.all() == counted


@pytest.mark.parametrize(
    "names, algorithms, counted",
    [
        (("localhost",), [], {}),
        (("localhost",), ["SHA-256"], {"challenged": 1}),
        # The INVITE, and the ACK of its 403.
        (("sbc.carrier.example",), [], {"certificate": 2}),
    ],
)
async def test_it_is_let_in_by_its_certificate(
    tmp_path: Path, names: tuple[str, ...], algorithms: list[str], counted: dict[str, int]
) -> None:
    before = Counted()
    authority, port = Authority(tmp_path), free_tcp_port()
    ours = authority.certify("127.0.0.1", "localhost", like="ours")
    tls = TlsSettings(port, str(ours.certificate), str(ours.key), str(authority.file))
    transports = (Transport.UDP, Transport.TLS)
    settings = replace(SETTINGS, transports=transports, tls=tls)
    with Asterisk(
        dialer_port=port, certificate=authority.certify("localhost"), proves=PASSWORD
    ) as pbx:
        trunk = TrunkSettings(
            "t0",
            f"sip:localhost:{pbx.tls_port}",
            frozenset({CALLER}),
            transport=Transport.TLS,
            inbound_auth=asking(algorithms, names),
        )
        line = SipLine(settings, [trunk], door=Door(DoorLimits()))
        listener = Listener()
        async with AsyncExitStack() as stack:
            await line.start(listener)
            stack.push_async_callback(line.close)
            assert await rings(line, listener, pbx) is ("certificate" not in counted)
    assert before.all() == counted
