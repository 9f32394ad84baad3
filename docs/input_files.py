"""docs/configuration.md: every key of every input file, from the models that read them."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from itertools import pairwise
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt, MaxLen
from pydantic.fields import FieldInfo

from dialer.config import Config
from dialer.files.campaign import CampaignFile
from dialer.files.columns import ALIASES
from dialer.files.conversations import ConversationsFile
from dialer.files.grades import GradesFile
from dialer.files.header import NEEDED, OPTIONAL
from dialer.files.script import ScriptFile
from dialer.reading.durations import show
from dialer.reading.fields import NotYet, Otherwise, written_form
from dialer.reading.validate import Section

INTRODUCTION: Final = """\
# Input files

`dialer check FILE...` checks any of these files. It prints every fault at once as `file:line: key:
what is wrong`, and exits with 2. `dialer run` makes the same checks before it opens the database or
the network. Samples are in [deploy/examples](../deploy/examples).

YAML files are UTF-8, with or without a byte order mark, and at most 1 MB. Unknown keys and repeated
keys are faults. Values are read literally: `yes`, `on` and `1001` are words where the key takes a
word. Anchors, aliases, tags and merge keys are faults. Paths are relative to the folder of the file
that names them. Durations need a unit: `500ms`, `4s`, `10m`, `2h`, `30d`. Telephone numbers are
E.164; put them in quotes.

A key marked *checked only* is checked like any other, but this version does not use it yet.
"""

CONTACTS: Final = """\
## contacts.csv

The file is comma-separated, quoted with `"` where needed, with LF or CRLF, in UTF-8 or in the
campaign's `encoding`. The first line names the columns. A line is at most 64 KB, a row at most 100
lines. The whole file is checked first. It is imported completely or not at all.

`dialer check` reads a contacts file without a campaign too: `--encoding` and `--country` stand for
the campaign's keys. `dialer run` and `dialer suppress import` have `--country` as well.
"""

SPREADSHEETS: Final = """\
What spreadsheets, phones and chat programs add is left out where that is certain:

- invisible marks (U+202A, U+200B, U+FEFF ...), full-width digits, spaces and dashes of all kinds;
- a leading apostrophe, `="+86..."`, `tel:`, thousands separators, `.0` after a number;
- a first line `sep=,`; blank rows, and columns at the end of each row without a name and empty.
  `dialer check` counts what it skipped.

What is not certain is refused. The fault says what is there, and what would be right: digits that
the spreadsheet has destroyed (`8.61391E+12`: format the column as text, and take the numbers anew
from their source), its errors and formulas, two numbers in one cell, a date as a count of days or
without a time zone, semicolons or tabs between columns, UTF-16. Where the declared encoding is not
that of the file, the first bad line is shown both ways.
"""

VARIABLES: Final = """\
In these names case, spaces, `_` and `-` make no difference. The campaign's `columns` adds names of
your own.
Any other column is a variable. The script's texts may use it as `{column}`. Its name has letters,
digits and `_`, up to 64. Only variables that the script uses are stored.
"""

_BOUNDS: Final = {Ge: ("ge", "from"), Gt: ("gt", "above"), Le: ("le", "to"), Lt: ("lt", "below")}


_PLAIN: Final = {
    str: "text",
    int: "whole number",
    float: "number",
    Decimal: "number",
    bool: "`true` or `false`",
    date: "date, `2027-12-31`",
}


def reference() -> str:
    """The whole page."""
    return "\n".join(
        (
            "<!-- Made by `python -m docs.generate` from dialer/config/ and dialer/files/; -->",
            "<!-- change the words under the fields there. -->",
            "",
            INTRODUCTION,
            *_file("dialer.yaml", Config),
            *_file("campaign.yaml", CampaignFile),
            *_file("script.yaml", ScriptFile),
            *_file("grades.yaml", GradesFile),
            *_file("conversations.yaml", ConversationsFile),
            CONTACTS,
            *_columns(),
            "",
            VARIABLES,
            SPREADSHEETS,
        )
    )


def sections(model: type[Section], prefix: str = "") -> Iterator[tuple[str, type[Section]]]:
    """Every section of a file with the place it stands at, the file itself first."""
    yield prefix, model
    for key, field in _keys(model):
        for step, inner in _inner_sections(field.annotation):
            yield from sections(inner, f"{prefix}.{key}{step}" if prefix else f"{key}{step}")


def _file(name: str, model: type[Section]) -> Iterator[str]:
    yield f"## {name}\n"
    places: dict[type[Section], list[str]] = {}
    for place, section in sections(model):
        places.setdefault(section, []).append(place)
    for section, where in places.items():
        if where != [""]:
            yield f"### {', '.join(f'`{place}`' for place in where)}\n"
        yield " ".join((inspect.getdoc(section) or "").split()) + "\n"
        yield "| key | written as | default | meaning |"
        yield "|---|---|---|---|"
        words = _words(section)
        for key, field in _keys(section):
            cells = (f"`{key}`", _form(field), _default(field), _meaning(field, words.get(key)))
            yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
        yield ""


def _columns() -> Iterator[str]:
    yield "| column | needed | also called | meaning |"
    yield "|---|---|---|---|"
    for name, meaning in (NEEDED | OPTIONAL).items():
        needed = "yes" if name in NEEDED else "no"
        yield f"| `{name}` | {needed} | {', '.join(ALIASES[name])} | {meaning} |"


def _keys(model: type[Section]) -> list[tuple[str, FieldInfo]]:
    return [(field.alias or name, field) for name, field in model.model_fields.items()]


def _inner_sections(annotation: Any) -> Iterator[tuple[str, type[Section]]]:
    """Sections within a field's type: as it stands, in a list, or under a name of their own."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        yield "", annotation
        return
    step = {tuple: "[]", dict: ".NAME"}.get(get_origin(annotation), "")
    for inner in get_args(annotation):
        for further, section in _inner_sections(inner):
            yield step + further, section


def _words(section: type[Section]) -> dict[str, str]:
    """What is written under each key of a section."""
    parts = (part for part in section.__mro__ if issubclass(part, Section) and part is not Section)
    trees = [ast.parse(textwrap.dedent(inspect.getsource(part))).body[0] for part in parts]
    fields = {name: field.alias or name for name, field in section.model_fields.items()}
    return {
        fields[key.target.id]: under.value.value
        for tree in trees
        if isinstance(tree, ast.ClassDef)
        for key, under in pairwise(tree.body)
        if isinstance(key, ast.AnnAssign)
        and isinstance(key.target, ast.Name)
        and isinstance(under, ast.Expr)
        and isinstance(under.value, ast.Constant)
        and isinstance(under.value.value, str)
        and key.target.id in fields
    }


def _meaning(field: FieldInfo, words: str | None) -> str:
    if not words:
        raise ValueError("a key without a docstring under it")
    text = " ".join(words.split())
    waits = next((mark for mark in field.metadata if isinstance(mark, NotYet)), None)
    return text if waits is None else f"{text} *Checked only: waits for {waits.what}.*"


def _form(field: FieldInfo) -> str:
    form = _type(field.annotation, field.metadata)
    bounds = [
        f"{words} {_bound(getattr(mark, name), form)}"
        for kind, (name, words) in _BOUNDS.items()
        for mark in field.metadata
        if isinstance(mark, kind)
    ]
    return f"{form}; {' '.join(bounds)}" if bounds else form


def _bound(value: float, form: str) -> str:
    return show(value) if form.startswith("duration") else f"{value:g}"


def _type(annotation: Any, metadata: list[Any]) -> str:
    written = written_form(annotation, metadata)
    if written is not None:
        return written
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _type(inner[0], list(inner[1:]))
    if origin in {Union, UnionType}:
        (only,) = [each for each in inner if each is not NoneType]
        return _type(only, metadata)
    if origin is Literal:
        return " or ".join(f"`{value}`" for value in inner)
    if origin is tuple:
        most = next((mark.max_length for mark in metadata if isinstance(mark, MaxLen)), None)
        many = f"list of {_type(inner[0], [])}"
        return f"{many}; at most {most}" if most else many
    if origin is dict:
        return "names, and a section for each, see below"
    if issubclass(annotation, Section):
        return "section, see below"
    return _PLAIN[annotation]


def _default(field: FieldInfo) -> str:
    default = field.default
    if field.is_required():
        return "**needed**"
    otherwise = next((mark for mark in field.metadata if isinstance(mark, Otherwise)), None)
    if otherwise is not None:
        return otherwise.words
    if default is None:
        return "none"
    if isinstance(default, Section):
        return "as below"
    if isinstance(default, tuple):
        return f"`[{', '.join(str(each) for each in default)}]`"
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    if _type(field.annotation, field.metadata).startswith("duration"):
        return f"`{show(default)}`"
    return f"`{default}`"
