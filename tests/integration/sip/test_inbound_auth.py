"""Trunks that ask who calls: digest authentication of inbound calls, and attacks on it."""

from __future__ import annotations

import asyncio
import resource
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from dialer.core.trunks.door import Door, DoorLimits
from dialer.core.values.events import Answered, Arrived, RemoteHungUp
from dialer.core.values.number import E164
from dialer.core.values.number_form import NumberForm
from dialer.sip import _admission, admission
from dialer.sip.line import SipLine
from dialer.sip.settings import InboundAuth, InboundDigest, TrunkSettings
from tests.support.digest import Challenge, answer, challenges
from tests.support.line import CALLEE, CALLER, NOTICE, SETTINGS, Listener
from tests.support.raw_sip import Counted, Datagrams
from tests.support.sipp import Sipp
from tests.support.waiting import until

HERE = "127.0.0.1"
USER, PASSWORD = "carrier", "a password of theirs"
ALWAYS = Challenge("veridial.invalid", "0" * 64, "SHA-256", "auth")
"""What somebody writes who was never challenged."""


def asking(*algorithms: str, user: str = USER, password: str = PASSWORD) -> InboundAuth:
    return InboundAuth(InboundDigest(user, password, algorithms or ("SHA-256",)))


TRUNK = TrunkSettings(
    "t0",
    "sip:127.0.0.1:5099",
    frozenset({CALLER}),
    numbers=NumberForm(country="86"),
    inbound_auth=asking(),
)


@asynccontextmanager
async def up(*trunks: TrunkSettings) -> AsyncIterator[tuple[SipLine, Listener, Door]]:
    door = Door(DoorLimits(per_minute=10_000, channels=50, cps=1000))
    line = SipLine(SETTINGS, trunks or [TRUNK], door=door)
    listener = Listener()
    await line.start(listener)
    try:
        yield line, listener, door
    finally:
        await line.close()


class Caller(Datagrams):
    """Sends INVITEs, and reads their final reply or the first that rings."""

    number = 0

    async def calls(self, headers: str = "", **written: object) -> str:
        self.number += 1
        self.ask("INVITE", number=self.number, headers=headers, **written)
        while (reply := await self.hears()).startswith("SIP/2.0 100 "):
            pass
        return reply

    async def challenged(self) -> Challenge:
        reply = await self.calls()
        assert reply.startswith("SIP/2.0 401 ")
        return challenges(reply)[0]


def sipp_call(scenario: str, line: SipLine, folder: Path, milliseconds: int) -> Sipp:
    """One call of the carrier's, which hangs up so long after the answer."""
    keys = {"called": CALLER.clear, "caller": CALLEE.clear}
    as_them = ("-au", USER, "-ap", PASSWORD, "-d", str(milliseconds))
    options = ("-m", "1", *as_them, f"{HERE}:{line.port}")
    return Sipp(scenario, folder, keys, options)


@pytest.mark.parametrize("algorithms", [("MD5",), ("MD5", "SHA-256")])
async def test_a_carrier_that_answers_the_challenge_has_its_call(
    tmp_path: Path, algorithms: tuple[str, ...]
) -> None:
    """SIPp knows MD5 only, and reads the first challenge."""
    counted = Counted()
    async with up(replace(TRUNK, inbound_auth=asking(*algorithms))) as (line, listener, _):
        with sipp_call("caller-401-then-is-let-in", line, tmp_path, 300) as sipp:
            await until(lambda: bool(listener.events))
            (name,) = listener.events
            event = await listener.hears(name, Arrived)
            assert (event.trunk, event.called, event.caller) == ("t0", CALLER, CALLEE)
            line.answer(name, NOTICE)
            await listener.hears(name, Answered)
            assert await listener.end_of(name) == RemoteHungUp()
            await until(lambda: sipp.exit_code is not None)
        assert sipp.verdict == "passed", sipp.verdict
    assert counted.all() == {"challenged": 1}


async def test_sha_256_is_asked_for_first_and_the_answer_is_let_in_once_however_often_it_comes(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A copy of an INVITE is PJSIP's to answer; nothing of it may look like a replay."""
    counted = Counted()
    async with up(replace(TRUNK, inbound_auth=asking("SHA-256", "MD5"))) as (line, listener, door):
        with Caller(HERE, line.port) as carrier:
            reply = await carrier.calls()
            asked = challenges(reply)
            assert [each.algorithm for each in asked] == ["SHA-256", "MD5"]
            assert {(each.qop, each.realm, each.stale) for each in asked} == {
                ("auth", "veridial.invalid", False)
            }
            assert not listener.events
            said = answer(asked[0], USER, PASSWORD)
            assert (await carrier.calls(said)).startswith("SIP/2.0 180 ")
            for _ in range(3):
                carrier.ask("INVITE", number=carrier.number, headers=said)
                assert (await carrier.hears()).startswith("SIP/2.0 180 ")
            assert (len(listener.events), door.inside) == (1, 1)
    assert counted.all() == {"challenged": 1}
    assert not [r for r in caplog.records if r.name == admission.__name__]


async def test_a_nonce_serves_many_calls_in_any_order_and_each_count_once() -> None:
    counted = Counted()
    async with up() as (line, listener, _):
        with Caller(HERE, line.port) as carrier:
            asked = await carrier.challenged()
            for count in (3, 1, 2, 90, 30, 26, 4096):
                said = await carrier.calls(answer(asked, USER, PASSWORD, count=count))
                assert said.startswith("SIP/2.0 180 "), count
            assert len(listener.events) == 7
            # Used; used before; too far back to be known, so it counts as used.
            for count in (4096, 90, 26, 5):
                said = await carrier.calls(answer(asked, USER, PASSWORD, count=count))
                assert said.startswith("SIP/2.0 401 ")
                assert challenges(said)[0].stale
            assert len(listener.events) == 7
    assert counted.all() == {"challenged": 1, "replayed": 4}


def _nothing(_asked: Challenge) -> str:
    return ""


BAD: dict[str, Callable[[Challenge], str]] = {
    "password": lambda c: answer(c, USER, PASSWORD + "x"),
    "empty password": lambda c: answer(c, USER, ""),
    "user": lambda c: answer(c, "somebody", PASSWORD),
    "user of another's answer": lambda c: answer(c, USER, PASSWORD, username='"other"'),
    "method": lambda c: answer(c, USER, PASSWORD, method="REGISTER"),
    "no response": lambda c: answer(c, USER, PASSWORD, response=""),
    "empty response": lambda c: answer(c, USER, PASSWORD, response='""'),
    "half a response": lambda c: answer(c, USER, PASSWORD, response='"00"'),
    "other nonce than hashed": lambda c: answer(c, USER, PASSWORD, nonce='"' + "0" * 64 + '"'),
    "no nonce": lambda c: answer(c, USER, PASSWORD, nonce=""),
    "other count than hashed": lambda c: answer(c, USER, PASSWORD, nc="00000002"),
    "count of nothing": lambda c: answer(c, USER, PASSWORD, count=0),
    "short count": lambda c: answer(c, USER, PASSWORD, nc="1"),
    "no count": lambda c: answer(c, USER, PASSWORD, nc=""),
    "no qop": lambda c: answer(c, USER, PASSWORD, qop=""),
    "qop of bodies": lambda c: answer(c, USER, PASSWORD, qop="auth-int"),
    "no cnonce": lambda c: answer(c, USER, PASSWORD, cnonce=""),
    "MD5": lambda c: answer(replace(c, algorithm="MD5"), USER, PASSWORD),
    "MD5, unsaid": lambda c: answer(replace(c, algorithm="MD5"), USER, PASSWORD, algorithm=""),
    "said to be MD5": lambda c: answer(c, USER, PASSWORD, algorithm="MD5"),
    "unknown algorithm": lambda c: answer(c, USER, PASSWORD, algorithm="SHA-512-256"),
    "session": lambda c: answer(c, USER, PASSWORD, algorithm="SHA-256-sess"),
    "long": lambda c: answer(c, USER, PASSWORD, cnonce="c" * 5000),
    "long user": lambda c: answer(c, "u" * 30_000, PASSWORD),
    "others first": lambda c: answer(c, "x", "y") * 20 + answer(c, USER, PASSWORD),
}
NONE: dict[str, Callable[[Challenge], str]] = {
    "nothing": _nothing,
    "realm": lambda c: answer(replace(c, realm="elsewhere.example"), USER, PASSWORD),
    "for a proxy": lambda c: "Proxy-" + answer(c, USER, PASSWORD),
    "no realm": lambda c: answer(c, USER, PASSWORD, realm=""),
}


def changed(challenge: Challenge, position: int) -> Challenge:
    """Another digit at a place of the nonce."""
    nonce = challenge.nonce
    digit = f"{int(nonce[position], 16) ^ 1:x}"
    return replace(challenge, nonce=nonce[:position] + digit + nonce[position + 1 :])


STALE: dict[str, Callable[[Challenge], str]] = {
    "made up": lambda _: answer(ALWAYS, USER, PASSWORD),
    "short": lambda c: answer(replace(c, nonce="0"), USER, PASSWORD),
    "number of another": lambda c: answer(changed(c, 15), USER, PASSWORD),
    "time of another": lambda c: answer(changed(c, 31), USER, PASSWORD),
    "seal of another": lambda c: answer(changed(c, 63), USER, PASSWORD),
    "longer": lambda c: answer(replace(c, nonce=c.nonce + "0"), USER, PASSWORD),
}


@pytest.mark.parametrize(
    "cause, stale, what",
    [
        *(pytest.param("credentials", False, said, id=name) for name, said in BAD.items()),
        *(pytest.param("challenged", False, said, id=name) for name, said in NONE.items()),
        *(
            pytest.param("challenged", True, said, id=f"nonce {name}")
            for name, said in STALE.items()
        ),
    ],
)
async def test_who_does_not_prove_it_is_no_caller(
    cause: str, stale: bool, what: Callable[[Challenge], str], caplog: pytest.LogCaptureFixture
) -> None:
    async with up() as (line, listener, door):
        with Caller(HERE, line.port) as attacker:
            asked = await attacker.challenged()
            counted = Counted()
            reply = await attacker.calls(what(asked))
            # Who is wrong is told so, and not asked again: it would answer the same.
            assert reply[8:11] == ("403" if cause == "credentials" else "401")
            assert [each.stale for each in challenges(reply)] == [stale] * (cause == "challenged")
            assert counted.all() == {cause: 1}
            assert (dict(listener.events), door.inside, door.turned_away) == ({}, 0, {})
            # Whoever does know is let in still.
            said = answer(await attacker.challenged(), USER, PASSWORD)
            assert (await attacker.calls(said)).startswith("SIP/2.0 180 ")
    told = [r.getMessage() for r in caplog.records if r.name == admission.__name__]
    assert told == ([f"not taken in on the SIP ports: {cause} 1"] if cause == "credentials" else [])
    assert USER not in caplog.text


@pytest.mark.parametrize("said", ["Basic Y2FycmllcjphIHBhc3N3b3Jk", "Digest", "", "Digest =,,"])
async def test_what_is_no_digest_is_no_message(said: str) -> None:
    async with up() as (line, listener, _):
        with Caller(HERE, line.port) as attacker:
            assert not await attacker.calls(f"Authorization: {said}\r\n")
            assert not listener.events


async def test_no_call_is_opened_beside_the_challenge() -> None:
    """INVITEs that say they belong to a call, that replace one, or that come as something else."""
    async with up() as (line, listener, door):
        with Caller(HERE, line.port) as attacker:
            assert (await attacker.calls(tag=";tag=ours")).startswith("SIP/2.0 481 ")
            assert (await attacker.calls(tag=";tag=")).split()[1] in {"400", "401"}
            replacing = "Replaces: a@b;to-tag=1;from-tag=2\r\n"
            assert (await attacker.calls(replacing)).startswith("SIP/2.0 401 ")
            for method in ("ACK", "CANCEL", "BYE", "UPDATE", "PRACK", "INFO"):
                attacker.ask(method)
                assert (await attacker.hears(0.2))[:11] in {"", "SIP/2.0 481", "SIP/2.0 405"}
            assert (dict(listener.events), door.inside) == ({}, 0)


async def test_trunks_at_one_address_are_told_apart_by_what_they_prove() -> None:
    """Credentials are good for their own trunk's numbers, and those of one that asks nothing."""
    other, open_to = E164("+861065550111"), E164("+861065550122")
    second = replace(
        TRUNK,
        name="t1",
        caller_ids=frozenset({other}),
        inbound_auth=asking(user="second", password="another password"),
    )
    third = replace(TRUNK, name="t2", caller_ids=frozenset({open_to}), inbound_auth=InboundAuth())
    async with up(TRUNK, second, third) as (line, _, _):
        with Caller(HERE, line.port) as carrier:

            async def says(number: E164, user: str, password: str) -> str:
                said = answer(await carrier.challenged(), user, password)
                uri = f"sip:{number.digits}@{HERE}:{line.port}"
                return (await carrier.calls(said, uri=uri))[8:11]

            assert await says(CALLER, USER, PASSWORD) == "180"
            assert await says(other, "second", "another password") == "180"
            assert await says(open_to, USER, PASSWORD) == "180"
            assert await says(other, USER, PASSWORD) == "404"
            assert await says(CALLER, "second", "another password") == "404"


async def test_a_trunk_elsewhere_is_not_asked() -> None:
    elsewhere = replace(
        TRUNK,
        name="t1",
        uri="sip:127.0.0.9:5099",
        inbound_auth=InboundAuth(),
        calls_from=(IPv4Network("127.0.9.0/24"),),
    )
    async with up(TRUNK, elsewhere) as (line, _, _):
        for source, code in ((HERE, "401"), ("127.0.0.9", "180"), ("127.0.9.7", "180")):
            with Caller(source, line.port) as carrier:
                carrier.number = 10 * int(source[-1])  # PJSIP tells branches apart by nothing else
                assert (await carrier.calls())[8:11] == code


async def test_a_thousand_a_second_without_credentials_cost_nothing(tmp_path: Path) -> None:
    """A call goes on, who has credentials gets through, and memory stays as it is."""
    async with up(replace(TRUNK, inbound_auth=asking("MD5"))) as (line, listener, door):

        async def flood(seconds: float) -> int:
            loop = asyncio.get_running_loop()
            start, sent = loop.time(), 0
            while (passed := loop.time() - start) < seconds:
                while sent < passed * 1000:
                    sent += 1
                    attacker.number += 1
                    attacker.ask("INVITE", number=attacker.number)
                await asyncio.sleep(0.005)
            return sent

        with (
            sipp_call("caller-401-then-is-let-in", line, tmp_path, 7000) as sipp,
            Caller(HERE, line.port) as attacker,
            Caller(HERE, line.port) as carrier,
        ):
            await until(lambda: bool(listener.events))
            (name,) = listener.events
            line.answer(name, NOTICE)
            await listener.hears(name, Answered)
            await flood(1.0)
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            counted = Counted()
            sent = await flood(4.0)
            await until(lambda: counted.all()["challenged"] == sent)
            assert counted.all() == {"challenged": sent}
            assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 2048  # kB
            assert door.inside == 1
            task = asyncio.create_task(flood(1.0))
            carrier.number = 1_000_000
            said = answer(await carrier.challenged(), USER, PASSWORD)
            assert (await carrier.calls(said)).startswith("SIP/2.0 180 ")
            await task
            assert await listener.end_of(name) == RemoteHungUp()
            await until(lambda: sipp.exit_code is not None)
        assert sipp.verdict == "passed", sipp.verdict


def test_a_password_is_in_no_repr() -> None:
    assert PASSWORD not in repr(TRUNK)


def test_what_nobody_can_hash_is_refused() -> None:
    with pytest.raises(ValueError, match="an algorithm is"):
        _admission.ask("realm", {0: (USER, PASSWORD, ("SHA-1",))}, {})
