"""The dialog script: its model, and the checks that need the whole of it.

`dialer.script_file` reads it from YAML; `dialer.core.dialog.script_run` walks it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from string import Formatter
from typing import Final

from audio.events import BargeInPolicy
from dialer.core.dialog.aloud import aloud, why_not
from dialer.core.dialog.variables import MOST, Bounds, pattern_fault
from dialer.core.values.targets import Target

OPT_OUT_KEY: Final = "1"
"""The key that ends every call and rests the number; no script may give it another meaning."""

GOODBYE: Final = "goodbye"
"""The node that is said after an opt-out."""

RECORDING: Final = "disclosure.recording"
"""The key, among utterances, of the notice that the call is recorded."""

ANSWERS: Final = ("robot", "source", "wait", "later", "no_later", "no_person")
"""What a script may say to what callees ask anywhere: its keys among `Script.answers`."""

KEYS: Final = frozenset("0123456789*#ABCD")


@dataclass(frozen=True, slots=True)
class Say:
    """Text to be spoken; `{name}` stands for the contact's variable `name`.

    `{name:digits}` says how it is read (`dialer.core.dialog.aloud`).
    """

    text: str


@dataclass(frozen=True, slots=True)
class PlayFile:
    """A recorded WAV file, path relative to the script's folder, and what it says if written."""

    path: str
    words: str | None = None


Utterance = Say | PlayFile


@dataclass(frozen=True, slots=True)
class Go:
    """Go on at another node."""

    node: str


@dataclass(frozen=True, slots=True)
class Refuse:
    """The callee refuses, as by key 1: goodbye, and the number rests."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """Hand the callee over to the operator's own `target`, and go on by `otherwise` if that fails.

    We call the target and join the two; or, with `refer`, ask the callee's side to call it.
    """

    target: Target
    refer: bool = False


Branch = Go | Transfer | Refuse


@dataclass(frozen=True, slots=True)
class Intent:
    """One answer that the node listens for."""

    name: str
    words: tuple[str, ...]
    dtmf: str | None
    then: Branch
    stop_recording: bool = False
    """By it the callee also asks not to be recorded."""


@dataclass(frozen=True, slots=True)
class Silence:
    """What to do when nothing is heard; taken `at_most` times at this node, then `otherwise`."""

    node: str
    at_most: int


@dataclass(frozen=True, slots=True)
class LongTalk:
    """Who speaks for `after` seconds is interrupted, once at this node, by another node."""

    node: str
    after: float


@dataclass(frozen=True, slots=True)
class Node:
    """One turn: say something, then hang up, or hand over, or listen and branch.

    `listen` is seconds of patience after the prompt's end. A node hangs up, or it hands over or
    listens and has `otherwise`; the file's checks see to that.
    """

    name: str
    says: Utterance
    policy: BargeInPolicy = BargeInPolicy.STOP
    listen: float | None = None
    intents: tuple[Intent, ...] = ()
    silence: Silence | None = None
    otherwise: str | None = None
    transfer: Transfer | None = None
    hang_up: bool = False
    no_match: Silence | None = None
    """As `silence`, for words that mean nothing here."""
    long_talk: LongTalk | None = None
    pause: float = 0.0
    """Seconds of silence that end the callee's turn, beside what the voice detection waits for."""


@dataclass(frozen=True, slots=True)
class Disclosure:
    """What is said first, in this order. `identity` is never cut, nor ducked, by speech."""

    identity: Utterance
    purpose: Utterance
    recording: Utterance | None
    opt_out: Utterance
    stop_recording_key: str | None = None
    """The key by which the callee asks, at any time, not to be recorded."""


@dataclass(frozen=True, slots=True)
class Script:
    """A whole script. `goodbye` is said after an opt-out, and nothing else is.

    `variables` has the bounds of those that have some of their own.
    """

    name: str
    language: str
    disclosure: Disclosure
    start: str
    nodes: Mapping[str, Node]
    goodbye: str | None
    """The node whose words are the goodbye: the one named so, if it hangs up."""
    variables: Mapping[str, Bounds] = field(default_factory=dict)
    answers: Mapping[str, Utterance] = field(default_factory=dict)
    """What is said to what callees ask anywhere, by `ANSWERS`; empty: see `script_hearing`."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing wrong in a script that is well formed.

    `node` is empty where the script itself is meant; `key` is as the file writes it, e.g.
    `on[1].dtmf`.
    """

    node: str
    key: str
    what: str


def utterances(script: Script) -> Mapping[str, Utterance]:
    """Everything the script can say, by the key that `script_run.Play` names it with."""
    disclosure = script.disclosure
    said: dict[str, Utterance] = {
        "disclosure.identity": disclosure.identity,
        "disclosure.purpose": disclosure.purpose,
    }
    if disclosure.recording is not None:
        said[RECORDING] = disclosure.recording
    said["disclosure.opt_out"] = disclosure.opt_out
    said.update({f"nodes.{name}": node.says for name, node in script.nodes.items()})
    said.update(
        {f"answers.{name}": script.answers[name] for name in ANSWERS if name in script.answers}
    )
    return said


def transfers(script: Script) -> Iterator[tuple[tuple[str | int, ...], Transfer]]:
    """Every handing over, with the place in the file that asks for it."""
    for name, node in script.nodes.items():
        if node.transfer is not None:
            yield ("nodes", name), node.transfer
        for number, intent in enumerate(node.intents):
            if isinstance(intent.then, Transfer):
                yield ("nodes", name, "on", number), intent.then


def variables_of(script: Script) -> frozenset[str]:
    """Names of the contact's variables that the script's words use.

    Raises ValueError where `check` finds bad braces.
    """
    return frozenset().union(*(variables_in(said) for said in utterances(script).values()))


def fill(say: Say, variables: Mapping[str, str], language: str) -> str:
    """The text to be spoken to one contact. Raises KeyError for a variable it has not got.

    Raises ValueError, without the value, for one that cannot be read as the text says.
    """
    said = []
    for words, name, spec, _conversion in Formatter().parse(say.text):
        said.append(words)
        if name is not None:
            value = variables[name]
            said.append(aloud(value, spec, language) if spec else value)
    return "".join(said)


def readings(script: Script) -> Mapping[str, frozenset[str]]:
    """How the script's words read its variables, by name: those that it does not leave to a voice.

    Raises ValueError where `check` finds bad braces.
    """
    found: dict[str, frozenset[str]] = {}
    for said in utterances(script).values():
        for name, spec in slots(said):
            if spec:
                found[name] = found.get(name, frozenset()) | {spec}
    return found


def slots(said: Utterance) -> list[tuple[str, str]]:
    """The variables that the words name, each with how it is read; empty for as it stands.

    Raises ValueError for braces that do not hold a plain name.
    """
    if isinstance(said, PlayFile):
        return []
    found = []
    for _words, name, spec, conversion in Formatter().parse(said.text):
        if name is None:
            continue
        if not name.isidentifier() or conversion:
            raise ValueError(f"{{{name}}} is not a variable's name; write {{{{ for a brace")
        found.append((name, spec or ""))
    return found


def check(script: Script) -> list[Problem]:
    """Everything wrong with the script as a whole, in the order of its nodes."""
    problems = [*_check_frame(script), *_check_recording(script), *_check_words(script)]
    problems += _check_variables(script)
    for node in script.nodes.values():
        problems += _check_node(script, node)
    if not any("unknown node" in problem.what for problem in problems):
        problems += _check_ways(script)
    return problems


def variables_in(said: Utterance) -> frozenset[str]:
    """Names of the variables in its words. Raises ValueError for braces that hold no plain name."""
    return frozenset(name for name, _spec in slots(said))


def _check_frame(script: Script) -> Iterator[Problem]:
    if script.start not in script.nodes:
        yield Problem("", "start", f"unknown node {script.start!r}")
    goodbye = script.nodes.get(GOODBYE)
    if goodbye is None:
        yield Problem("", "nodes", f"no node {GOODBYE!r}: it is what an opt-out hears")
    elif not goodbye.hang_up:
        yield Problem(GOODBYE, "hang_up", "must be true: an opt-out hears this node, and no more")


def can_decline_recording(script: Script) -> bool:
    """Whether callees have a way to say that they do not want to be recorded."""
    return script.disclosure.stop_recording_key is not None or any(
        intent.stop_recording for node in script.nodes.values() for intent in node.intents
    )


def _check_recording(script: Script) -> Iterator[Problem]:
    key = script.disclosure.stop_recording_key
    where = f"{RECORDING}.stop_key"
    if key is None:
        return
    if key not in KEYS:
        yield Problem("", where, f"{key!r} is not one key of 0-9 * # A-D")
    elif key == OPT_OUT_KEY:
        yield Problem("", where, "key 1 always means: leave me alone")
    for node in script.nodes.values():
        for at, intent in enumerate(node.intents):
            if intent.dtmf == key:
                yield Problem(node.name, f"on[{at}].dtmf", f"key {key} stops the recording")


def _check_words(script: Script) -> Iterator[Problem]:
    for key, said in utterances(script).items():
        place, name = key.split(".", 1)
        node, field = (name, "say") if place == "nodes" else ("", key)
        try:
            specs = [spec for _name, spec in slots(said) if spec]
        except ValueError as fault:
            specs = []
            yield Problem(node, field, str(fault))
        for why in filter(None, (why_not(spec, script.language) for spec in specs)):
            yield Problem(node, field, why)
        if not (said.text if isinstance(said, Say) else said.path).strip():
            yield Problem(node, field, "is empty")


def _check_variables(script: Script) -> Iterator[Problem]:
    try:
        used = variables_of(script)
    except ValueError:
        return  # told of by the words
    for name, bounds in script.variables.items():
        if name not in used:
            yield Problem("", f"variables.{name}", "no text of the script names it")
        if not 1 <= bounds.at_most <= MOST:
            yield Problem("", f"variables.{name}.at_most", f"must be from 1 to {MOST}")
        fault = None if bounds.pattern is None else pattern_fault(bounds.pattern)
        if fault is not None:
            yield Problem("", f"variables.{name}.pattern", fault)


def _check_node(script: Script, node: Node) -> Iterator[Problem]:
    listens = node.listen is not None or node.intents or any(_turns(node).values())
    if node.hang_up:
        if listens or node.otherwise or node.transfer:
            yield Problem(node.name, "hang_up", "a node that hangs up cannot listen or go on")
        return
    if node.transfer is not None and listens:
        yield Problem(node.name, "transfer", "a node that hands over cannot listen")
    elif node.transfer is None and node.listen is None:
        yield Problem(node.name, "listen", "is missing: a node listens, or it hangs up")
    if node.otherwise is None:
        yield Problem(node.name, "otherwise", "is missing: a node that listens needs it")
    elif node.otherwise not in script.nodes:
        yield Problem(node.name, "otherwise.go", f"unknown node {node.otherwise!r}")
    yield from _check_turns(script, node)
    yield from _check_intents(script, node)


def _turns(node: Node) -> Mapping[str, Silence | LongTalk | None]:
    """Where it goes on without an answer, by the file's keys."""
    return {"silence": node.silence, "no_match": node.no_match, "long_talk": node.long_talk}


def _check_turns(script: Script, node: Node) -> Iterator[Problem]:
    for key, turn in _turns(node).items():
        if turn is None:
            continue
        if turn.node not in script.nodes:
            yield Problem(node.name, f"{key}.go", f"unknown node {turn.node!r}")
        if isinstance(turn, Silence) and turn.at_most < 1:
            yield Problem(node.name, f"{key}.at_most", "must be at least 1")


def _check_intents(script: Script, node: Node) -> Iterator[Problem]:
    names: set[str] = set()
    keys: set[str] = set()
    heard: dict[str, str] = {}
    for at, intent in enumerate(node.intents):
        where = f"on[{at}]"
        if intent.name in names:
            yield Problem(node.name, f"{where}.intent", f"{intent.name!r} is here twice")
        names.add(intent.name)
        if isinstance(intent.then, Go) and intent.then.node not in script.nodes:
            yield Problem(node.name, f"{where}.go", f"unknown node {intent.then.node!r}")
        if intent.dtmf is None and not intent.words:
            yield Problem(node.name, where, "has neither words nor dtmf: it can never be chosen")
        yield from _check_key(node, where, intent.dtmf, keys)
        for word in intent.words:
            plain = " ".join(word.casefold().split())
            if heard.setdefault(plain, intent.name) != intent.name:
                what = f"{word!r} is a word of {heard[plain]!r} as well"
                yield Problem(node.name, f"{where}.words", what)


def _check_key(node: Node, where: str, key: str | None, taken: set[str]) -> Iterator[Problem]:
    if key is None:
        return
    if key not in KEYS:
        yield Problem(node.name, f"{where}.dtmf", f"{key!r} is not one key of 0-9 * # A-D")
    elif key == OPT_OUT_KEY:
        yield Problem(node.name, f"{where}.dtmf", "key 1 always means: leave me alone")
    elif key in taken:
        yield Problem(node.name, f"{where}.dtmf", f"key {key} is here twice")
    taken.add(key)


def _check_ways(script: Script) -> Iterator[Problem]:
    """What only the whole graph shows; every node named in it exists."""
    ways = {name: _ways(node) for name, node in script.nodes.items()}
    reached = _reachable(ways, {script.start, GOODBYE})
    back: dict[str, set[str]] = {name: set() for name in script.nodes}
    for name, targets in ways.items():
        for target in targets:
            back[target].add(name)
    ends = {name for name, node in script.nodes.items() if node.hang_up or _leaves(node)}
    can_end = _reachable(back, ends)
    for name, node in script.nodes.items():
        if name not in reached:
            yield Problem(name, "", "no way leads here")
        elif name not in can_end:
            yield Problem(name, "", "no way leads from here to a node that hangs up")
        elif _otherwise_returns(script, node):
            yield Problem(
                name, "otherwise.go", "leads back here: who never answers would never get out"
            )


def _ways(node: Node) -> set[str]:
    ways = {intent.then.node for intent in node.intents if isinstance(intent.then, Go)}
    ways |= {turn.node for turn in _turns(node).values() if turn is not None}
    if node.otherwise is not None:
        ways.add(node.otherwise)
    return ways


def _leaves(node: Node) -> bool:
    """Whether a way leads out of the script: to a person, or by a refusal."""
    return node.transfer is not None or any(
        isinstance(intent.then, Transfer | Refuse) for intent in node.intents
    )


def _reachable(ways: Mapping[str, set[str]], start: set[str]) -> set[str]:
    reached: set[str] = set()
    ahead = start & ways.keys()
    while ahead:
        reached |= ahead
        ahead = set().union(*(ways[name] for name in ahead)) - reached
    return reached


def _otherwise_returns(script: Script, node: Node) -> bool:
    """Whether the `otherwise` branches, taken again and again, come back to this node."""
    seen: set[str] = set()
    here = node.otherwise
    while here is not None and here not in seen:
        if here == node.name:
            return True
        seen.add(here)
        here = script.nodes[here].otherwise
    return False
