from __future__ import annotations

import time
import unicodedata

from hypothesis import given, settings
from hypothesis import strategies as st

from dialer.core.dialog.heard_text import heard
from dialer.core.dialog.meaning import REFUSING, Meaning
from dialer.core.dialog.script import Go, Intent
from dialer.core.dialog.understanding import understand
from tests.support.said import said

YES = (Intent("yes", ("yes", "sure", "是", "好的"), "2", Go("done")),)
LINES = [line for language in ("en", "zh") for line in said(language, "tune")]
EVERY = [words for _meant, words in LINES]
REFUSALS = [
    words for words in EVERY if understand(words).meaning in {Meaning.COMPLAINT, Meaning.REFUSAL}
]
NOES = [words for words in EVERY if understand(words).meaning in REFUSING]


@given(
    before=st.sampled_from(EVERY), refusal=st.sampled_from(REFUSALS), after=st.sampled_from(EVERY)
)
def test_a_refusal_outranks_whatever_is_said_around_it(
    before: str, refusal: str, after: str
) -> None:
    said_at_once = f"{before}. {refusal}. {after}"
    assert understand(said_at_once, YES).meaning in {Meaning.COMPLAINT, Meaning.REFUSAL}


@given(no=st.sampled_from(NOES), around=st.tuples(st.sampled_from(EVERY), st.sampled_from(EVERY)))
def test_beside_a_no_nothing_is_a_yes(no: str, around: tuple[str, str]) -> None:
    before, after = around
    assert understand(f"{before}. {no}. {after}", YES).meaning is not Meaning.ANSWER


@given(words=st.sampled_from(EVERY))
def test_case_and_width_make_no_difference(words: str) -> None:
    wide = "".join(chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" else sign for sign in words)
    assert heard(words.upper()) == heard(words) == heard(unicodedata.normalize("NFD", words))
    assert heard(wide) == heard(words)


@given(text=st.text(max_size=300) | st.text(alphabet="不没是要 ,?noteyscalmp", max_size=300))
def test_anything_can_be_heard(text: str) -> None:
    assert understand(text, YES).meaning in Meaning
    again = heard(text)
    assert again.startswith((", ", "? "))
    assert "  " not in again


@settings(max_examples=30)
@given(words=st.lists(st.sampled_from(EVERY), min_size=60, max_size=60))
def test_a_long_turn_is_understood_in_no_time(words: list[str]) -> None:
    """Bounded work, whatever is said: no phrase runs away with the loop."""
    began = time.process_time()
    understand(" ".join(words), YES)
    assert time.process_time() - began < 1.0
