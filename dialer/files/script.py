"""`script.yaml`: the dialog as people write it, turned into `dialer.core.dialog.script.Script`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from audio.events import BargeInPolicy
from dialer.core.dialog.script import (
    ANSWERS,
    GOODBYE,
    Branch,
    Disclosure,
    Go,
    Intent,
    LongTalk,
    Node,
    PlayFile,
    Refuse,
    Say,
    Script,
    Silence,
    Transfer,
    Utterance,
)
from dialer.core.dialog.variables import MOST, USUAL, Bounds
from dialer.core.values.targets import Target
from dialer.reading.fields import HandOverTo, Line, Seconds, Text, Word, Written, wrong
from dialer.reading.validate import Section

VariableName = Annotated[
    str,
    StringConstraints(pattern=r"^[^\W\d]\w{0,63}$"),
    Written("column of the contacts file"),
]
Key = Annotated[str, Written("one of `0`-`9`, `*`, `#`, `A`-`D`")]


class Spoken(Section):
    """The words of one prompt: `say` or `play`, not both."""

    say: Text | None = None
    """Text to be spoken; `{column}` stands for that column of the contacts file.
    `{column:digits}`, `:number`, `:date`, `:time`, `:money` or `:money CNY` says how it is read
    (docs/in-the-call.md)."""
    play: Text | None = None
    """A whole WAV file of PCM, relative to the script's folder (docs/media.md)."""
    words: Text | None = None
    """What the recording says, word for word. Without it nobody can approve the script
    (docs/wording.md)."""

    @model_validator(mode="after")
    def _one_of_both(self) -> Spoken:
        if self.say is None and self.play is None:
            raise wrong("needs say (a text) or play (a WAV file)")
        if self.say is not None and self.play is not None:
            raise wrong("has both say and play; one of them must go")
        if self.play is None and self.words is not None:
            raise wrong("is for a recording; with say the text is what is said", "words")
        return self

    def utterance(self) -> Utterance:
        return Say(self.say or "") if self.play is None else PlayFile(self.play, self.words)


class RecordingNotice(Spoken):
    """That the call may be recorded, and how to decline that."""

    stop_key: Key | None = None
    """The digit by which the callee declines recording, at any time of the call. Recording then
    stops, and what was recorded is erased. The digit answers no question, and no intent may use
    it."""


class DisclosurePart(Section):
    """What is said first in every call, in this order."""

    identity: Spoken
    """That the caller is a robot, and whose. It is over within 3 s of the answer; speech does not
    cut it."""
    purpose: Spoken
    """Why this call is made, and how long it will take."""
    recording: RecordingNotice | None = None
    """That the call may be recorded, where it may. Recording starts when this prompt is over."""
    opt_out: Spoken
    """How to stop all further calls: digit 1."""


class IntentPart(Section):
    """An answer that a node listens for. It leads to `go`, `transfer`, `refer` or `opt_out`."""

    intent: Word
    """The answer's name in records."""
    words: tuple[Line, ...] = ()
    """Words that mean it, heard where a recogniser is on. `yes` and `no` stand for all that means
    the same; refusals and questions of any callee are known without words (docs/scripts.md)."""
    dtmf: Key | None = None
    """The digit that means it. `1` cannot be used: it always opts out."""
    go: Word | None = None
    """The next node."""
    transfer: HandOverTo | None = None
    """The person to whom the callee is transferred. We call there and join the two legs. If that
    fails, `otherwise` follows."""
    refer: HandOverTo | None = None
    """The same, but the callee's carrier or PBX is asked to call there (REFER)."""
    opt_out: bool = False
    """This answer is a refusal, as digit 1 is: only the goodbye is said, and the number's
    cooling-off starts."""
    stop_recording: bool = False
    """By this answer the callee also declines recording, as by `disclosure.recording.stop_key`."""

    @model_validator(mode="after")
    def _one_way_on(self) -> IntentPart:
        if [self.go, self.transfer, self.refer, self.opt_out or None].count(None) != 3:
            raise wrong("needs one of go (a node), transfer or refer (a target), or opt_out")
        return self

    def branch(self) -> Branch:
        if self.opt_out:
            return Refuse()
        return _transfer(self.transfer, self.refer) or Go(self.go or "")

    def intent_of(self) -> Intent:
        return Intent(self.intent, self.words, self.dtmf, self.branch(), self.stop_recording)


class NoMatchPart(Section):
    """What to do with words that mean nothing here."""

    go: Word
    """The next node."""
    at_most: int = Field(default=1, ge=1, le=10)
    """How often such words lead there from this node. After that, `otherwise` applies."""


class LongTalkPart(Section):
    """When to interrupt a callee who speaks on and on."""

    after: Annotated[Seconds, Field(ge=2, le=19)]
    """How long they may speak."""
    go: Word
    """The node that interrupts them, once a call."""


class SilencePart(Section):
    """What to do when nothing is heard."""

    go: Word
    """The next node."""
    at_most: int = Field(default=1, ge=1, le=10)
    """How often silence leads there from this node. After that, `otherwise` applies."""


class OtherwisePart(Section):
    """What to do with any other answer."""

    go: Word
    """The next node."""


class NodePart(Spoken):
    """One turn of the dialog: a prompt, and then hang up, transfer, or listen and continue."""

    barge_in: Literal["protected", "duck", "stop"] = "stop"
    """What the callee's voice does to the prompt: nothing (`protected`), make it quieter (`duck`),
    or stop it."""
    listen: Annotated[Seconds | None, Field(ge=0.5, le=60)] = None
    """How long to wait for an answer after the prompt."""
    on: tuple[IntentPart, ...] = Field(default=(), max_length=50)
    """The answers that the node listens for."""
    silence: SilencePart | None = None
    """What to do when nothing is heard."""
    no_match: NoMatchPart | None = None
    """What to do with words that mean nothing here. Default: doubt is asked again once, anything
    else is `otherwise`."""
    long_talk: LongTalkPart | None = None
    """Interrupts a callee who speaks on and on. Default: nobody is interrupted for 20 s."""
    pause: Annotated[Seconds, Field(ge=0, le=5)] = 0.0
    """How much longer than usual a silence must last to end the callee's answer, where the answer
    is not complete: `1s` where people look for a number."""
    otherwise: OtherwisePart | None = None
    """What to do with any other answer, and after a transfer that failed. Every node that does not
    hang up needs it."""
    transfer: HandOverTo | None = None
    """Transfers the callee during the prompt: we call there and join the two legs."""
    refer: HandOverTo | None = None
    """The same, but the callee's carrier or PBX is asked to call there (REFER)."""
    hang_up: bool = False
    """Ends the call after the prompt."""

    @model_validator(mode="after")
    def _one_way_over(self) -> NodePart:
        if self.transfer is not None and self.refer is not None:
            raise wrong("has both transfer and refer; one of them must go", "refer")
        return self


class AnswersPart(Section):
    """What is said to what callees ask anywhere; then the node is said again."""

    robot: Spoken | None = None
    """Are you a robot? Who is this? Default: the identity notice."""
    source: Spoken | None = None
    """Who gave you my number? `{consent_source}`, `{consent_at:date}` and `{consent_purpose}` stand
    for the contact's consent. Default: the purpose."""
    wait: Spoken | None = None
    """One moment. Default: we wait without a word."""
    later: Spoken | None = None
    """Call me another time: said where that is booked, then the call ends. Default: nothing is
    booked."""
    no_later: Spoken | None = None
    """The same, where it cannot be booked. Default: the goodbye."""
    no_person: Spoken | None = None
    """A person, please: said where the script transfers to nobody. Default: the node is said
    again, once."""

    def utterances(self) -> dict[str, Utterance]:
        said = {name: getattr(self, name) for name in ANSWERS}
        return {name: part.utterance() for name, part in said.items() if part is not None}


class VariablePart(Section):
    """The bounds of one variable. They are approved with the script."""

    at_most: int = Field(default=USUAL, ge=1, le=MOST)
    """The most characters that a contact may have for it."""
    pattern: Annotated[str | None, Written("regular expression of the whole value")] = None
    """What a contact's value must match as a whole, such as `[0-9]{4}`. Groups do not repeat."""


class ScriptFile(Section):
    """The whole of `script.yaml`."""

    name: Word
    """The script's name."""
    language: Annotated[str, Written("language tag, such as `en` or `zh-CN`")] = Field(
        pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{1,8})*$"
    )
    """The language of `say`. It selects the voice of espeak-ng."""
    disclosure: DisclosurePart
    """What is said first in every call, in this order."""
    start: Word
    """The node that follows the disclosure."""
    variables: dict[VariableName, VariablePart] = Field(default_factory=dict, max_length=200)
    """The bounds of variables. A variable that is not here may have 60 characters. None may hold
    what ends a sentence: `.`, `!`, `?`, `;`, `:` (but within figures)."""
    answers: AnswersPart | None = None
    """What is said to what callees ask anywhere."""
    nodes: dict[Word, NodePart] = Field(min_length=1, max_length=500)
    """The turns of the dialog, by name. One node is named `goodbye` and hangs up. It is said after
    an opt-out."""

    def script(self) -> Script:
        """The script as the core runs it."""
        said = self.disclosure
        goodbye = self.nodes.get(GOODBYE)
        return Script(
            name=self.name,
            language=self.language,
            disclosure=Disclosure(
                identity=said.identity.utterance(),
                purpose=said.purpose.utterance(),
                recording=None if said.recording is None else said.recording.utterance(),
                opt_out=said.opt_out.utterance(),
                stop_recording_key=None if said.recording is None else said.recording.stop_key,
            ),
            start=self.start,
            nodes={name: _node(name, part) for name, part in self.nodes.items()},
            goodbye=GOODBYE if goodbye is not None and goodbye.hang_up else None,
            variables={
                name: Bounds(part.at_most, part.pattern) for name, part in self.variables.items()
            },
            answers={} if self.answers is None else self.answers.utterances(),
        )


def _node(name: str, part: NodePart) -> Node:
    silence, no_match, long = part.silence, part.no_match, part.long_talk
    return Node(
        name=name,
        says=part.utterance(),
        policy=BargeInPolicy(part.barge_in),
        listen=part.listen,
        intents=tuple(entry.intent_of() for entry in part.on),
        silence=None if silence is None else Silence(silence.go, silence.at_most),
        otherwise=None if part.otherwise is None else part.otherwise.go,
        transfer=_transfer(part.transfer, part.refer),
        hang_up=part.hang_up,
        no_match=None if no_match is None else Silence(no_match.go, no_match.at_most),
        long_talk=None if long is None else LongTalk(long.go, long.after),
        pause=part.pause,
    )


def _transfer(target: Target | None, by_refer: Target | None) -> Transfer | None:
    if by_refer is not None:
        return Transfer(by_refer, refer=True)
    return None if target is None else Transfer(target)
