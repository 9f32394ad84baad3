"""What `dialer.yaml` says of people who call one of our numbers."""

from __future__ import annotations

from collections.abc import Mapping
from string import Formatter
from typing import TYPE_CHECKING, Annotated, Final

from pydantic import Field, model_validator

from dialer.core.calls import inbound_prompts as inbound
from dialer.reading.fields import FilePath, Line, Seconds, Text, Word, Written, wrong
from dialer.reading.validate import Section

if TYPE_CHECKING:
    from dialer.core.dialog.script import Utterance

_DEFAULTS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        inbound.IDENTITY: "This is the automated assistant of {operator}.",
        inbound.REASON: "We called you about {purpose}.",
        inbound.CHOICE: "Press 1, and we will never call you again.",
        inbound.PERSON: "Press 0 to speak to a person.",
        inbound.MOMENT: "One moment, please.",
        inbound.NOBODY: "Nobody can take your call now. Please try again later. Goodbye.",
        inbound.KEPT: "We will not call you again. Goodbye.",
        inbound.NOT_KEPT: "We could not note that now. Please call again later. Goodbye.",
        inbound.GOODBYE: "Goodbye.",
    },
    "zh": {
        inbound.IDENTITY: "您好，这里是{operator}的自动语音助手。",
        inbound.REASON: "我们曾就{purpose}致电给您。",
        inbound.CHOICE: "如不希望再接到我们的来电，请按1。",
        inbound.PERSON: "转接人工，请按0。",
        inbound.MOMENT: "请稍候。",
        inbound.NOBODY: "暂时无人接听，请稍后再拨。再见。",
        inbound.KEPT: "我们不会再给您打电话。再见。",
        inbound.NOT_KEPT: "暂时无法登记，请稍后再拨。再见。",
        inbound.GOODBYE: "再见。",
    },
}
_FIELDS: Final = {
    "identity": inbound.IDENTITY,
    "reason": inbound.REASON,
    "choice": inbound.CHOICE,
    "person": inbound.PERSON,
    "moment": inbound.MOMENT,
    "nobody": inbound.NOBODY,
    "kept": inbound.KEPT,
    "not_kept": inbound.NOT_KEPT,
    "goodbye": inbound.GOODBYE,
}


class CallbackWords(Section):
    """The words of one prompt: `say` or `play`, not both."""

    say: Text | None = None
    """Text to be spoken; `{operator}` is the operator's name, and in `reason` `{purpose}` what we
    called about."""
    play: FilePath | None = None
    """A WAV file: mono, 16 bit, at `sip.rate`."""

    @model_validator(mode="after")
    def _one_of_both(self) -> CallbackWords:
        if (self.say is None) is (self.play is None):
            raise wrong("give say (a text) or play (a WAV file), one of them")
        return self

    def named(self) -> set[str]:
        """What stands in braces. Raises ValueError for bad braces."""
        return {name for _, name, _, _ in Formatter().parse(self.say or "") if name is not None}


class Callback(Section):
    """What people hear who call one of our numbers, and how many may.

    Whom we have called hears `identity`, `reason`, `choice` and, where `operator.forward` is
    given, `person`; whoever else hears `identity` alone.
    """

    language: Annotated[str, Written("language tag, such as `en` or `zh-CN`")] = Field(
        default="zh-CN", pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{1,8})*$"
    )
    """The language of what is spoken. For `zh` and `en` all words have defaults; any other language
    needs all of them."""
    identity: CallbackWords | None = None
    """Who we are."""
    reason: CallbackWords | None = None
    """Why we called."""
    choice: CallbackWords | None = None
    """That key 1 is for never being called again."""
    person: CallbackWords | None = None
    """That key 0 is for a person."""
    moment: CallbackWords | None = None
    """Said while the person is being called."""
    nobody: CallbackWords | None = None
    """Said where nobody could be reached."""
    kept: CallbackWords | None = None
    """Said once it is on record that there will be no more calls."""
    not_kept: CallbackWords | None = None
    """Said where that could not be written."""
    goodbye: CallbackWords | None = None
    """Said to whoever presses nothing."""
    purposes: dict[Word, Line] = Field(default_factory=dict, max_length=500)
    """What `{purpose}` says for a campaign's purpose; the purpose's own word where it is absent."""
    channels: int = Field(default=20, ge=0, le=2000)
    """Calls that may be in at once, over all trunks; 0 turns everybody away. They take channels of
    their trunk; a trunk's `kept_for_inbound` are not used for calls of our own."""
    cps: int = Field(default=10, ge=1, le=1000)
    """Calls that are let in within one second; more get 503 and Retry-After."""
    per_minute: int = Field(default=3, ge=1, le=1000)
    """Calls of one caller that are let in within a minute; more get 486 and Retry-After."""
    listen: Annotated[Seconds, Field(ge=1, le=60)] = 6.0
    """How long a key is waited for after each of two tellings."""
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
                found[name] = PlayFile(str(words.play))
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
