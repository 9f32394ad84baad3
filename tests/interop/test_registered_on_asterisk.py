"""A trunk that registers at a real Asterisk 22 and calls with its credentials."""

from __future__ import annotations

from dialer.core.trunks.trunk_state import StateReason
from dialer.core.values.events import RemoteHungUp
from dialer.core.values.number import E164
from dialer.sip.settings import Identity, Registration, TrunkSettings
from tests.support.asterisk import PASSWORD, Asterisk
from tests.support.capture import Capture
from tests.support.line import order, running
from tests.support.waiting import until

HANGS_UP = E164("+8613900000007")
CONTACT = "1001/sip:"


def member(password: str) -> TrunkSettings:
    return TrunkSettings(
        "",
        "",
        registration=Registration("1001", password, expires=60),
        identity=Identity.PAI,
    )


async def test_it_registers_calls_with_digest_and_takes_its_leave() -> None:
    with Asterisk() as pbx, Capture({pbx.port}) as wire:
        async with running(pbx.uri, trunk=member(PASSWORD)) as (line, listener):
            await until(lambda: line.trunk_states()[0].registered)
            assert CONTACT in pbx.command("pjsip show aor 1001")
            line.dial(order(callee=HANGS_UP))
            assert await listener.end_of("a") == RemoteHungUp(16)
        assert CONTACT not in pbx.command("pjsip show aor 1001")
    said = [packet.what for packet in wire.sip()]
    assert said[:4] == ["REGISTER", "401", "REGISTER", "200"]
    first, second = (packet for packet in wire.sip() if packet.what == "INVITE")
    assert first.header("Authorization") is None
    assert 'username="1001"' in (second.header("Authorization") or "")


async def test_a_wrong_password_is_told_of() -> None:
    with Asterisk() as pbx:
        async with running(pbx.uri, trunk=member("wrong")) as (line, _):
            await until(lambda: line.trunk_states()[0].why is StateReason.CREDENTIALS)
            assert CONTACT not in pbx.command("pjsip show aor 1001")
