"""What `dialer.yaml` says of people who call one of our numbers."""

from __future__ import annotations

from collections.abc import Mapping
from string import Formatter
from typing import TYPE_CHECKING, Annotated, Final

from pydantic import Field, model_validator

from dialer.core.values import callback_prompts as words
from dialer.reading.fields import FilePath, Line, Seconds, Text, Word, Written, wrong
from dialer.reading.validate import Section

if TYPE_CHECKING:
    from dialer.core.dialog.script import Utterance

_DEFAULTS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        words.IDENTITY: "This is the automated assistant of {operator}.",
        words.REASON: "We called you about {purpose}.",
        words.CHOICE: "Press 1, and we will never call you again.",
        words.ASK: "Press 2 to hear whether we called this number, and why.",
        words.NO_CALL: "We know of no call to this number.",
        words.PERSON: "Press 0 to speak to a person.",
        words.MOMENT: "One moment, please.",
        words.NOBODY: "Nobody can take your call now. Please try again later. Goodbye.",
        words.KEPT: "We will not call you again. Goodbye.",
        words.NOT_KEPT: "We could not note that now. Please call again later. Goodbye.",
        words.GOODBYE: "Goodbye.",
    },
    "zh": {
        words.IDENTITY: "您好，这里是{operator}的自动语音助手。",
        words.REASON: "我们曾就{purpose}致电给您。",
        words.CHOICE: "如不希望再接到我们的来电，请按1。",
        words.ASK: "如需了解我们是否致电过此号码及原因，请按2。",
        words.NO_CALL: "我们没有致电此号码的记录。",
        words.PERSON: "转接人工，请按0。",
        words.MOMENT: "请稍候。",
        words.NOBODY: "暂时无人接听，请稍后再拨。再见。",
        words.KEPT: "我们不会再给您打电话。再见。",
        words.NOT_KEPT: "暂时无法登记，请稍后再拨。再见。",
        words.GOODBYE: "再见。",
    },
}
_FIELDS: Final = {
    "identity": words.IDENTITY,
    "reason": words.REASON,
    "choice": words.CHOICE,
    "ask": words.ASK,
    "no_call": words.NO_CALL,
    "person": words.PERSON,
    "moment": words.MOMENT,
    "nobody": words.NOBODY,
    "kept": words.KEPT,
    "not_kept": words.NOT_KEPT,
    "goodbye": words.GOODBYE,
}


class CallbackWords(Section):
    """The words of one prompt: `say` or `play`, not both."""

    say: Text | None = None
    """Text to be spoken. `{operator}` is the operator's name. In `reason`, `{purpose}` is what we
    called about."""
    play: FilePath | None = None
    """A whole WAV file of PCM (docs/media.md)."""
    words: Text | None = None
    """What the recording says, word for word. Without it nobody can approve it."""

    @model_validator(mode="after")
    def _one_of_both(self) -> CallbackWords:
        if (self.say is None) is (self.play is None):
            raise wrong("give say (a text) or play (a WAV file), one of them")
        if self.play is None and self.words is not None:
            raise wrong("is for a recording; with say the text is what is said", "words")
        return self

    def named(self) -> set[str]:
        """What stands in braces. Raises ValueError for bad braces."""
        # Nothing here is a contact's, so that nothing is read in a way of its own.
        return {
            f"{name}:{spec}" if spec else name
            for _, name, spec, _ in Formatter().parse(self.say or "")
            if name is not None
        }


class Callback(Section):
    """What people hear when they call one of our numbers, and how many may call.

    A caller whose number the carrier has verified (`trunks[].verstat`) and whom we have called
    hears `identity`, `reason`, `choice` and, where `operator.forward` is given, `person`. A caller
    whose number nobody has verified hears `identity`, `choice` and `ask`, whether we have called
    the number or not. Any other caller hears `identity` alone.
    """

    language: Annotated[str, Written("language tag, such as `en` or `zh-CN`")] = Field(
        default="zh-CN", pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{1,8})*$"
    )
    """The language of the prompts. For `zh` and `en` every prompt has a default. Any other language
    needs all prompts."""
    identity: CallbackWords | None = None
    """Who we are."""
    reason: CallbackWords | None = None
    """Why we called."""
    choice: CallbackWords | None = None
    """That digit 1 stops all further calls."""
    ask: CallbackWords | None = None
    """That digit 2 tells whether and why we called. Said where nobody has verified the number."""
    no_call: CallbackWords | None = None
    """Said after digit 2 to a number that we have not called."""
    person: CallbackWords | None = None
    """That digit 0 connects the caller to a person."""
    moment: CallbackWords | None = None
    """Said while the person is being called."""
    nobody: CallbackWords | None = None
    """Said when nobody could be reached."""
    kept: CallbackWords | None = None
    """Said when the refusal is on record."""
    not_kept: CallbackWords | None = None
    """Said when the refusal could not be recorded."""
    goodbye: CallbackWords | None = None
    """Said to a caller who presses nothing."""
    purposes: dict[Word, Line] = Field(default_factory=dict, max_length=500)
    """The words for `{purpose}`, by the campaign's purpose. Default: the purpose itself."""
    channels: int = Field(default=20, ge=0, le=2000)
    """Concurrent inbound calls over all trunks. 0 rejects all inbound calls. Inbound calls take
    channels of their trunk; outbound calls do not use the trunk's `kept_for_inbound` channels."""
    cps: int = Field(default=10, ge=1, le=1000)
    """Inbound calls admitted within one second. Further calls get 503 and Retry-After."""
    per_minute: int = Field(default=3, ge=1, le=1000)
    """Inbound calls of one caller admitted within a minute. Further calls get 486 and
    Retry-After."""
    listen: Annotated[Seconds, Field(ge=1, le=60)] = 6.0
    """How long to wait for a digit after each of the two announcements."""
    talk: Annotated[Seconds, Field(ge=1, le=14400)] = 7200.0
    """The longest conversation with a person."""

    @model_validator(mode="after")
    def _words_for_everything(self) -> Callback:
        for key, name in _FIELDS.items():
            words: CallbackWords | None = getattr(self, key)
            if words is None and name not in self._spoken():
                raise wrong(f"has no words for {key}: give say or play there", "language")
            known = {"operator", "purpose"} if key == "reason" else {"operator"}
            try:
                unknown = set() if words is None else words.named() - known
            except ValueError:
                raise wrong("has a brace that is not closed", key, "say") from None
            if unknown:
                raise wrong(f"{{{min(unknown)}}} stands for nothing here", key, "say")
        return self

    def utterances(self, operator: str) -> dict[str, Utterance]:
        """Everything that can be said, by the core's keys; `{purpose}` is left to be filled."""
        # Only a node speaks: a listing does not pay for the script's machine.
        from dialer.core.dialog.script import PlayFile, Say  # noqa: PLC0415

        found: dict[str, Utterance] = {}
        for key, name in _FIELDS.items():
            words: CallbackWords | None = getattr(self, key)
            if words is not None and words.play is not None:
                found[name] = PlayFile(str(words.play), words.words)
            else:
                text = words.say if words is not None and words.say else self._spoken()[name]
                safe = operator.replace("{", "{{").replace("}", "}}")
                found[name] = Say(text.replace("{operator}", safe))
        return found

    def purpose(self, purpose: str) -> str:
        """How a campaign's purpose is said."""
        return self.purposes.get(purpose, purpose.replace("-", " ").replace("_", " "))

    def _spoken(self) -> Mapping[str, str]:
        return _DEFAULTS.get(self.language.partition("-")[0], {})
