"""A script that hands callees over, in a campaign on the shipped fakes."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

import pytest

from dialer.calls.switchboard import Rules, Switchboard
from dialer.core.calls.call import CallLimits
from dialer.core.dialog.script import GOODBYE, Say, Script, Transfer
from dialer.core.dialog.script import Node as Turn
from dialer.core.gate.caller_id import CallerIds, VerifiedNumber
from dialer.core.gate.leg_gate import leg_gate
from dialer.core.gate.rules import caller_id_verified
from dialer.core.trunks.routing import Trunk
from dialer.core.values.events import LocalFault
from dialer.core.values.legs import DecideLeg, LegKind, LegOrder, LegRow
from dialer.core.values.number import E164
from dialer.core.values.outcome import Outcome, Reason
from dialer.core.values.records import CallRow
from dialer.core.values.targets import Extension, Target
from dialer.core.values.verdict import Verdict
from dialer.ports.line import Dial
from dialer.testing import (
    Act,
    Answer,
    AskTransfer,
    Callee,
    Fail,
    Hold,
    MemoryStore,
    OnCancel,
    Press,
    Reject,
    RemoteBye,
)
from tests.support.fast_time import in_fast_time
from tests.support.nodes import Node, plan, trunk
from tests.support.orders import CALLER_ID
from tests.support.scripts import script
from tests.support.store import begin

QUEUE: Final = Extension("queue", "pbx")
NEXT: Final = Extension("8001", "pbx")
PERSON: Final = E164("+442079460099")
OURS: Final = VerifiedNumber(CALLER_ID, "Example Bank", "a-17.pdf", date(2030, 1, 1))


def handing_over(target: Target = QUEUE, *, refer: bool = False) -> Script:
    """Hands over as soon as the disclosure is over."""
    moment = Turn("moment", Say("One moment."), otherwise=GOODBYE, transfer=Transfer(target, refer))
    return script(moment)


class Lab:
    """One campaign of one contact, and a PBX."""

    def __init__(
        self,
        *acts: Act,
        person: Callee | None = None,
        script: Script | None = None,
        verified: Sequence[str] = ("carrier-a", "pbx"),
        pbx: Trunk | None = None,
        on_refer: tuple[int, ...] = (100, 200),
        next_person: Callee | None = None,
    ) -> None:
        self.callee = Callee(acts=acts, on_refer=on_refer)
        self.next_person = next_person
        self.person = person or Callee(final=Answer(1.0))
        self.script = script or handing_over()
        self.pbx = pbx or replace(trunk("pbx", channels=2), own=True)
        self.node = Node(self.answers, trunks=[trunk(channels=2), self.pbx])
        self.rules = Rules(
            decide=leg_gate(
                [caller_id_verified(CallerIds({name: [OURS] for name in verified}))],
                {PERSON: replace(OURS, number=PERSON)},
                {"pbx"},
            ),
            limits=CallLimits(ring=10, joined=60),
            places={"pbx": "pbx", "pbx.example": "pbx"},
            may_refer_to=(NEXT,),
        )

    def answers(self, dial: Dial) -> Callee:
        if dial.callee == NEXT and self.next_person is not None:
            return self.next_person
        return self.person if dial.opening is None else self.callee

    def run(self, *, switchboard: bool = True) -> tuple[CallRow, Sequence[LegRow]]:
        async def work() -> tuple[CallRow, Sequence[LegRow]]:
            node = self.node
            await node.service.open()
            campaign = await begin(node.store, 1)
            board = Switchboard(node.service, self.rules) if switchboard else None
            wanted = replace(plan(campaign), script=self.script)
            await node.run_of(wanted, board).run()
            for _ in range(200):
                await asyncio.sleep(0.05)
            (call,) = await node.store.calls()
            return call, await node.store.legs()

        return in_fast_time(self.node.clock, work(), 400)

    @property
    def heard(self) -> list[tuple[str, ...]]:
        calls = {dial.attempt for dial in self.node.scripted.dialled if dial.opening}
        return [each.prompts for each in self.node.scripted.heard if each.attempt in calls]


def test_callee_and_person_are_joined_and_one_record_each_is_kept() -> None:
    lab = Lab(Press("5", 9.0), RemoteBye(15.0))
    call, legs = lab.run()
    assert call.outcome == Outcome.of(Reason.HUNG_UP)
    assert call.path == ("moment",)
    assert call.keys == ""
    (leg,) = legs
    assert (leg.call, leg.kind, leg.trunk, leg.caller_id) == (
        call.call,
        LegKind.BRIDGE,
        "pbx",
        CALLER_ID,
    )
    assert leg.joined_at is not None
    assert leg.outcome == Outcome.of(Reason.COMPLETED)
    _, second = lab.node.scripted.dialled
    assert (second.callee, second.opening) == (QUEUE, None)
    assert lab.node.scripted.sent_dtmf == [(second.attempt, "5")]
    assert lab.heard[1][0] == "nodes.moment"
    assert "ringing" in lab.heard[1]
    assert [each.load.in_use for each in lab.node.trunks] == [0, 0]


@pytest.mark.parametrize(
    "person, on_refer, abandoned",
    [
        (Callee(final=Answer(1.9)), None, 0),
        (Callee(final=Answer(2.2)), None, 1),
        (Callee(final=Reject(486)), None, 1),
        (None, (100, 200), 0),
        (None, (100, 180, 200), 0),
        (None, (100, 486), 1),
    ],
)
def test_who_was_promised_a_person_is_abandoned_where_none_comes_in_time(
    person: Callee | None, on_refer: tuple[int, ...] | None, abandoned: int
) -> None:
    lab = Lab(
        Press("5", 0.3),  # so it is a person who has answered
        RemoteBye(15.0),
        person=person,
        script=handing_over(refer=on_refer is not None),
        on_refer=on_refer or (),
    )
    lab.run()
    assert lab.node.counted("dialer_live_answers_total") == {(): 1}
    counted = lab.node.counted("dialer_abandoned_calls_total")
    assert counted == ({(): 1} if abandoned else {})


@pytest.mark.parametrize("switchboard", [True, False])
def test_who_hangs_up_upon_hearing_that_nobody_comes_was_abandoned(*, switchboard: bool) -> None:
    lab = Lab(Press("5", 0.3), RemoteBye(2.3), person=Callee(final=Reject(486)))
    lab.run(switchboard=switchboard)
    assert lab.node.counted("dialer_calls_total") == {("callee", "hung_up"): 1}
    assert lab.node.counted("dialer_abandoned_calls_total") == {(): 1}


def test_a_person_who_hangs_up_ends_the_call() -> None:
    lab = Lab(person=Callee(final=Answer(1.0), acts=(RemoteBye(5.0),)))
    call, (leg,) = lab.run()
    assert call.outcome == Outcome.of(Reason.COMPLETED)
    assert leg.outcome == Outcome.of(Reason.HUNG_UP)


def test_a_person_who_answers_across_our_cancel_is_hung_up_and_joined_with_nobody() -> None:
    lab = Lab(person=Callee(final=None, on_cancel=OnCancel.CROSSES))
    call, (leg,) = lab.run()
    assert call.path == ("moment", GOODBYE)
    assert leg.outcome == Outcome.of(Reason.NO_ANSWER)
    assert leg.joined_at is None


def test_a_hold_of_either_ends_nothing() -> None:
    person = Callee(final=Answer(1.0), acts=(Hold(2.0), Hold(3.0, held=False), RemoteBye(9.0)))
    call, (leg,) = Lab(Hold(8.0), person=person).run()
    assert call.outcome == Outcome.of(Reason.COMPLETED)
    assert leg.joined_at is not None


@pytest.mark.parametrize(
    "person, reason",
    [
        (Callee(final=Reject(486)), Reason.BUSY),
        (Callee(final=None), Reason.NO_ANSWER),
        (Callee(rings_after=None, final=Fail(LocalFault.VETOED)), Reason.VETOED),
    ],
)
def test_a_person_who_does_not_come_lets_the_script_go_on(person: Callee, reason: Reason) -> None:
    lab = Lab(person=person)
    call, (leg,) = lab.run()
    assert call.path == ("moment", GOODBYE)
    assert call.outcome == Outcome.of(Reason.COMPLETED)
    assert leg.outcome is not None
    assert leg.outcome.reason is reason
    assert leg.joined_at is None
    assert lab.heard[-1] == ("nodes.goodbye",)


def test_our_number_must_be_verified_where_the_leg_goes() -> None:
    lab = Lab(verified=("carrier-a",))
    call, legs = lab.run()
    assert legs == []
    assert call.path == ("moment", GOODBYE)
    assert len(lab.node.scripted.dialled) == 1
    assert lab.node.counted("dialer_refusals_total") == {("other",): 1}
    assert [each.load.in_use for each in lab.node.trunks] == [0, 0]


def test_a_pbx_without_room_is_waited_for_and_then_given_up() -> None:
    full = replace(trunk("pbx", channels=1), own=True)
    full.load.seize(0.0)
    call, legs = Lab(pbx=full).run()
    assert legs == []
    assert call.path == ("moment", GOODBYE)


def test_an_opt_out_while_the_person_is_called_ends_that_leg() -> None:
    lab = Lab(Press("1", 4.0), person=Callee(final=None))
    call, (leg,) = lab.run()
    assert call.outcome == Outcome.of(Reason.OPTED_OUT)
    assert leg.outcome == Outcome.of(Reason.CANCELLED)
    assert lab.heard[-1] == ("nodes.goodbye",)


def test_a_callee_who_hangs_up_meanwhile_takes_the_leg_along() -> None:
    call, (leg,) = Lab(RemoteBye(4.0), person=Callee(final=None)).run()
    assert call.outcome == Outcome.of(Reason.HUNG_UP)
    assert leg.outcome == Outcome.of(Reason.CANCELLED)


def test_the_joined_talk_has_a_limit_of_its_own() -> None:
    lab = Lab()
    call, (leg,) = lab.run()
    assert call.outcome is not None
    assert call.outcome.reason in {Reason.COMPLETED, Reason.TIME_LIMIT}
    assert leg.joined_at is not None
    assert leg.ended_at is not None
    assert (leg.ended_at - leg.joined_at).total_seconds() == pytest.approx(60, abs=1)


def test_a_target_by_the_host_of_its_trunk_or_by_number() -> None:
    by_host = Lab(RemoteBye(9.0), script=handing_over(Extension("queue", "pbx.example")))
    by_host.run()
    assert by_host.node.scripted.dialled[1].callee == QUEUE
    office = PERSON
    by_number = Lab(RemoteBye(9.0), script=handing_over(office))
    by_number.run()
    second = by_number.node.scripted.dialled[1]
    assert (second.callee, second.trunk) == (office, "carrier-a")


def test_no_callee_is_called_over_a_trunk_of_our_own() -> None:
    lab = Lab(RemoteBye(3.0))
    lab.run()
    assert lab.node.scripted.dialled[0].trunk == "carrier-a"


def test_a_refer_that_succeeds_ends_our_part() -> None:
    lab = Lab(script=handing_over(refer=True))
    call, (leg,) = lab.run()
    assert lab.node.scripted.referred == [(lab.node.scripted.dialled[0].attempt, QUEUE)]
    assert call.outcome == Outcome.of(Reason.COMPLETED)
    assert (leg.kind, leg.trunk, leg.outcome) == (
        LegKind.REFER,
        "carrier-a",
        Outcome.of(Reason.COMPLETED),
    )
    assert leg.joined_at is not None


def test_a_refer_that_fails_lets_the_script_go_on() -> None:
    call, (leg,) = Lab(script=handing_over(refer=True), on_refer=(100, 486)).run()
    assert call.path == ("moment", GOODBYE)
    assert leg.outcome is not None
    assert leg.outcome.sip_code == 486


def test_a_trunk_that_wants_refer_gets_it_for_every_transfer() -> None:
    lab = Lab()
    lab.rules = replace(lab.rules, by_refer=frozenset({"carrier-a"}))
    _, (leg,) = lab.run()
    assert leg.kind is LegKind.REFER


def test_without_a_switchboard_the_script_goes_on() -> None:
    call, legs = Lab().run(switchboard=False)
    assert (call.path, legs) == (("moment", GOODBYE), [])


def test_a_transfer_from_beginning_to_end_is_nothing_to_complain_of(
    caplog: pytest.LogCaptureFixture,
) -> None:
    for lab in (Lab(RemoteBye(9.0)), Lab(script=handing_over(refer=True))):
        lab.run()
    assert [each.message for each in caplog.records if each.levelname == "ERROR"] == []


class SlowForLegs(MemoryStore):
    async def authorise_leg(self, order: LegOrder, decide: DecideLeg) -> Verdict:
        await asyncio.sleep(0.5)
        return await super().authorise_leg(order, decide)


def test_a_campaign_that_waits_for_the_legs_invite_to_leave_goes_on_when_it_has_left() -> None:
    # One call in 2.5 s: the leg has the second token, and its commit takes long.
    lab = Lab(RemoteBye(60.0), script=handing_over(PERSON))
    node = lab.node = Node(lab.answers, trunks=[trunk(cps=0.4)], store=SlowForLegs())

    async def work() -> list[str]:
        await node.service.open()
        wanted = replace(plan(await begin(node.store, 2)), script=lab.script)
        running = node.run_of(wanted, Switchboard(node.service, lab.rules))
        dialling = asyncio.ensure_future(running.run())
        await asyncio.sleep(8)
        dialled = [dial.trunk for dial in node.scripted.dialled]
        running.drain(at_once=True)
        await dialling
        return dialled

    assert len(in_fast_time(node.clock, work(), 200)) == 3


# A person who hands the callee on.


def test_who_is_handed_on_is_joined_with_the_next_and_the_first_is_let_go() -> None:
    lab = Lab(
        RemoteBye(25.0),
        person=Callee(final=Answer(1.0), acts=(AskTransfer(3.0, NEXT),)),
        next_person=Callee(final=Answer(2.0)),
    )
    call, (first, second) = lab.run()
    assert call.outcome == Outcome.of(Reason.HUNG_UP)
    assert (first.target, second.target) == ("sip:queue@pbx", "sip:8001@pbx")
    assert first.ended_at is not None
    assert second.joined_at is not None
    assert first.ended_at <= second.joined_at + timedelta(seconds=1)
    assert first.outcome == second.outcome == Outcome.of(Reason.COMPLETED)
    attempt = lab.node.scripted.dialled[1].attempt
    assert lab.node.scripted.told_referrers == [(attempt, 100), (attempt, 200)]
    assert [each.load.in_use for each in lab.node.trunks] == [0, 0]


def test_a_next_one_who_does_not_come_changes_nothing() -> None:
    lab = Lab(
        RemoteBye(25.0),
        person=Callee(final=Answer(1.0), acts=(AskTransfer(3.0, NEXT),)),
        next_person=Callee(final=Reject(486)),
    )
    call, (first, second) = lab.run()
    assert call.outcome == Outcome.of(Reason.HUNG_UP)
    assert first.outcome == Outcome.of(Reason.COMPLETED)
    assert second.outcome is not None
    assert second.outcome.reason is Reason.BUSY
    attempt = lab.node.scripted.dialled[1].attempt
    assert lab.node.scripted.told_referrers == [(attempt, 100), (attempt, 503)]


@pytest.mark.parametrize("comes", [True, False])
def test_a_person_who_leaves_at_once_leaves_the_callee_ringing(*, comes: bool) -> None:
    lab = Lab(
        RemoteBye(25.0),
        person=Callee(final=Answer(1.0), acts=(AskTransfer(3.0, NEXT), RemoteBye(3.5))),
        next_person=Callee(final=Answer(4.0) if comes else None),
    )
    call, (_, second) = lab.run()
    assert (second.joined_at is not None) is comes
    assert call.outcome == Outcome.of(Reason.HUNG_UP if comes else Reason.COMPLETED)
    assert set(lab.heard[-1]) == {"ringing"}


def test_nobody_is_called_whom_the_list_does_not_allow() -> None:
    lab = Lab(
        RemoteBye(25.0),
        person=Callee(final=Answer(1.0), acts=(AskTransfer(3.0, Extension("9", "pbx")),)),
    )
    _, legs = lab.run()
    assert len(legs) == 1
    assert lab.node.scripted.told_referrers == []


def test_a_callee_who_leaves_while_being_handed_on_takes_both_along() -> None:
    lab = Lab(
        RemoteBye(9.0),
        person=Callee(final=Answer(1.0), acts=(AskTransfer(3.0, NEXT),)),
        next_person=Callee(final=None),
    )
    _, (first, second) = lab.run()
    assert first.outcome == Outcome.of(Reason.COMPLETED)
    assert second.outcome == Outcome.of(Reason.CANCELLED)
    assert [each.load.in_use for each in lab.node.trunks] == [0, 0]
