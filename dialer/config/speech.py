"""`speech`: who turns callees' words into text."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from dialer.reading.fields import Line, Seconds, SecretFile, WitnessAt
from dialer.reading.validate import Section


class Speech(Section):
    """A recogniser of speech (docs/speech.md).

    Without this section words are not understood, and keys are the only way to answer.
    """

    adapter: Literal["openai"]
    """How the recogniser is spoken to. `openai`: `POST /audio/transcriptions`, one request when a
    turn is over, as OpenAI's interface has it and many servers speak it."""
    url: WitnessAt
    """The interface's address: `http://127.0.0.1:8000/v1`. What callees say is sent there: plain
    `http` goes to this machine only."""
    model: Line = "whisper-1"
    """The model that it is asked for."""
    key: SecretFile | None = Field(default=None, alias="key_file")
    """The file with the interface's key."""
    within: Annotated[Seconds, Field(gt=0.1, le=1.4)] = 1.4
    """How soon after a turn its words must be there. Later ones count as silence."""
    workers: int = Field(default=4, ge=1, le=64)
    """Turns that are asked for at once."""
