"""Text that others wrote is shown, and neither steers a terminal nor passes for ours."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.core.values.visible import visible, visible_json


@pytest.mark.parametrize(
    "text, shown",
    [
        ("\x1b[2J\x1b]0;owned\x07", "<U+001B>[2J<U+001B>]0;owned<U+0007>"),
        ("a\r\nerror dialer: forged\t", "a\\r\\nerror dialer: forged\\t"),
        ("\x9b31m", "<U+009B>31m"),
        ("\u202egnp.exe\u2066\u200b\ufeff", "<U+202E>gnp.exe<U+2066><U+200B><U+FEFF>"),
        ("a\u2028b\x85c\ud800", "a<U+2028>b<U+0085>c<U+D800>"),
        ("王小明\u3000先生 café €", "王小明\u3000先生 café €"),
    ],
)
def test_what_is_not_seen_is_written_out(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(st.text())
def test_one_line_that_any_terminal_takes_as_text(text: str) -> None:
    shown = visible(text)
    assert len(shown.splitlines()) <= 1
    assert visible(shown) == shown
    assert not set(visible(text, keep="\n")) & set("\x1b\x9b\x08\x7f\r\u202e\u2067")


@given(st.recursive(st.text(), st.lists), st.sampled_from([None, 1]))
def test_json_keeps_its_values(value: object, indent: int | None) -> None:
    shown = visible_json(json.dumps(value, ensure_ascii=False, indent=indent))
    assert json.loads(shown) == value
    assert all(sign == "\n" or sign.isprintable() or sign.isspace() for sign in shown)
    assert not set(shown) & set("\x1b\x9b\u2028\u202e")
