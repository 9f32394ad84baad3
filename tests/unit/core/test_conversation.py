from __future__ import annotations

import pytest

from dialer.core.calls.conversation import TalkStep, WrittenTalk, differences
from dialer.core.calls.rehearsal import Rehearsal
from dialer.core.dialog.script import Script
from dialer.core.values.outcome import Reason
from tests.support.scripts import renewal

NO = TalkStep(says="no", hears=("goodbye",))


def told(
    *steps: TalkStep, of: Script | None = None, **wanted: object
) -> list[tuple[object, str, str]]:
    made = WrittenTalk("one", steps, **wanted)  # type: ignore[arg-type]
    return [(d.step, d.key, d.what) for d in differences(of or renewal(), made, ())]


def test_what_comes_as_it_is_written_does_not_differ() -> None:
    assert (
        told(
            TalkStep(hears=("offer",)),
            TalkStep(
                says="are you a robot?", means="robot", hears=("disclosure.identity", "offer")
            ),
            TalkStep(presses="2", hears=("done",)),
            ends="completed",
            records=(),
            intents=("robot", "yes"),
            path=("offer", "offer", "done"),
            grade="E",
        )
        == []
    )


@pytest.mark.parametrize(
    "steps, wanted, found",
    [
        ((TalkStep(says="yes", means="no"),), {}, (0, "means", "means yes, not no")),
        ((TalkStep(says="yes", hears=()),), {}, (0, "hears", "hears done, not nothing")),
        ((TalkStep(hears=("done",)),), {}, (0, "hears", "hears offer, not done")),
        (
            (TalkStep(says="no", hears=("goodbye",)), TalkStep(says="no")),
            {},
            (1, "", "the call is over by then"),
        ),
        (
            (TalkStep(says="no"),),
            {"ends": "completed"},
            (None, "ends", "is opted_out, not completed"),
        ),
        ((TalkStep(says="no"),), {"records": ()}, (None, "records", "is refusal, not nothing")),
        ((TalkStep(says="hm"),), {"ends": "completed"}, (None, "ends", "is open, not completed")),
        (
            (TalkStep(presses="0"),),
            {"ends": "completed"},
            (None, "ends", "is person, not completed"),
        ),
        (
            (TalkStep(says="yes"),),
            {"path": ("offer",)},
            (None, "path", "is offer, done, not offer"),
        ),
        ((TalkStep(says="yes"),), {"grade": "A"}, (None, "grade", "is E, not A")),
    ],
)
def test_what_differs_is_told_where_it_does(
    steps: tuple[TalkStep, ...], wanted: dict[str, object], found: tuple[object, str, str]
) -> None:
    assert found in told(*steps, **wanted)


def test_over_the_notice_nothing_was_asked_yet() -> None:
    assert told(TalkStep(over="no", means="no", hears=("goodbye",)), ends="opted_out") == []
    assert told(TalkStep(over="yes", means="unknown", hears=("offer",))) == []


def test_nobody_comes_where_it_is_said_so() -> None:
    step = TalkStep(presses="0", hears=("goodbye",))
    assert told(step, nobody=True, records=("transfer",), ends="completed") == []


def test_a_rehearsal_ends_whatever_the_callee_does_not_do() -> None:
    talk = Rehearsal(renewal())
    for _ in range(5):
        talk.stay_silent()
    assert talk.ended is Reason.COMPLETED
