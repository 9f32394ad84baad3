"""Lists of banned phrases, claims and robot words: those shipped, and one's own beside them.

Own lists add; nothing that is shipped can be taken away or softened by them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Final

from pydantic import Field

from dialer.core.dialog.key_named import KEY
from dialer.core.dialog.spelling import PERCENT, fold, signs_of
from dialer.core.dialog.wording import GENERAL, Ban, Claim, RobotWords, WordingBook
from dialer.errors import Fault, InputError
from dialer.reading.fields import Line, Text, Word, Written
from dialer.reading.tree import Document, Place, capped, printable, read_yaml
from dialer.reading.validate import Section, check

SHIPPED: Final = Path(__file__).resolve().parents[1] / "wording"
"""The folder of the lists that hold for everyone."""

_FEWEST_SIGNS: Final = 2
"""In a phrase that is looked for; one letter would be found everywhere."""
_LOOKED_FOR: Final = frozenset({"phrases", "openings", "roles", "people", "words"})
_MOST: Final = 500

Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}$"), Written("language, such as `en` or `zh`")]
Phrases = Annotated[tuple[Line, ...], Field(max_length=_MOST)]
SomePhrases = Annotated[tuple[Line, ...], Field(min_length=1, max_length=_MOST)]


class BanPart(Section):
    """Phrases that no script of the industry may say."""

    id: Word
    """Its name in findings and records; no other entry has it."""
    language: Language
    """The language of the phrases. They are looked for in scripts of every language."""
    phrases: SomePhrases
    """Every form of it: case, width, accents, spaces and punctuation make no difference, but
    inflected forms, and traditional beside simplified characters, are listed."""
    unless: Phrases = ()
    """Longer phrases in which one of them is innocent."""
    why: Text
    """What is wrong with saying it, for a compliance officer."""
    instead: Text
    """What to write instead, for the author."""


class ClaimPart(Section):
    """Roles that a robot may not claim for itself."""

    id: Word
    """Its name in findings and records; no other entry has it."""
    language: Language
    """The language of the phrases. They are looked for in scripts of every language."""
    openings: SomePhrases
    """How a speaker begins to say what it is: `I am`."""
    roles: SomePhrases
    """What it says it is: `agent`."""
    people: Phrases = ()
    """Roles that only a person has: to say that it is a robot does not clear them."""
    unless: Phrases = ()
    """Longer phrases in which a role is none: a call centre is no person."""
    turned_by: Phrases = ()
    """Between opening and role, it makes no claim of the two: `calling to`."""
    cleared_by: Phrases = ()
    """In the same clause, it says that a robot speaks: `automated`."""
    joins: Phrases = ()
    """After a comma, it goes on about the speaker: `your`."""
    why: Text
    """What is wrong with saying it, for a compliance officer."""
    instead: Text
    """What to write instead, for the author."""


class RobotWordsPart(Section):
    """The words by which the identity notice tells that a robot speaks."""

    id: Word
    """Its name in findings and records; no other entry has it."""
    languages: Annotated[tuple[Language, ...], Field(min_length=1, max_length=20)]
    """First parts of language tags: `zh` stands for `zh-CN` too."""
    words: SomePhrases
    """One of them must be said."""
    unless: Phrases = ()
    """Longer phrases in which one of them tells nothing of the kind."""
    why: Text
    """What is wrong without them, for a compliance officer."""
    instead: Text
    """What to write, for the author."""


class KeyWordsPart(RobotWordsPart):
    """The words by which a key of the telephone is named; `<key>` stands for the key."""


class WordingFile(Section):
    """The whole of one list."""

    industry: Word
    """What its bans are for: `finance`, `education`, one of your own, or `general` for all. Claims
    and robot words hold for every industry."""
    banned: tuple[BanPart, ...] = ()
    """Phrases that may not be said."""
    claims: tuple[ClaimPart, ...] = ()
    """Roles that may not be claimed."""
    robot_words: tuple[RobotWordsPart, ...] = ()
    """How the identity notice may tell that a robot speaks."""
    key_words: tuple[KeyWordsPart, ...] = ()
    """How words may name the key that stops all calls, or the recording."""


@dataclass
class _Gathered:
    """What was read so far, and everything that is wrong with it."""

    bans: dict[str, list[Ban]] = field(default_factory=lambda: {GENERAL: []})
    claims: list[Claim] = field(default_factory=list)
    robot_words: list[RobotWords] = field(default_factory=list)
    key_words: list[RobotWords] = field(default_factory=list)
    ids: dict[str, str] = field(default_factory=dict)
    shipped_languages: frozenset[str] = frozenset()
    faults: list[Fault] = field(default_factory=list)

    def book(self) -> WordingBook:
        bans = {industry: tuple(entries) for industry, entries in self.bans.items()}
        return WordingBook(bans, tuple(self.claims), tuple(self.robot_words), tuple(self.key_words))


def read_wording(own: Sequence[Path] = ()) -> WordingBook:
    """The shipped lists with `own` added. Raises InputError with every fault of every list."""
    book, faults = gather_wording(own)
    if book is None:
        raise InputError(faults)
    return book


def gather_wording(own: Sequence[Path] = ()) -> tuple[WordingBook | None, list[Fault]]:
    """The shipped lists with `own` added, None where anything is wrong, and every fault."""
    gathered = _Gathered()
    shipped = sorted(SHIPPED.glob("*.yaml"))
    if not shipped:
        return None, [Fault(str(SHIPPED), 0, "file", "the shipped lists are gone; install anew")]
    for path in shipped:
        _gather(gathered, path)
    gathered.shipped_languages = frozenset(
        language for entry in gathered.robot_words for language in entry.languages
    )
    for path in dict.fromkeys(own):
        _gather(gathered, path)
    if gathered.faults:
        return None, capped(gathered.faults)
    return gathered.book(), []


def _gather(gathered: _Gathered, path: Path) -> None:
    try:
        document = read_yaml(path)
    except InputError as error:
        gathered.faults += error.faults
        return
    file, faults = check(WordingFile, document, path.parent)
    gathered.faults += faults
    if file is None:
        return
    gathered.faults += _faults(gathered, document, file)
    gathered.bans.setdefault(file.industry, []).extend(
        Ban(part.id, part.language, part.phrases, part.unless, part.why, part.instead)
        for part in file.banned
    )
    gathered.claims += (
        Claim(
            id=part.id,
            language=part.language,
            openings=part.openings,
            roles=part.roles,
            people=part.people,
            unless=part.unless,
            turned_by=part.turned_by,
            cleared_by=part.cleared_by,
            joins=part.joins,
            why=part.why,
            instead=part.instead,
        )
        for part in file.claims
    )
    gathered.robot_words += (
        RobotWords(part.id, part.languages, part.words, part.unless, part.why, part.instead)
        for part in file.robot_words
    )
    gathered.key_words += (
        RobotWords(part.id, part.languages, part.words, part.unless, part.why, part.instead)
        for part in file.key_words
    )


def _faults(gathered: _Gathered, document: Document, file: WordingFile) -> Iterator[Fault]:
    """What is wrong with a list whose keys are all right."""
    if not (file.banned or file.claims or file.robot_words or file.key_words):
        yield document.fault(
            (), "lists nothing: banned, claims, robot_words or key_words is wanted"
        )
    for at, ban in enumerate(file.banned):
        yield from _entry_faults(gathered, document, ("banned", at), ban, ban.phrases)
    for at, claim in enumerate(file.claims):
        yield from _entry_faults(
            gathered, document, ("claims", at), claim, (*claim.roles, *claim.people)
        )
    for at, key in enumerate(file.key_words):
        yield from _entry_faults(gathered, document, ("key_words", at), key, key.words)
        for number, phrase in enumerate(key.words):
            if KEY not in phrase:
                yield document.fault(("key_words", at, "words", number), f"has no {KEY} in it")
    for at, robot in enumerate(file.robot_words):
        yield from _entry_faults(gathered, document, ("robot_words", at), robot, robot.words)
        for number, language in enumerate(robot.languages):
            if language in gathered.shipped_languages:
                yield document.fault(
                    ("robot_words", at, "languages", number),
                    f"what tells a robot in {language} is shipped, and cannot be softened",
                )


def _entry_faults(
    gathered: _Gathered,
    document: Document,
    place: Place,
    part: BanPart | ClaimPart | RobotWordsPart,
    meant: tuple[str, ...],
) -> Iterator[Fault]:
    first = gathered.ids.setdefault(part.id, f"{document.file}:{document.line((*place, 'id'))}")
    if first != f"{document.file}:{document.line((*place, 'id'))}":
        yield document.fault((*place, "id"), f"{part.id} is taken by {first}")
    for key in type(part).model_fields:
        phrases = getattr(part, key)
        fewest = _FEWEST_SIGNS if key in _LOOKED_FOR else 1
        for number, phrase in enumerate(phrases if isinstance(phrases, tuple) else ()):
            if len(signs_of(phrase)) < fewest:
                yield document.fault((*place, key, number), f"needs {fewest} letters or more")
    for number, phrase in enumerate(part.unless):
        innocent = fold(phrase.replace(PERCENT, "1%"), template=False)
        if not any(
            (end - start) < len(innocent.signs)
            for each in meant
            for start, end in innocent.find(each)
        ):
            told = f"{printable(phrase)} holds none of the phrases that it is to excuse"
            yield document.fault((*place, "unless", number), told)
