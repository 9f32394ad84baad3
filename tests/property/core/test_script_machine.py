"""Invariants 7 and 8 as far as the script holds them, over scripts and callees of every kind."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from audio.events import (
    BargeIn,
    BargeInPolicy,
    DtmfReceived,
    FalseAlarm,
    ItemPlayed,
    PlaybackDone,
    SpeechEnded,
    SpeechStarted,
)
from dialer.core.dialog.dialog import DialogEvent
from dialer.core.dialog.notice_watch import SPOKEN_BY
from dialer.core.dialog.script import (
    GOODBYE,
    Branch,
    Go,
    Intent,
    Node,
    Say,
    Script,
    Silence,
    Transfer,
    check,
    utterances,
)
from dialer.core.dialog.script_commands import (
    CallOff,
    EndCall,
    Play,
    RecordOptOut,
    ScriptCommand,
    StartRecording,
    StopRecording,
)
from dialer.core.dialog.script_run import RINGING, ScriptRun, Turn
from dialer.core.values.events import DeadlinePassed, Joined, RefusalKept, TransferFailed
from dialer.core.values.outcome import Reason
from dialer.core.values.targets import Extension
from tests.support.scripts import script

NAMES = ("n0", "n1", "n2", "n3")
KEYS = "023456789*#"


@st.composite
def scripts(draw: st.DrawFn) -> Script:
    """A script that the checks pass: `otherwise` only leads on, everything else anywhere."""
    nodes = []
    for at, name in enumerate(NAMES):
        if at > 0 and draw(st.booleans()):
            nodes.append(Node(name, Say(name), draw(st.sampled_from(BargeInPolicy)), hang_up=True))
            continue
        targets = st.sampled_from([*NAMES, GOODBYE])
        branch = targets.map(Go) | st.just(Transfer(Extension("queue", "pbx.example")))
        branches: list[Branch] = draw(st.lists(branch, max_size=3))
        nodes.append(
            Node(
                name,
                Say(name),
                draw(st.sampled_from(BargeInPolicy)),
                listen=draw(st.floats(0.5, 9)),
                intents=tuple(
                    Intent(f"i{number}", (), KEYS[number], then)
                    for number, then in enumerate(branches)
                ),
                silence=draw(st.none() | st.builds(Silence, targets, st.integers(1, 3))),
                otherwise=draw(st.sampled_from([*NAMES[at + 1 :], GOODBYE])),
            )
        )
    made = script(*nodes)
    assert {problem.what for problem in check(made)} <= {"no way leads here"}
    return made


def sound(command: ScriptCommand) -> bool:
    """Whether it is about the recording alone."""
    return isinstance(command, StartRecording | StopRecording)


class ScriptMachine(RuleBasedStateMachine):
    @initialize(made=scripts())
    def pick_up(self, made: Script) -> None:
        self.script = made
        self.run = ScriptRun(made, records=True)
        self.now = 10.0
        self.playing: int | None = 0
        self.commands: list[ScriptCommand] = []
        self.opening_heard = False
        self.items = 0
        self.kept = self.waited_in_vain = False
        self.answered_at = self.now
        assert self.run.answered(self.now) == ()

    def give(self, event: DialogEvent) -> None:
        commands = self.run.handle(event, self.now)
        for command in commands:
            if isinstance(command, Play):
                self.playing = command.play_id
        self.commands += commands

    @rule(digit=st.sampled_from(KEYS + "AD") | st.just("2"))
    def press(self, digit: str) -> None:
        self.give(DtmfReceived(1, self.now, digit))

    @rule(sure=st.integers(0, 3))
    def opt_out(self, sure: int) -> None:
        if sure == 0:
            self.give(DtmfReceived(1, self.now, "1"))

    @rule()
    def the_refusal_is_kept(self) -> None:
        if self.run.opted_out:
            self.kept = True
            self.give(RefusalKept())

    @rule()
    def an_item_of_the_opening_ends(self) -> None:
        if self.playing == 0 and self.items < len(self.run.opening().items):
            self.items += 1
            self.give(ItemPlayed(1, self.now, 0, self.items - 1))

    @rule(completed=st.sampled_from([True, True, True, False]))
    def prompt_ends(self, *, completed: bool) -> None:
        if self.playing == 0 and completed:
            while self.playing == 0 and self.items < len(self.run.opening().items):
                self.an_item_of_the_opening_ends()
        if self.playing is None or self.run.turn is Turn.OVER:
            return
        ended, self.playing = self.playing, None
        self.opening_heard |= ended == 0 and completed
        self.give(PlaybackDone(1, self.now, ended, 8000, completed))

    @rule(play_id=st.integers(0, 9))
    def an_older_prompt_is_told_to_have_ended(self, play_id: int) -> None:
        if play_id != self.playing:
            before = len(self.commands)
            if play_id < self.last_play_id():
                self.give(PlaybackDone(1, self.now, play_id, 0, completed=False))
                assert len(self.commands) == before

    @rule(
        event=st.sampled_from(
            [SpeechStarted(1, 0.0, 0.0), SpeechEnded(1, 0.0, 1.0), FalseAlarm(1, 0.0, 1)]
        )
    )
    def speech(self, event: DialogEvent) -> None:
        self.give(event)

    @rule()
    def barge_in(self) -> None:
        if self.playing is not None:
            self.give(BargeIn(1, self.now, self.now, self.playing, 0))

    @rule()
    def transfer_fails(self) -> None:
        self.give(TransferFailed())

    @rule()
    def joined(self) -> None:
        self.give(Joined("b"))

    @rule(seconds=st.floats(0, 12))
    def time_passes(self, seconds: float) -> None:
        deadline = self.run.next_deadline()
        self.now += seconds
        before = len(self.commands)
        self.waited_in_vain |= self.run.turn is Turn.KEEPING
        self.give(DeadlinePassed())
        if deadline is None or self.now < deadline:
            assert len(self.commands) == before

    def last_play_id(self) -> int:
        return max((each.play_id for each in self.commands if isinstance(each, Play)), default=0)

    @invariant()
    def the_notice_of_identity_comes_first_and_is_protected(self) -> None:
        opening = self.run.opening()
        assert opening.play_id == 0
        assert opening.items[0] == ("disclosure.identity", BargeInPolicy.PROTECTED)
        if not self.opening_heard and not self.run.opted_out:
            assert not any(isinstance(each, Play | Transfer) for each in self.commands)

    @invariant()
    def there_is_one_end_and_after_it_only_a_refusal_is_noted(self) -> None:
        ends = [at for at, each in enumerate(self.commands) if isinstance(each, EndCall)]
        assert len(ends) <= 1
        assert bool(ends) is (self.run.turn is Turn.OVER)
        if ends:
            after = [each for each in self.commands[ends[0] + 1 :] if not sound(each)]
            assert after in ([], [RecordOptOut()])

    @invariant()
    def after_a_refusal_nothing_is_said_but_goodbye(self) -> None:
        refused = RecordOptOut() in self.commands
        assert refused is self.run.opted_out
        assert ("1" in self.run.keys) is refused
        if not refused:
            return
        at = self.commands.index(RecordOptOut())
        after = [each for each in self.commands[at + 1 :] if not sound(each)]
        if any(isinstance(each, EndCall) for each in self.commands[:at]):
            assert after == []
            return
        if after[0] == CallOff():
            after.pop(0)
        goodbye = after.pop(0)
        assert isinstance(goodbye, Play)
        assert goodbye.items == (("nodes.goodbye", BargeInPolicy.PROTECTED),)
        assert after in ([], [EndCall(Reason.OPTED_OUT)])

    @invariant()
    def the_call_does_not_end_before_its_refusal_is_kept(self) -> None:
        if EndCall(Reason.OPTED_OUT) in self.commands:
            assert self.kept or self.waited_in_vain

    @invariant()
    def nothing_is_said_to_who_was_not_told_in_time(self) -> None:
        spoken = self.run.notice_spoken
        if spoken is not None and spoken > SPOKEN_BY and not self.run.opted_out:
            assert self.run.turn is Turn.OVER
        if EndCall(Reason.NOTICE_LATE) in self.commands:
            assert not any(isinstance(each, Play | Transfer) for each in self.commands)
            assert spoken is None or spoken > SPOKEN_BY

    @invariant()
    def a_recording_begins_once_and_after_its_notice(self) -> None:
        starts = [at for at, each in enumerate(self.commands) if each == StartRecording()]
        stops = [at for at, each in enumerate(self.commands) if isinstance(each, StopRecording)]
        assert len(starts) <= 1
        erased = [at for at in stops if self.commands[at] == StopRecording(erase=True)]
        assert len(erased) <= 1
        if starts:
            names = [key for key, _policy in self.run.opening().items]
            assert self.items > names.index("disclosure.recording")
            assert all(at > starts[0] for at in stops)

    @invariant()
    def what_is_played_can_be_played_and_is_on_the_path(self) -> None:
        plays = [each for each in self.commands if isinstance(each, Play)]
        assert [each.play_id for each in plays] == list(range(1, len(plays) + 1))
        keys = [key for each in plays for key, _policy in each.items]
        assert set(keys) <= {*utterances(self.script), RINGING}
        assert tuple(key.removeprefix("nodes.") for key in keys if key != RINGING) == self.run.path

    @invariant()
    def the_run_always_waits_for_something(self) -> None:
        waits = self.run.next_deadline() is not None
        assert waits is (self.run.turn not in {Turn.OVER, Turn.JOINED})

    def teardown(self) -> None:
        """A callee who never says anything more gets out, whether or not media still works."""
        if not hasattr(self, "run"):
            return
        media_works = len(self.commands) % 2 == 0
        for _ in range(100):
            if self.run.turn is Turn.OVER:
                break
            if self.run.turn is Turn.JOINED:
                return
            if self.run.turn is Turn.TRANSFERRING and media_works:
                self.give(TransferFailed())
            elif media_works and self.playing is not None:
                self.prompt_ends(completed=True)
            elif self.run.turn is Turn.KEEPING and media_works:
                self.the_refusal_is_kept()
            else:
                self.waited_in_vain |= self.run.turn is Turn.KEEPING
                self.now = self.run.next_deadline() or self.now
                self.give(DeadlinePassed())
        assert self.run.turn is Turn.OVER


TestScriptMachine = ScriptMachine.TestCase
TestScriptMachine.settings = settings(max_examples=90, stateful_step_count=25, deadline=None)
