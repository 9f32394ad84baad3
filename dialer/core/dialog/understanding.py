"""What a callee meant by what a recogniser wrote down.

1.  A refusal outranks everything else that is heard in the same turn, in either language, whatever
    language the script has: `yes, stop calling me` is a refusal.
2.  Of words within other words the longer count: 不需要 is not 需要, `don't hang up` is no leave.
3.  A no beside a yes is a no. A yes with a negation before it is a no as well; with two it is
    doubt, which is asked again. So is a yes within a question.
4.  A node's own intents come next. A yes or a no that the script did not think of (`yep`, 好的)
    means the intent that has another word for it.
5.  Whether a robot speaks, and where the number comes from, no script answers in its own way.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from dialer.core.dialog.heard_text import heard, is_filler
from dialer.core.dialog.meaning import Meaning
from dialer.core.dialog.phrases import Span, pattern_of, plain_pattern
from dialer.core.dialog.phrases_en import ENGLISH
from dialer.core.dialog.phrases_zh import CHINESE
from dialer.core.dialog.script import Intent


@dataclass(frozen=True, slots=True)
class Understood:
    """`intent` is the node's, of an ANSWER; else empty."""

    meaning: Meaning
    intent: str = ""

    @property
    def name(self) -> str:
        """How records name it."""
        return self.intent or self.meaning.value


@dataclass(frozen=True, slots=True)
class _Word:
    intent: str
    pattern: re.Pattern[str]
    own: Meaning
    """What it means by itself wherever a script stands."""


@dataclass(frozen=True, slots=True)
class _Listens:
    """One node's intents, ready to be looked for."""

    words: tuple[_Word, ...]
    digits: tuple[tuple[str, str], ...]
    yes: str
    """The intent that means yes; empty where none does, or several do."""
    no: str


def no_of(intents: Sequence[Intent]) -> str:
    """The intent that has words for no; empty where it is not one."""
    return _listens(_own(intents)).no


def yes_of(intents: Sequence[Intent]) -> str:
    """The intent that has words for yes; empty where it is not one."""
    return _listens(_own(intents)).yes


def understand(text: str, intents: Sequence[Intent] = ()) -> Understood:
    """What `text` means to a node that listens for `intents`."""
    return _understand(text, _own(intents))


_Own = tuple[tuple[str, tuple[str, ...], str | None], ...]


def _own(intents: Sequence[Intent]) -> _Own:
    return tuple((each.name, each.words, each.dtmf) for each in intents)


_HIDE: Final = frozenset(Meaning) - {Meaning.YES, Meaning.MAYBE_YES, Meaning.BYE}
"""Within a longer phrase of these, a shorter one of another meaning does not count."""
_STRONG: Final = (Meaning.COMPLAINT, Meaning.REFUSAL, Meaning.WRONG_NUMBER)
_NEVER: Final = frozenset({Meaning.COMPLAINT, Meaning.REFUSAL})
_HIDE_NO: Final = frozenset({*_STRONG, Meaning.LATER, Meaning.DOUBT, Meaning.INNOCENT})
_WEAK: Final = frozenset({Meaning.NO, Meaning.BYE})
_UNDOES: Final = frozenset({Meaning.DOUBT, Meaning.INNOCENT})
_SCRIPTS_MAY: Final = frozenset(
    {Meaning.LATER, Meaning.PERSON, Meaning.NO, Meaning.BYE, Meaning.WAIT}
)
"""What an intent of the script may answer in its own way."""
_QUESTIONS: Final = (Meaning.SOURCE, Meaning.ROBOT)
_NEGATING: Final = frozenset(["not", "no", "never", "without", "不", "没", "别"])
_BARE_NO: Final = frozenset(["no", "不", "no no", "yes no"])
_WITH_YES: Final = frozenset(
    [
        "very",
        "thank",
        "thanks",
        "you",
        "then",
        "that",
        "is",
        "with",
        "me",
        "for",
        "it",
        "i",
        "am",
        "my",
        "dear",
        "and",
        "so",
        "ok",
        "this",
        "course",
        "1",
        "了",
        "的",
        "我",
        "你",
        "谢",
        "那",
        "就",
        "没",
        "问",
        "题",
        "都",
        "也",
        "给",
        "帮",
        "这",
        "个",
        "来",
        "下",
    ]
)
"""Words beside a weak yes that leave it one."""


def _compiled(
    lists: Mapping[Meaning, tuple[str, ...]],
) -> tuple[tuple[Meaning, re.Pattern[str]], ...]:
    return tuple(
        (meaning, pattern_of(phrase)) for meaning, phrases in lists.items() for phrase in phrases
    )


# Made when a node starts: the first callee's words do not wait for it.
_PATTERNS_EN: Final = _compiled(ENGLISH)
_PATTERNS_ZH: Final = _compiled(CHINESE)
_LATIN: Final = re.compile(r"[a-z]")
_CHINESE: Final = re.compile(r"[\u3400-\u9fff]")


def _understand(text: str, own: _Own) -> Understood:
    words = heard(text)
    if words == ", ":
        return Understood(Meaning.FILLER if is_filler(text) else Meaning.NOTHING)
    listens = _listens(own)
    found = _built_in(words)
    meant = {meaning for _span, meaning in found}
    for strong in _STRONG:
        if strong in meant:
            return Understood(strong)
    answers = _answers(words, found, listens)
    return (
        _asked(words, found, answers)
        or _refused(found, answers, listens)
        or _answered(words, found, answers, listens)
        or Understood(Meaning.UNKNOWN)
    )


@dataclass(frozen=True, slots=True)
class _Answers:
    """The node's intents that are heard, those within longer words of another left out."""

    heard: frozenset[str]
    handled: frozenset[Meaning]
    """Meanings that an intent of the script answers here."""
    negated: bool
    doubtful: bool


def _asked(
    words: str, found: Sequence[tuple[Span, Meaning]], answers: _Answers
) -> Understood | None:
    """A question or a wish that is answered wherever the script stands."""
    meant = {meaning for _span, meaning in found} - answers.handled
    if Meaning.PERSON in meant:
        return Understood(Meaning.PERSON)
    plain_no = any(
        meaning is Meaning.NO and words[slice(*span)].strip() not in _BARE_NO
        for span, meaning in found
    )
    if not plain_no:
        for each in (*_QUESTIONS, Meaning.LATER):
            if each in meant:
                return Understood(each)
    return None


def _refused(
    found: Sequence[tuple[Span, Meaning]], answers: _Answers, listens: _Listens
) -> Understood | None:
    """A no, as far as the node makes of it."""
    meant = {meaning for _span, meaning in found}
    handled = answers.handled & {Meaning.NO, Meaning.BYE}
    if not (meant & {Meaning.NO, Meaning.BYE} or answers.negated or handled):
        return None
    own = [name for name in answers.heard if name != listens.yes]
    if handled and len(own) == 1:
        return Understood(Meaning.ANSWER, own[0])
    if listens.no:
        return Understood(Meaning.ANSWER, listens.no)
    return Understood(Meaning.NO if Meaning.NO in meant or answers.negated else Meaning.BYE)


def _answered(
    words: str, found: Sequence[tuple[Span, Meaning]], answers: _Answers, listens: _Listens
) -> Understood | None:
    meant = {meaning for _span, meaning in found}
    said = set(answers.heard)
    if listens.yes and _says_yes(words, found):
        said.add(listens.yes)
    for digit, name in listens.digits:
        if not said and words in {f", {digit} , ", f", press {digit} , ", f", 按 {digit} , "}:
            return Understood(Meaning.ANSWER, name)
    others = said - {listens.yes}
    for each in (Meaning.WAIT, Meaning.DOUBT, Meaning.QUESTION):
        if each in meant and each not in answers.handled and not others:
            return Understood(Meaning.DOUBT if each is Meaning.QUESTION else each)
    if answers.doubtful:
        return Understood(Meaning.DOUBT)
    best = others or said  # `yes, on Tuesday` is Tuesday
    if len(best) == 1:
        return Understood(Meaning.ANSWER, best.pop())
    return Understood(Meaning.DOUBT) if best else None


def _says_yes(words: str, found: Sequence[tuple[Span, Meaning]]) -> bool:
    """Whether it is a yes that the script did not write down."""
    strong = [span for span, meaning in found if meaning is Meaning.YES]
    if any(not (_in_question(words, span) or _negations(words, span, found)) for span in strong):
        return True
    weak = [span for span, meaning in found if meaning is Meaning.MAYBE_YES]
    if not weak or any(_in_question(words, span) for span in weak):
        return False
    rest = "".join(" " if _within(at, (*strong, *weak)) else sign for at, sign in enumerate(words))
    return set(rest.split()) <= {*_WITH_YES, ","}


def _built_in(words: str) -> list[tuple[Span, Meaning]]:
    patterns = _PATTERNS_EN if _LATIN.search(words) else ()
    patterns += _PATTERNS_ZH if _CHINESE.search(words) else ()
    every = [
        (found.span(), meaning)
        for meaning, pattern in patterns or _PATTERNS_EN  # figures alone
        for found in pattern.finditer(words)
    ]
    return [one for one in every if not _is_hidden(one[0], one[1], every)]


def _is_hidden(span: Span, meaning: Meaning, every: Iterable[tuple[Span, Meaning]]) -> bool:
    for where, other in every:
        if other is meaning or other not in (_HIDE_NO if meaning in _NEVER else _HIDE):
            continue
        if _is_in(span, where):
            return True
        # A weak no goes down with the doubt that it is part of: 没说不 and 不要.
        if meaning in _WEAK and other in _UNDOES and where[0] < span[0] < where[1] < span[1]:
            return True
    return False


def _answers(words: str, found: Sequence[tuple[Span, Meaning]], listens: _Listens) -> _Answers:
    every = [
        (match.span(), word) for word in listens.words for match in word.pattern.finditer(words)
    ]
    said: set[str] = set()
    handled: set[Meaning] = set()
    negated = doubtful = False
    for span, word in every:
        if _is_hidden(span, word.own, found) or any(_is_in(span, longer) for longer, _ in every):
            continue
        is_yes = word.intent == listens.yes
        negations = 0 if word.own in _SCRIPTS_MAY else _negations(words, span, found)
        asks = is_yes and _in_question(words, span)
        negated |= is_yes and negations == 1
        doubtful |= asks or negations > (1 if is_yes else 0)
        if negations or asks:
            continue
        if word.own in _SCRIPTS_MAY:
            handled.add(word.own)
        said.add(word.intent)
    return _Answers(frozenset(said), frozenset(handled), negated, doubtful)


def _negations(words: str, span: Span, found: Iterable[tuple[Span, Meaning]]) -> int:
    """How often what stands at `span` is negated by the three words before it."""
    clause = max(words.rfind(", ", 0, span[0]), words.rfind("? ", 0, span[0]), 0)
    before = words[clause : span[0]]
    at, count = clause, 0
    innocent = [where for where, meaning in found if meaning is Meaning.INNOCENT]
    tokens = []
    for word in before.split(" ")[:-1]:
        tokens.append((word, at))
        at += len(word) + 1
    for word, place in tokens[-3:]:
        count += word in _NEGATING and not _within(place, innocent)
    return count


def _in_question(words: str, span: Span) -> bool:
    """Whether the clause of `span` ends as a question."""
    end = re.search(r"[,?] ", words[span[1] :])
    return end is not None and end.group().startswith("?")


def _within(at: int, spans: Iterable[Span]) -> bool:
    return any(start <= at < end for start, end in spans)


def _is_in(span: Span, longer: Span) -> bool:
    return longer[0] <= span[0] and span[1] <= longer[1] and longer != span


@lru_cache(maxsize=512)
def _listens(own: _Own) -> _Listens:
    words = tuple(
        _Word(name, pattern, _alone(phrase))
        for name, phrases, _digit in own
        for phrase in phrases
        if (pattern := plain_pattern(phrase)) is not None
    )
    return _Listens(
        words,
        tuple((digit, name) for name, _phrases, digit in own if digit is not None),
        _only(words, {Meaning.YES, Meaning.MAYBE_YES}),
        _only(words, {Meaning.NO, Meaning.REFUSAL}),
    )


def _alone(phrase: str) -> Meaning:
    """What a phrase means by itself."""
    words = heard(phrase)
    found = {
        meaning
        for span, meaning in _built_in(words)
        if span == (2, len(words) - 2) or meaning in {Meaning.NO, Meaning.REFUSAL}
    }
    return next((meaning for meaning in Meaning if meaning in found), Meaning.UNKNOWN)


def _only(words: Iterable[_Word], meanings: set[Meaning]) -> str:
    """The intent that has words of these meanings; empty where it is not one."""
    names = {word.intent for word in words if word.own in meanings}
    return names.pop() if len(names) == 1 else ""
