"""One version of what a campaign says: its canonical bytes, its hash, and what differs in another.

The canonical form is made from every field of every value, so that a field added to the script one
day is part of it without a line here. It is JSON: mappings sorted by key, values of a class as a
list of its name and its fields. Nothing is normalised; every byte counts.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from enum import Enum
from types import UnionType
from typing import Any, Final, cast, get_args, get_origin, get_type_hints

from dialer.core.dialog.script import Script
from dialer.core.values.outside_json import read_json

FORM: Final = 2
"""Part of every hash: raised when the form changes, which lets all approvals lapse.

1 named no sounds and no bounds of variables; versions of it are read, and approved no more.
"""

_FORMS: Final = range(1, FORM + 1)
_SINCE: Final[Mapping[str, Mapping[str, int]]] = {
    "SpokenPrompt": {"sound": 2},
    "Script": {"variables": 2},
}
"""Fields that are not in every form, by their class: the form that brought each."""
_WHERE_GIVEN: Final[Mapping[str, frozenset[str]]] = {
    "Script": frozenset({"answers"}),
    "Node": frozenset({"no_match", "long_talk", "pause"}),
}
"""Fields that came later and stand in the canonical form only where they say something: what does
not use them is the version that it was, and stays approved."""


@dataclass(frozen=True, slots=True)
class SpokenPrompt:
    """Words to be synthesised, with the engine's voice and the language it speaks them in.

    `sound` is the hex SHA-256 of the WAV file that was made of them when they were submitted; None
    where they are other words for each contact.
    """

    text: str
    language: str
    voice: str
    sound: str | None = None


@dataclass(frozen=True, slots=True)
class RecordedPrompt:
    """A recording: hex SHA-256 of the file's bytes, and what it says; None if nobody wrote it."""

    sha256: str
    words: str | None

    @property
    def sound(self) -> str:
        return self.sha256

    @classmethod
    def of(cls, data: bytes, words: str | None) -> RecordedPrompt:
        return cls(hashlib.sha256(data).hexdigest(), words)


PromptContent = SpokenPrompt | RecordedPrompt


@dataclass(frozen=True, slots=True)
class ScriptContent:
    """All that is approved together. `prompts` are by their keys in `script.utterances`."""

    script: Script
    purpose: str
    industry: str | None
    prompts: Mapping[str, PromptContent]


@dataclass(frozen=True, slots=True)
class Subject:
    """What versions are versions of: only one version of a subject is approved at a time."""

    script: str
    purpose: str
    industry: str | None


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field, before and after; None where it is not there. `key` is as in `disclosure.say`."""

    key: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class NodeChange:
    """What changed in one node."""

    node: str
    fields: tuple[FieldChange, ...]


@dataclass(frozen=True, slots=True)
class ScriptDiff:
    """What differs between two versions. `frame` is all but nodes and prompts."""

    frame: tuple[FieldChange, ...] = ()
    nodes_added: tuple[str, ...] = ()
    nodes_removed: tuple[str, ...] = ()
    nodes_changed: tuple[NodeChange, ...] = ()
    prompts: tuple[FieldChange, ...] = ()

    def __bool__(self) -> bool:
        """Whether anything differs."""
        return any(getattr(self, field.name) for field in fields(self))


def canonical(content: ScriptContent, form: int = FORM) -> bytes:
    """The bytes that a version is known by. The same bytes, the same words in every call.

    Raises TypeError for a value that has no canonical form, ValueError for a float that is none.
    """
    whole = {"form": form, **_fields(content, form)}
    # Lone surrogates can be written in YAML; they too must make a difference.
    return _json(whole).encode("utf-8", "surrogatepass")


def read_content(content: bytes) -> ScriptContent:
    """The version whose canonical bytes these are.

    Raises ValueError for bytes that are no canonical form, or that of another version of dialer.
    """
    whole = _parsed(content)
    try:
        read: ScriptContent = _value(["ScriptContent", whole], ScriptContent)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise ValueError("these bytes are no version of a script") from error
    if canonical(read, whole["form"]) != content:
        raise ValueError("these bytes are no version of a script, or one of another dialer's")
    return read


def form_of(content: bytes) -> int:
    """The form that canonical bytes have. Raises ValueError for bytes that have none."""
    form: int = _parsed(content)["form"]
    return form


def sounds_of(content: ScriptContent) -> frozenset[str]:
    """The digests of all that is said with the same sound in every call."""
    return frozenset(each.sound for each in content.prompts.values() if each.sound is not None)


def without_sounds(content: ScriptContent) -> ScriptContent:
    """The same words, however a machine may speak them; a recording stays that very one."""
    prompts = {
        key: replace(each, sound=None) if isinstance(each, SpokenPrompt) else each
        for key, each in content.prompts.items()
    }
    return replace(content, prompts=prompts)


def subject_of(content: ScriptContent) -> Subject:
    return Subject(content.script.name, content.purpose, content.industry)


def content_hash(content: bytes) -> str:
    """The name of a version: hex SHA-256 of its canonical bytes."""
    return hashlib.sha256(content).hexdigest()


def diff(before: bytes, after: bytes) -> ScriptDiff:
    """What differs between two versions, given their canonical bytes.

    Nothing differs if and only if the bytes are equal. Raises ValueError for bytes that are no
    canonical form.
    """
    old, new = _parsed(before), _parsed(after)
    old_nodes, new_nodes = _nodes_of(old), _nodes_of(new)
    both = sorted(old_nodes.keys() & new_nodes.keys())
    changes = ((name, _changes(old_nodes[name], new_nodes[name])) for name in both)
    return ScriptDiff(
        frame=_changes(_frame_of(old), _frame_of(new)),
        nodes_added=tuple(sorted(new_nodes.keys() - old_nodes.keys())),
        nodes_removed=tuple(sorted(old_nodes.keys() - new_nodes.keys())),
        nodes_changed=tuple(NodeChange(name, found) for name, found in changes if found),
        prompts=_changes(old["prompts"], new["prompts"]),
    )


def _fields(value: Any, form: int) -> dict[str, Any]:  # noqa: ANN401 - any dataclass
    since = _SINCE.get(type(value).__name__, {})
    where_given = _WHERE_GIVEN.get(type(value).__name__, frozenset())
    return {
        field.name: _plain(getattr(value, field.name), form)
        for field in fields(value)
        if since.get(field.name, 1) <= form
        and (field.name not in where_given or getattr(value, field.name))
    }


def _plain(value: object, form: int) -> Any:  # noqa: ANN401 - what JSON can hold
    """`value` as JSON holds it; two values that differ differ here too."""
    if isinstance(value, Enum):
        return [type(value).__name__, value.name]
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if is_dataclass(value) and not isinstance(value, type):
        return [type(value).__name__, _fields(value, form)]
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value):
            raise TypeError("a mapping's keys must be texts")
        return {key: _plain(each, form) for key, each in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(each, form) for each in value]
    raise TypeError(f"{type(value).__name__} has no canonical form")


def _value(found: Any, hint: Any) -> Any:  # noqa: ANN401 - what JSON can hold
    """What `_plain` made `found` of, by the type `hint` that stands there."""
    if isinstance(hint, UnionType):
        if found is None or not isinstance(found, list):
            return found
        (hint,) = (each for each in get_args(hint) if getattr(each, "__name__", "") == found[0])
    inner = get_args(hint)
    if get_origin(hint) is tuple:
        return tuple(_value(each, inner[0]) for each in found)
    if get_origin(hint) is Mapping:
        return {key: _value(each, inner[1]) for key, each in found.items()}
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint[found[1]]
    if not is_dataclass(hint):
        return found
    given, hints = found[1], get_type_hints(hint)
    # What a form did not have yet has its default; `read_content` sees that no more is left out.
    left_out = {*_SINCE.get(found[0], {}), *_WHERE_GIVEN.get(found[0], ())}
    there = [name for name in hints if name in given or name not in left_out]
    return cast("Any", hint)(**{name: _value(given[name], hints[name]) for name in there})


def _parsed(content: bytes) -> dict[str, Any]:
    try:
        whole = read_json(content.decode("utf-8", "surrogatepass"))
    except ValueError as error:
        raise ValueError("these bytes are no version of a script") from error
    if not isinstance(whole, dict) or whole.get("form") not in _FORMS:
        raise ValueError("these bytes are no version of a script, or one of another form")
    return whole


def _nodes_of(whole: dict[str, Any]) -> dict[str, Any]:
    """The fields of each node, by its name."""
    return {name: node[1] for name, node in whole["script"][1]["nodes"].items()}


def _frame_of(whole: dict[str, Any]) -> dict[str, Any]:
    """All but nodes and prompts, flat: the campaign's keys, the script's, the disclosure's."""
    script = {key: each for key, each in whole["script"][1].items() if key != "nodes"}
    disclosure = script.pop("disclosure")[1]
    frame = {key: each for key, each in whole.items() if key not in {"script", "prompts"}}
    frame |= {f"script.{key}": each for key, each in script.items()}
    return frame | {f"disclosure.{key}": each for key, each in disclosure.items()}


def _changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[FieldChange, ...]:
    # Compared as JSON: to Python 1, 1.0 and True are one.
    return tuple(
        FieldChange(key, _written(old, key), _written(new, key))
        for key in sorted(old.keys() | new.keys())
        if not (key in old and key in new and _json(old[key]) == _json(new[key]))
    )


def _written(values: Mapping[str, Any], key: str) -> str | None:
    """A value in one line, texts as they are and all else as JSON; None where it is not there."""
    if key not in values:
        return None
    value = values[key]
    return value if isinstance(value, str) else _json(value)


def _json(value: Any) -> str:  # noqa: ANN401 - what JSON can hold
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
