"""The dialog script: its model, and the checks that need the whole of it.

`dialer.script_file` reads it from YAML; `dialer.core.script_run` walks it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from audio.events import BargeInPolicy


@dataclass(frozen=True, slots=True)
class Say:
    """Text to be spoken; `{name}` stands for the contact's variable `name`."""

    text: str


@dataclass(frozen=True, slots=True)
class PlayFile:
    """A recorded WAV file, path relative to the script's folder."""

    path: str


Utterance = Say | PlayFile


@dataclass(frozen=True, slots=True)
class Go:
    """Go on at another node."""

    node: str


@dataclass(frozen=True, slots=True)
class Transfer:
    """Hand the callee over to `target` (a SIP URI)."""

    target: str


Branch = Go | Transfer


@dataclass(frozen=True, slots=True)
class Intent:
    """One answer that the node listens for."""

    name: str
    words: tuple[str, ...]
    dtmf: str | None
    then: Branch


@dataclass(frozen=True, slots=True)
class Silence:
    """What to do when nothing is heard; taken `at_most` times at this node, then `otherwise`."""

    node: str
    at_most: int


@dataclass(frozen=True, slots=True)
class Node:
    """One turn: say something, then hang up, or listen and branch.

    `listen` is seconds of patience after the prompt's end. A node hangs up, or it listens and
    has `otherwise`; the file's checks see to that.
    """

    name: str
    says: Utterance
    policy: BargeInPolicy = BargeInPolicy.STOP
    listen: float | None = None
    intents: tuple[Intent, ...] = ()
    silence: Silence | None = None
    otherwise: str | None = None
    hang_up: bool = False


@dataclass(frozen=True, slots=True)
class Disclosure:
    """What is said first, in this order. `identity` is never cut, nor ducked, by speech."""

    identity: Utterance
    purpose: Utterance
    recording: Utterance | None
    opt_out: Utterance


@dataclass(frozen=True, slots=True)
class Script:
    """A whole script. `goodbye` is said after an opt-out, and nothing else is."""

    name: str
    language: str
    disclosure: Disclosure
    start: str
    nodes: Mapping[str, Node]
    goodbye: str | None
    """The node whose words are the goodbye: the one named so, if it hangs up."""
