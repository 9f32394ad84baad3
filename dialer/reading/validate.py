"""A document against its model: the checked value, or every fault in our own words."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from dialer.errors import Fault
from dialer.reading.durations import show
from dialer.reading.fields import written_form
from dialer.reading.tree import Document, Place


class Section(BaseModel):
    """A part of an input file: frozen, and closed to keys it does not know."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        # Whoever validates builds it, once for the whole file and not once for each section.
        defer_build=True,
        allow_inf_nan=False,
        arbitrary_types_allowed=True,
        # What a file holds is not repeated in messages: it may be a secret.
        hide_input_in_errors=True,
    )


Model = TypeVar("Model", bound=Section)

_WORDS: Final[Mapping[str, str]] = {
    "missing": "is missing",
    "int_type": "a whole number is wanted",
    "int_parsing": "a whole number is wanted",
    "int_parsing_size": "a whole number of a sane size is wanted",
    "int_from_float": "a whole number is wanted",
    "float_type": "a number is wanted",
    "float_parsing": "a number is wanted",
    "finite_number": "a finite number is wanted",
    "bool_type": "true or false is wanted",
    "bool_parsing": "true or false is wanted",
    "string_type": "a text is wanted",
    "list_type": "a list is wanted",
    "tuple_type": "a list is wanted",
    "dict_type": "keys and values are wanted, indented below it",
    "model_type": "keys and values are wanted, indented below it",
    "model_attributes_type": "keys and values are wanted, indented below it",
    "date_type": "a date is wanted: 2027-12-31",
    "date_parsing": "a date is wanted: 2027-12-31",
    "date_from_datetime_parsing": "a date is wanted: 2027-12-31",
    "date_from_datetime_inexact": "a date is wanted, without a time: 2027-12-31",
    "string_too_short": "must not be empty",
    "string_too_long": "must be at most {max_length} characters",
    "too_short": "needs at least {min_length} of them",
    "too_long": "must be at most {max_length} of them",
    "literal_error": "must be {expected}",
}

_BOUNDS: Final = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}


def check(model: type[Model], document: Document, folder: Path) -> tuple[Model | None, list[Fault]]:
    """The value of `document`, and its faults; the value is None where any of them is the model's.

    `folder` is what relative paths in it are relative to.
    """
    faults = list(document.faults)
    if document.value is None:
        return None, [*faults, Fault(document.file, 1, "file", "is empty")]
    try:
        value = model.model_validate(document.value, context={"folder": folder})
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
        faults += [_fault(model, document, d) for d in details if not _follows(d, details)]
        return None, faults
    return value, faults


def _follows(detail: ErrorDetails, details: list[ErrorDetails]) -> bool:
    """True for a list found too short only because an entry of it is at fault."""
    loc = detail["loc"]
    return detail["type"] == "too_short" and any(
        len(other["loc"]) > len(loc) and other["loc"][: len(loc)] == loc for other in details
    )


def _fault(model: type[Section], document: Document, detail: ErrorDetails) -> Fault:
    loc = (*detail["loc"], *detail.get("ctx", {}).get("at", ()))
    place = _known(document, loc, detail["type"])
    return document.fault(place, _what(model, place, detail))


def _known(document: Document, loc: Place, kind: str) -> Place:
    """`loc` without the names of pydantic's own branches, which the file does not hold."""
    for length in range(len(loc), 0, -1):
        if loc[:length] in document.lines:
            return loc if kind == "missing" else loc[:length]
    return loc


def _what(model: type[Section], place: Place, detail: ErrorDetails) -> str:
    kind = detail["type"]
    context: Mapping[str, Any] = detail.get("ctx", {})
    if kind == "extra_forbidden":
        near = difflib.get_close_matches(str(place[-1]), _keys(model, place[:-1]), 1, 0.6)
        return "unknown key" + (f"; did you mean {near[0]}?" if near else "")
    if kind == "string_pattern_mismatch":
        return f"must be a {_form(model, place)}"
    for bound, words in _BOUNDS.items():
        if bound in context:
            return f"must be {words} {_shown(model, place, context[bound])}"
    # format_map leaves what a template does not name alone.
    return _WORDS[kind].format_map(context) if kind in _WORDS else detail["msg"]


def _shown(model: type[Section], place: Place, bound: float) -> str:
    return show(bound) if _form(model, place).startswith("duration") else f"{bound:g}"


def _form(model: type[Section], place: Place) -> str:
    """How the field at `place` is written, where its type says so; else nothing."""
    owner = _section(model, place[:-1])
    for name, field in owner.model_fields.items() if owner and place else ():
        if (field.alias or name) == place[-1]:
            return written_form(field.annotation, field.metadata) or ""
    return ""


def _keys(model: type[Section], place: Place) -> list[str]:
    owner = _section(model, place)
    return [] if owner is None else [f.alias or n for n, f in owner.model_fields.items()]


def _section(model: type[Section], place: Place) -> type[Section] | None:
    """The model that reads what stands at `place`; None where it is no section."""
    owner: type[Section] | None = model
    for part in place:
        if isinstance(part, int) or owner is None:
            continue
        fields = {field.alias or name: field for name, field in owner.model_fields.items()}
        found = fields.get(part)
        # A mapping of sections has keys of its own between the field and the section.
        if found is not None:
            owner = next(_sections(found.annotation), None)
    return owner


def _sections(annotation: object) -> Iterator[type[Section]]:
    if isinstance(annotation, type) and issubclass(annotation, Section):
        yield annotation
    for inner in get_args(annotation):
        yield from _sections(inner)
