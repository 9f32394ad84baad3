"""However a phrase is disguised, it is found; whatever is read, nothing breaks."""

# ruff: noqa: RUF001 - letters and marks that look like others are what this is about

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialer.core.dialog.spelling import fold
from dialer.core.dialog.wording import inspect_words
from dialer.files.wording import read_wording

BOOK = read_wording()
UNSEEN = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u3164\u0301\ufe0f"
MARKS = " \t\n\u3000-_*/|·…“”()~"
STOPS = ".。,，、!！"
ALIKE = {"o": "\u043e", "i": "\u0456", "s": "\u0455", "e": "\u0435", "a": "\u0430"}


def wide(sign: str) -> str:
    return chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" else sign


def bold(sign: str) -> str:
    """The mathematical letter that is `sign` in bold."""
    return chr(0x1D41A + ord(sign) - ord("a")) if "a" <= sign <= "z" else sign


@st.composite
def disguised(draw: st.DrawFn, phrase: str) -> str:
    """`phrase` with each sign rewritten, and unseen signs and marks put between."""
    # English words stay words: between their letters either nothing is seen, or everywhere a mark.
    between = st.text(UNSEEN, max_size=2)
    if draw(st.booleans()) or not phrase.isascii():
        between = st.tuples(between, st.text(MARKS, min_size=1, max_size=2), between).map("".join)
    ways = st.sampled_from([str, str.upper, wide, bold, lambda sign: ALIKE.get(sign, sign)])
    signs = [draw(ways)(sign) if sign != " " else " " + draw(between) for sign in phrase]
    return "".join(sign + draw(between) for sign in signs)


@pytest.mark.parametrize("phrase", ["no risk", "guaranteed returns", "保本", "稳赚不赔", "零风险"])
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_a_disguised_phrase_is_found(phrase: str, data: st.DataObject) -> None:
    text = data.draw(disguised(phrase))
    start = data.draw(st.sampled_from(["", "Well, ", "好。"]))
    assert [*fold(start + text).find(phrase)], text
    assert inspect_words(BOOK, "finance", start + text)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_stops_around_single_signs_hide_nothing(data: st.DataObject) -> None:
    phrase = data.draw(st.sampled_from(["保本", "稳赚不赔", "norisk"]))
    text = "".join(sign + data.draw(st.text(STOPS, min_size=1, max_size=3)) for sign in phrase)
    assert [*fold(text).find(phrase)], text


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=40), st.booleans())
def test_any_text_can_be_read(text: str, template: bool) -> None:
    folded = fold(text, template=template)
    assert len(folded.gaps) == len(folded.signs) + 1
    assert len(folded.places) == len(folded.signs)
    assert list(folded.places) == sorted(folded.places)
    for finding in inspect_words(BOOK, None, text, template=template):
        assert 0 <= finding.start < finding.end <= len(text)


@settings(max_examples=100, deadline=None)
@given(st.text("abc保本 .,", max_size=20))
def test_what_is_folded_twice_is_the_same(text: str) -> None:
    signs = fold(text).signs
    assert fold(signs).signs == signs
