"""What is said to one contact, inspected as it will be said: the script's words, and its own.

A template without a finding can be filled to one: `I am {name}` with `Ann, your agent`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from dialer.core.dialog.aloud import why_not_said
from dialer.core.dialog.script import (
    Say,
    Script,
    Utterance,
    fill,
    readings,
    utterances,
    variables_in,
    variables_of,
)
from dialer.core.dialog.variables import Bounds, value_fault
from dialer.core.dialog.wording import WordingBook, inspect_words

_FIGURE: Final = re.compile(r"[0-9]{4,}")
_READ_SO: Final = re.compile(r"\{(\w+):[^{}]*\}")
_A_FIGURE: Final = "4417"
_MOST_KNOWN: Final = 10_000


class FilledWords:
    """The words of `script` that hold variables, for one contact after the other.

    `book` is None where no lists are at hand: then only the values themselves are looked at.
    """

    def __init__(
        self,
        script: Script,
        book: WordingBook | None,
        industry: str | None,
        operator: Sequence[str],
    ) -> None:
        self.names: Final = tuple(sorted(variables_of(script)))
        """The variables that its words use."""
        self._bounds = {name: script.variables.get(name, Bounds()) for name in self.names}
        self._language, self._readings = script.language, readings(script)
        self._book, self._industry, self._operator = book, industry, operator
        self._texts = tuple(self._templates(script)) if book is not None else ()
        self._known: dict[tuple[str, ...], tuple[tuple[str, str], ...]] = {}
        phrases = () if book is None else (p for ban in book.bans_for(None) for p in ban.phrases)
        # A number of many digits is like any other, unless a list names one.
        self._figures_alike = not any(_FIGURE.search(phrase) for phrase in phrases)

    def faults(self, values: Mapping[str, str]) -> Iterator[tuple[str, str]]:
        """What is wrong with a contact's `values`: the variable, and what to say of it."""
        for name in self.names:
            what = value_fault(values[name], self._bounds[name])
            if what is not None:
                yield name, what
            for spec in self._readings.get(name, ()):
                why = why_not_said(values[name], spec, self._language)
                if why is not None:
                    yield name, why
        if self._texts:
            yield from self._said(values)

    def _said(self, values: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
        alike = {
            name: _FIGURE.sub(_A_FIGURE, values[name]) if self._figures_alike else values[name]
            for name in self.names
        }
        key = tuple(alike.values())
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            known = self._known[key] = tuple(self._inspected(alike))
        return known

    def _inspected(self, values: Mapping[str, str]) -> Iterator[tuple[str, str]]:
        told: set[str] = set()
        for name, where, template, before in self._texts:
            for rule, why in self._findings(self._filled(template, values), template=False):
                if rule not in before and rule not in told:
                    told.add(rule)
                    yield name, f"makes {where} say what may not be said ({rule}): {why}"

    def _filled(self, template: Say, values: Mapping[str, str]) -> str:
        try:
            return fill(template, values, self._language)
        except ValueError:
            # What cannot be read as the script says is a fault already; its text is looked at too.
            return fill(Say(_READ_SO.sub(r"{\1}", template.text)), values, self._language)

    def _templates(self, script: Script) -> Iterator[tuple[str, str, Say, frozenset[str]]]:
        """Each text with variables: the first, where it is, and what is found there anyway."""
        said = utterances(script)
        opening = {
            key: each
            for key, each in said.items()
            if key.startswith("disclosure.") or key == f"nodes.{script.start}"
        }
        joined = Say(" ".join(map(_text, opening.values())))
        others = ((key, each) for key, each in said.items() if key not in opening)
        for where, each in (("the opening", joined), *others):
            names = sorted(variables_in(each))
            if isinstance(each, Say) and names:
                before = frozenset(rule for rule, _ in self._findings(each.text, template=True))
                yield names[0], where, each, before

    def _findings(self, words: str, *, template: bool) -> Iterator[tuple[str, str]]:
        assert self._book is not None  # noqa: S101 - without one there are no texts
        found = inspect_words(
            self._book, self._industry, words, operator=self._operator, template=template
        )
        yield from ((each.rule, each.why) for each in found)


def _text(said: Utterance) -> str:
    """The words as a template; those of a recording hold no variable."""
    if isinstance(said, Say):
        return said.text
    return (said.words or "").replace("{", "{{").replace("}", "}}")
