"""What `test_script_machine` holds, of a callee who is heard as well."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule

from audio.events import SpeechEnded, SpeechStarted, WordsHeard
from dialer.core.dialog.meaning import REFUSING, Meaning
from dialer.core.dialog.notice_watch import IDENTITY
from dialer.core.dialog.script import ANSWERS, LongTalk, Say, Script, Silence, check, utterances
from dialer.core.dialog.script_commands import CallLater, EndCall, OpenComplaint, Play, RecordOptOut
from dialer.core.dialog.script_hearing import HearingRun
from dialer.core.dialog.script_run import RINGING, Turn
from dialer.core.dialog.understanding import understand
from dialer.core.values.outcome import Reason
from tests.property.core.test_script_machine import NAMES, ScriptMachine, scripts, sound
from tests.support.said import said

TEXTS = ["", "mm", "banana", "one", "two", *(line for _kind, line in said("en", "tune"))]
STRONG = frozenset({Meaning.COMPLAINT, Meaning.REFUSAL, Meaning.WRONG_NUMBER})


@st.composite
def heard_scripts(draw: st.DrawFn) -> Script:
    made = draw(scripts())
    target = st.sampled_from(NAMES)
    nodes = {
        name: node
        if node.hang_up
        else replace(
            node,
            intents=tuple(
                replace(intent, words=(words,))
                for intent, words in zip(node.intents, ("yes", "no", "later"), strict=False)
            ),
            no_match=draw(st.none() | st.builds(Silence, target, st.integers(1, 3))),
            long_talk=draw(st.none() | st.builds(LongTalk, target, st.floats(2, 30))),
            pause=draw(st.sampled_from([0.0, 0.7, 3.0])),
        )
        for name, node in made.nodes.items()
    }
    said_then = {key: Say(key) for key in ANSWERS if draw(st.booleans())}
    whole = replace(made, nodes=nodes, answers=said_then)
    assert {problem.what for problem in check(whole)} <= {"no way leads here"}
    return whole


class HearingMachine(ScriptMachine):
    @initialize(made=heard_scripts(), later=st.booleans())
    def pick_up(self, made: Script, *, later: bool) -> None:  # type: ignore[override]
        super().pick_up(made)
        self.run = HearingRun(made, records=True, may_call_later=later)
        self.may_call_later = later
        self.run.answered(self.now)
        self.onset = 0.0
        self.refused_in_words = False

    @rule(text=st.sampled_from(TEXTS), final=st.sampled_from([True, True, False]))
    def words(self, text: str, *, final: bool) -> None:
        joined = self.run.turn is Turn.JOINED
        refused = len(self.commands)
        self.give(WordsHeard(1, self.now, self.onset, text, final))
        meaning = understand(text).meaning
        self.refused_in_words |= final and meaning in REFUSING
        if final and meaning in STRONG and not joined:
            assert self.run.opted_out
        if meaning not in REFUSING and not self.run.opted_out:
            assert RecordOptOut() not in self.commands[refused:]

    @rule(text=st.sampled_from(TEXTS), seconds=st.floats(0.1, 3))
    def a_turn(self, text: str, seconds: float) -> None:
        self.now += 0.3
        self.onset = self.now - 0.1
        self.give(SpeechStarted(1, self.now, self.onset))
        self.now += seconds
        self.give(SpeechEnded(1, self.now, seconds))
        self.words(text, final=True)

    @invariant()
    def after_a_refusal_nothing_is_said_but_goodbye(self) -> None:
        refused = RecordOptOut() in self.commands
        assert refused is self.run.opted_out
        assert self.commands.count(OpenComplaint()) <= 1
        assert not refused or "1" in self.run.keys or self.refused_in_words
        assert not refused or self.commands.count(RecordOptOut()) == 1
        if not refused:
            return
        at = self.commands.index(RecordOptOut())
        left = [each for each in self.commands[at + 1 :] if not sound(each)]
        plays = [each for each in left if isinstance(each, Play)]
        assert [play.items[0][0] for play in plays] in ([], ["nodes.goodbye"])
        others = [each for each in left if not isinstance(each, Play | OpenComplaint)]
        assert [each for each in others if isinstance(each, EndCall)] == others[-1:] or not others[
            1:
        ]

    @invariant()
    def there_is_one_end_and_after_it_only_a_refusal_is_noted(self) -> None:
        ends = [at for at, each in enumerate(self.commands) if isinstance(each, EndCall)]
        assert len(ends) <= 1
        assert bool(ends) is (self.run.turn is Turn.OVER)
        if ends:
            after = [each for each in self.commands[ends[0] + 1 :] if not sound(each)]
            assert {type(each) for each in after} <= {RecordOptOut, OpenComplaint}

    @invariant()
    def what_is_played_can_be_played_and_is_on_the_path(self) -> None:
        plays = [each for each in self.commands if isinstance(each, Play)]
        assert [each.play_id for each in plays] == list(range(1, len(plays) + 1))
        keys = [key for each in plays for key, _policy in each.items]
        assert set(keys) <= {*utterances(self.script), RINGING}
        nodes = [key.removeprefix("nodes.") for key in keys if key.startswith("nodes.")]
        assert tuple(nodes) == self.run.path

    @invariant()
    def the_notice_of_identity_comes_first_and_is_protected(self) -> None:
        super().the_notice_of_identity_comes_first_and_is_protected()
        if self.run.notice_spoken is None and "1" not in self.run.keys:
            assert not any(isinstance(each, Play) for each in self.commands) or not self.items
        told = [each.items[0][0] for each in self.commands if isinstance(each, Play)]
        assert IDENTITY not in told or self.opening_heard

    @invariant()
    def another_time_is_promised_only_where_it_may_be(self) -> None:
        promised = self.commands.count(CallLater())
        assert promised <= (1 if self.may_call_later and "later" in self.script.answers else 0)

    @invariant()
    def the_call_does_not_end_before_its_refusal_is_kept(self) -> None:
        ended = [each for each in self.commands if isinstance(each, EndCall)]
        if EndCall(Reason.OPTED_OUT) in ended:
            assert self.kept or self.waited_in_vain


TestHearingMachine = HearingMachine.TestCase
TestHearingMachine.settings = settings(max_examples=90, stateful_step_count=25, deadline=None)
