"""The demo's checks: a truthful run passes all of them, and each lie fails its own, alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from audio.format import FRAME_SECONDS
from dialer.core.values.number import E164
from dialer.core.values.outcome import Outcome, Reason
from dialer.core.values.records import CallRow
from dialer.demo.people import Contact, Person
from dialer.demo.sipp import SeenInvite
from dialer.demo.verify import FRAME, Evidence, Heard, read_heard, verify
from tests.support.approvals import submitted
from tests.support.evidence import (
    BEGAN,
    KEPT,
    OFFER_AT,
    PROMPTS,
    WORDS,
    acting,
    attempt_of,
    call_of,
    counted,
    cut,
    disclosure,
    heard_as,
    invite_of,
    noise,
    truthful,
)

APPROVED = "every call said what someone else than its author approved"
ONE_EACH = "every contact was called once, every call has one outcome"
WIRE = "attempts on the wire equal attempts in the store"
CALLER_ID = "every INVITE shows the one verified caller ID"
OUTCOMES = "each outcome is what the callee or carrier did"
FIRST = "the identity notice is the first thing heard"
WHOLE = "speech does not cut the notice, and it is over within 3 s"
BARGE_IN = "barge-in stops the prompt on the wire"
COUGH = "a cough does not stop the prompt"
OPT_OUT = "after 1 is pressed nothing but goodbye is said"
METRICS = "/metrics counts what the store holds"
ALL = [
    APPROVED,
    ONE_EACH,
    WIRE,
    CALLER_ID,
    OUTCOMES,
    FIRST,
    WHOLE,
    BARGE_IN,
    COUGH,
    OPT_OUT,
    METRICS,
]

ANSWER = OFFER_AT + 0.8


def failed(seen: Evidence) -> list[str]:
    return [check.name for check in verify(seen) if not check.ok]


def someone(seen: Evidence, person: Person, at: int = 0) -> Contact:
    return [contact for contact in seen.contacts if contact.person is person][at]


def place(seen: Evidence, person: Person) -> int:
    """Where the call of someone of that kind stands among the calls and attempts."""
    number = someone(seen, person).number
    return next(at for at, call in enumerate(seen.calls) if call.number.clear == number)


def with_calls(seen: Evidence, calls: list[CallRow]) -> Evidence:
    """The same with other calls, of which the metrics tell truly."""
    return replace(seen, calls=calls, metrics=counted(calls))


def hearing(seen: Evidence, person: Person, heard: Heard | None, at: int = 0) -> Evidence:
    """The same, but that someone of this kind heard this."""
    ears = {**seen.heard}
    port = someone(seen, person, at).port
    if heard is None:
        del ears[port]
    else:
        ears[port] = heard
    return replace(seen, heard=ears)


def with_invite(seen: Evidence, at: int, invite: SeenInvite | None) -> Evidence:
    """The same with one INVITE changed, or gone."""
    first = list(seen.invites["carrier-a"])
    first[at : at + 1] = [] if invite is None else [invite]
    return replace(seen, invites={**seen.invites, "carrier-a": first})


@pytest.mark.parametrize("count", [11, 24, 60])
def test_a_truthful_run_passes_every_check(count: int) -> None:
    checks = verify(truthful(count))
    assert [check.name for check in checks] == ALL
    assert [check.found for check in checks if not check.ok] == []


def test_every_check_says_what_it_found_in_figures_and_names_nobody() -> None:
    for seen in (truthful(), two_calls(truthful()), a_call_to_a_stranger(truthful())):
        for check in verify(seen):
            assert any(letter.isdigit() for letter in check.found), check
            assert "8610655" not in check.found


# Lies. Each is told as consistently as it can be: only the check that is there for it can tell.


def words_nobody_approved(seen: Evidence) -> Evidence:
    return replace(seen, wording=replace(KEPT, version=submitted()))


def words_of_which_there_is_no_record(seen: Evidence) -> Evidence:
    return replace(seen, wording=None)


def words_that_their_author_approved(seen: Evidence) -> Evidence:
    version = replace(KEPT.version, authors=("bob",))
    return replace(seen, wording=replace(KEPT, version=version))


def words_that_were_changed_where_they_are_kept(seen: Evidence) -> Evidence:
    return replace(seen, wording=replace(KEPT, content=KEPT.content + b" "))


def words_that_the_file_does_not_hold(seen: Evidence) -> Evidence:
    return replace(seen, words=[*WORDS, "Thank you for nothing."])


def a_call_that_said_something_else(seen: Evidence) -> Evidence:
    first, *others = seen.calls
    return with_calls(seen, [replace(first, script_version="0" * 64), *others])


def a_call_is_missing(seen: Evidence) -> Evidence:
    calls = list(seen.calls)
    del calls[place(seen, Person.BUSY)]
    return with_calls(seen, calls)


def a_call_has_no_end(seen: Evidence) -> Evidence:
    """It shows in its outcome as well."""
    calls = list(seen.calls)
    at = place(seen, Person.BUSY)
    calls[at] = replace(calls[at], outcome=None)
    return with_calls(seen, calls)


def two_calls(seen: Evidence) -> Evidence:
    contact = someone(seen, Person.BUSY)
    again = call_of(contact, "carrier-a", seen.calls[0].started_at, "-again")
    attempt = attempt_of(again)
    invites = {name: list(found) for name, found in seen.invites.items()}
    invites["carrier-a"].append(invite_of(contact, attempt))
    seen = replace(seen, attempts=[*seen.attempts, attempt], invites=invites)
    return with_calls(seen, [*seen.calls, again])


def a_call_to_a_stranger(seen: Evidence) -> Evidence:
    calls = list(seen.calls)
    at = place(seen, Person.BUSY)
    calls[at] = replace(calls[at], number=E164("+8610655599999"))
    return with_calls(seen, calls)


def an_invite_that_is_not_stored(seen: Evidence) -> Evidence:
    extra = replace(seen.invites["carrier-b"][0], call_id="unheard-of@dialer")
    return replace(seen, invites={**seen.invites, "carrier-b": [*seen.invites["carrier-b"], extra]})


def an_attempt_that_is_not_on_the_wire(seen: Evidence) -> Evidence:
    return with_invite(seen, 3, None)


def an_attempt_without_a_call_id(seen: Evidence) -> Evidence:
    attempts = list(seen.attempts)
    extra = replace(attempts[0], attempt="attempt-extra", sip_call_id=None)
    return replace(seen, attempts=[*attempts, extra])


def an_attempt_stored_twice(seen: Evidence) -> Evidence:
    return replace(seen, attempts=[*seen.attempts, seen.attempts[0]])


def an_invite_through_another_carrier(seen: Evidence) -> Evidence:
    moved = seen.invites["carrier-a"][0]
    kept = with_invite(seen, 0, None)
    return replace(kept, invites={**kept.invites, "carrier-b": [*kept.invites["carrier-b"], moved]})


def another_from(seen: Evidence) -> Evidence:
    invite = replace(seen.invites["carrier-a"][2], caller_id="+861065550199")
    return with_invite(seen, 2, invite)


def another_asserted_identity(seen: Evidence) -> Evidence:
    invite = replace(seen.invites["carrier-a"][2], asserted="+861065550199")
    return with_invite(seen, 2, invite)


def a_withheld_number(seen: Evidence) -> Evidence:
    invite = replace(seen.invites["carrier-a"][2], caller_id="anonymous", asserted=None)
    return with_invite(seen, 2, invite)


def another_outcome(person: Person, reason: Reason) -> Callable[[Evidence], Evidence]:
    def lie(seen: Evidence) -> Evidence:
        calls = list(seen.calls)
        at = place(seen, person)
        calls[at] = replace(calls[at], outcome=Outcome.of(reason))
        return with_calls(seen, calls)

    return lie


def a_click_before_the_notice(seen: Evidence) -> Evidence:
    heard = heard_as(0.02, noise(99, 0.02), disclosure(), PROMPTS["offer"], 1.5, PROMPTS["goodbye"])
    return hearing(seen, Person.LISTENER, heard)


def the_purpose_before_the_notice(seen: Evidence) -> Evidence:
    heard = heard_as(PROMPTS["purpose"], disclosure(), PROMPTS["offer"])
    return hearing(seen, Person.LISTENER, heard)


def nothing_heard_at_all(seen: Evidence) -> Evidence:
    return hearing(seen, Person.LISTENER, None)


def nothing_but_silence(seen: Evidence) -> Evidence:
    return hearing(seen, Person.LISTENER, heard_as(4.0))


def the_notice_begins_in_its_middle(seen: Evidence) -> Evidence:
    heard = heard_as(disclosure()[1600:], PROMPTS["offer"], 1.5, PROMPTS["goodbye"])
    return hearing(seen, Person.LISTENER, heard)


def the_notice_is_cut(seen: Evidence) -> Evidence:
    said = disclosure()
    said[6000:12_000] = 0
    return hearing(seen, Person.TALKER, talked_over(said))


def the_notice_is_ducked(seen: Evidence) -> Evidence:
    said = disclosure()
    said[6000:12_000] = (said[6000:12_000] * 0.6).astype(np.int16)
    return hearing(seen, Person.TALKER, talked_over(said))


def the_notice_is_late(seen: Evidence) -> Evidence:
    heard = heard_as(1.8, disclosure(), PROMPTS["offer"], 1.5, PROMPTS["goodbye"])
    return hearing(seen, Person.LISTENER, heard)


def the_notice_is_late_for_a_talker(seen: Evidence) -> Evidence:
    heard = heard_as(1.8, disclosure(), cut("offer", 0.86), 1.0, PROMPTS["goodbye"])
    return hearing(seen, Person.TALKER, acting(heard, spoke=(0.4, 1.8 + ANSWER)))


def talked_over(said: np.ndarray) -> Heard:
    heard = heard_as(said, cut("offer", 0.86), 1.0, PROMPTS["goodbye"])
    return acting(heard, spoke=(0.4, ANSWER))


def a_barge_in_that_stops_nothing(seen: Evidence) -> Evidence:
    heard = heard_as(disclosure(), PROMPTS["offer"], 1.0, PROMPTS["goodbye"])
    return hearing(seen, Person.TALKER, acting(heard, spoke=(0.4, ANSWER)))


def a_barge_in_that_is_slow(seen: Evidence) -> Evidence:
    heard = heard_as(disclosure(), cut("offer", 2.0), 1.0, PROMPTS["goodbye"])
    return hearing(seen, Person.TALKER, acting(heard, spoke=(0.4, ANSWER)))


def a_talker_who_never_came_to_talk(seen: Evidence) -> Evidence:
    return hearing(seen, Person.TALKER, acting(talked_over(disclosure()), spoke=(0.4,)))


def a_barge_in_that_is_not_stored(seen: Evidence) -> Evidence:
    calls = list(seen.calls)
    at = place(seen, Person.TALKER)
    calls[at] = replace(calls[at], barge_ins=0)
    return replace(seen, calls=calls)


def a_cough_that_stops_the_prompt(seen: Evidence) -> Evidence:
    heard = heard_as(disclosure(), cut("offer", 0.9), 1.5, PROMPTS["goodbye"])
    return hearing(seen, Person.COUGHER, acting(heard, spoke=(ANSWER,)))


def a_cough_that_leaves_the_prompt_ducked(seen: Evidence) -> Evidence:
    ducked = PROMPTS["offer"].copy()
    ducked[6800:] //= 5
    heard = heard_as(disclosure(), ducked, 1.5, PROMPTS["goodbye"])
    return hearing(seen, Person.COUGHER, acting(heard, spoke=(ANSWER,)))


def objecting(
    *parts: np.ndarray | float, pressed: float = ANSWER
) -> Callable[[Evidence], Evidence]:
    def lie(seen: Evidence) -> Evidence:
        return hearing(seen, Person.OBJECTOR, acting(heard_as(*parts), pressed=(pressed,)))

    return lie


GOODBYE = PROMPTS["goodbye"]
ASKED = (disclosure(), cut("offer", 0.9))


def metrics_count_one_more(seen: Evidence) -> Evidence:
    return replace(seen, metrics={**seen.metrics, "callee.busy": seen.metrics["callee.busy"] + 1})


def metrics_have_an_outcome_of_their_own(seen: Evidence) -> Evidence:
    return replace(seen, metrics={**seen.metrics, "dialer.cut_short": 1.0})


def metrics_that_nobody_scraped(seen: Evidence) -> Evidence:
    return replace(seen, metrics={})


@pytest.mark.parametrize(
    "lie,finds",
    [
        (words_nobody_approved, [APPROVED]),
        (words_of_which_there_is_no_record, [APPROVED]),
        (words_that_their_author_approved, [APPROVED]),
        (words_that_were_changed_where_they_are_kept, [APPROVED]),
        (words_that_the_file_does_not_hold, [APPROVED]),
        (a_call_that_said_something_else, [APPROVED]),
        (a_call_is_missing, [ONE_EACH]),
        (a_call_has_no_end, [ONE_EACH, OUTCOMES]),
        (two_calls, [ONE_EACH]),
        (a_call_to_a_stranger, [ONE_EACH, OUTCOMES]),
        (an_invite_that_is_not_stored, [WIRE]),
        (an_attempt_that_is_not_on_the_wire, [WIRE]),
        (an_attempt_without_a_call_id, [WIRE]),
        (an_attempt_stored_twice, [WIRE]),
        (an_invite_through_another_carrier, [WIRE]),
        (another_from, [CALLER_ID]),
        (another_asserted_identity, [CALLER_ID]),
        (a_withheld_number, [CALLER_ID]),
        (another_outcome(Person.BUSY, Reason.DECLINED), [OUTCOMES]),
        (another_outcome(Person.OBJECTOR, Reason.COMPLETED), [OUTCOMES]),
        (another_outcome(Person.UNREACHED, Reason.BUSY), [OUTCOMES]),
        (a_click_before_the_notice, [FIRST]),
        (the_purpose_before_the_notice, [FIRST]),
        (nothing_heard_at_all, [FIRST]),
        (nothing_but_silence, [FIRST]),
        (the_notice_begins_in_its_middle, [FIRST]),
        (the_notice_is_cut, [WHOLE]),
        (the_notice_is_ducked, [WHOLE]),
        (the_notice_is_late, [WHOLE]),
        (the_notice_is_late_for_a_talker, [WHOLE]),
        (a_barge_in_that_stops_nothing, [BARGE_IN]),
        (a_barge_in_that_is_slow, [BARGE_IN]),
        (a_talker_who_never_came_to_talk, [BARGE_IN]),
        (a_barge_in_that_is_not_stored, [BARGE_IN]),
        (a_cough_that_stops_the_prompt, [COUGH]),
        (a_cough_that_leaves_the_prompt_ducked, [COUGH]),
        pytest.param(objecting(*ASKED), [OPT_OUT], id="no_goodbye"),
        pytest.param(
            objecting(*ASKED, GOODBYE, 0.2, PROMPTS["done"]), [OPT_OUT], id="more_after_goodbye"
        ),
        pytest.param(
            objecting(*ASKED, PROMPTS["done"], 0.2, GOODBYE), [OPT_OUT], id="more_before_goodbye"
        ),
        pytest.param(
            objecting(disclosure(), PROMPTS["offer"], GOODBYE), [OPT_OUT], id="offer_to_its_end"
        ),
        pytest.param(
            objecting(disclosure(), GOODBYE, pressed=0.8), [OPT_OUT], id="disclosure_to_its_end"
        ),
        pytest.param(
            objecting(*ASKED, GOODBYE, 0.1, GOODBYE), [OPT_OUT], id="goodbye_twice"
        ),
        pytest.param(
            objecting(*ASKED, GOODBYE[:2400]), [OPT_OUT], id="half_a_goodbye"
        ),
        (metrics_count_one_more, [METRICS]),
        (metrics_have_an_outcome_of_their_own, [METRICS]),
        (metrics_that_nobody_scraped, [METRICS]),
    ],
)  # fmt: skip
def test_each_lie_fails_its_own_check_alone(
    lie: Callable[[Evidence], Evidence], finds: list[str]
) -> None:
    seen = truthful()
    assert failed(lie(seen)) == finds


def test_who_was_not_told_goodbye_is_told_of() -> None:
    (check,) = (
        each
        for each in verify(objecting(*ASKED, GOODBYE[:2400])(truthful()))
        if each.name == OPT_OUT
    )
    assert "one pressed 1 keys and heard" in check.found
    assert "with 0 gaps" in check.found


def test_no_evidence_is_no_proof() -> None:
    nothing = Evidence([], "", {}, {}, [], [], PROMPTS, {}, None, [])
    assert failed(nothing) == ALL


# What the callees' report says.


def test_a_report_is_read_as_it_was_heard() -> None:
    codes = np.frombuffer(bytes([0xD5]) * FRAME * 3, np.uint8).reshape(-1, FRAME)
    report = {
        "10000.heard": codes,
        "10000.heard_at": BEGAN + FRAME_SECONDS * np.arange(3),
        "10000.sequence": np.array([65535, 0, 2], np.uint16),
        "10000.spoke_at": np.array([BEGAN + 1.0]),
        "10000.pressed_at": np.array([BEGAN + 2.0]),
        "10002.heard": codes[:0],
        "10002.heard_at": np.zeros(0),
        "10002.sequence": np.zeros(0, np.uint16),
        "10002.spoke_at": np.zeros(0),
        "10002.pressed_at": np.zeros(0),
    }
    heard = read_heard(report, 10000)
    assert heard is not None
    assert heard.frames.shape == (3, FRAME)
    assert list(heard.loud) == [False] * 3
    assert list(heard.spoke_at) == [BEGAN + 1.0]
    assert list(heard.pressed_at) == [BEGAN + 2.0]
    assert heard.missing == 1
    assert read_heard(report, 10002) is None
    assert read_heard(report, 10004) is None
