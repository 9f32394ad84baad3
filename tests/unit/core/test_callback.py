"""The dialog of a call that came in, and what its end is called."""

from __future__ import annotations

import pytest

from audio.events import BargeInPolicy, DtmfReceived, PlaybackDone
from dialer.core.calls.inbound import inbound_ending
from dialer.core.dialog.callback import IDENTITY, KEPT, CallbackDialog, CallbackTurn
from dialer.core.dialog.script import Transfer
from dialer.core.dialog.script_commands import Play, RecordOptOut, ScriptCommand
from dialer.core.values.events import RefusalKept, TransferFailed
from dialer.core.values.inbound_records import InboundEnding
from dialer.core.values.outcome import Outcome, Reason
from dialer.core.values.targets import Extension

PERSON = Extension("8000", "pbx")


def answered() -> CallbackDialog:
    """The dialog of somebody whom we have called, who hears the opening from time 0."""
    dialog = CallbackDialog(PERSON, listen=6.0)
    dialog.known = True
    dialog.answered(0.0)
    return dialog


def press(dialog: CallbackDialog, digit: str) -> tuple[ScriptCommand, ...]:
    return dialog.handle(DtmfReceived(1, 0.0, digit), 1.0)


def test_who_we_are_is_protected_from_the_callers_voice_and_the_rest_is_ducked() -> None:
    first, *rest = answered().opening().items
    assert first == (IDENTITY, BargeInPolicy.PROTECTED)
    assert {policy for _, policy in rest} == {BargeInPolicy.DUCK}


def test_a_person_is_fetched_once_and_not_while_the_last_words_are_said() -> None:
    dialog = answered()
    assert press(dialog, "0")[-1] == Transfer(PERSON)
    assert press(dialog, "0") == ()
    dialog.handle(TransferFailed(), 2.0)
    assert dialog.turn is CallbackTurn.PARTING
    assert press(dialog, "0") == ()


def test_only_the_end_of_what_is_being_played_counts() -> None:
    dialog = answered()
    press(dialog, "1")
    (kept,) = dialog.handle(RefusalKept(), 2.0)
    assert isinstance(kept, Play)
    assert kept.items[0][0] == KEPT
    assert dialog.handle(PlaybackDone(1, 2.1, kept.play_id - 1, 0, completed=True), 2.1) == ()
    assert dialog.turn is CallbackTurn.PARTING


def test_what_is_kept_stays_kept_and_is_not_asked_for_again() -> None:
    dialog = answered()
    assert press(dialog, "1") == (RecordOptOut(decides=False),)
    dialog.handle(RefusalKept(), 2.0)
    assert press(dialog, "1") == ()
    dialog.handle(RefusalKept(kept=False), 3.0)
    assert dialog.kept


@pytest.mark.parametrize(
    "outcome", [Outcome.of(Reason.HUNG_UP), Outcome.of(Reason.PEER_LOST, q850=41)]
)
def test_who_hangs_up_before_our_answer_gave_up(outcome: Outcome) -> None:
    unanswered = CallbackDialog(None, listen=6.0)
    ending = inbound_ending(outcome, unanswered, turned_away=False, answered=False)
    assert ending is InboundEnding.GAVE_UP
