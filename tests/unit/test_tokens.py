"""Tokens are made, read and never shown."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dialer.credentials.tokens import VARIABLE, Token, given_token
from dialer.errors import AccessError, TokenFormError


def test_a_token_is_new_each_time_and_known_by_its_hash() -> None:
    made = {Token.new().text for _ in range(50)}
    assert len(made) == 50
    one = Token(made.pop())
    assert Token(one.text).hash == one.hash
    assert len(one.hash) == 64


def test_a_token_does_not_show_itself() -> None:
    token = Token.new()
    assert token.text not in f"{token} {token!r} {token.hash}"


@pytest.mark.parametrize("text", ["", "dialer_", "dialer_" + "a" * 42, "d" * 50, "tr\u00fcgt"])
def test_what_is_no_token_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(TokenFormError, match="this is no token") as refused:
        Token(text)
    assert not text or text not in str(refused.value).replace("dialer_ and", "")


def test_the_variable_is_read_once_and_not_inherited() -> None:
    token = Token.new()
    environ = {VARIABLE: f" {token.text}\n", "PATH": "/bin"}
    found = given_token(environ=environ)
    assert found is not None
    assert found.hash == token.hash
    assert environ == {"PATH": "/bin"}
    assert given_token(environ=environ) is None
    assert given_token(environ={VARIABLE: " "}) is None


def test_a_file_goes_before_the_variable(tmp_path: Path) -> None:
    token, other = Token.new(), Token.new()
    file = tmp_path / "token"
    file.write_text(token.text + "\n")
    file.chmod(0o600)
    environ = {VARIABLE: other.text}
    found = given_token(file, environ)
    assert found is not None
    assert found.hash == token.hash
    assert environ == {}


def test_a_pipe_is_as_good_as_a_file() -> None:
    token = Token.new()
    reading, writing = os.pipe()
    os.write(writing, token.text.encode())
    os.close(writing)
    found = given_token(Path(f"/dev/fd/{reading}"), {})
    os.close(reading)
    assert found is not None
    assert found.hash == token.hash


@pytest.mark.parametrize("mode", [0o644, 0o620, 0o606])
def test_a_file_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "my token"
    file.write_text(Token.new().text)
    file.chmod(mode)
    with pytest.raises(AccessError, match=r"run: chmod 600 '.*my token'"):
        given_token(file, {})


def test_a_file_that_is_missing_or_empty_says_so(tmp_path: Path) -> None:
    with pytest.raises(AccessError, match="cannot be read: No such file"):
        given_token(tmp_path / "none", {})
    empty = tmp_path / "empty"
    empty.touch(mode=0o600)
    with pytest.raises(AccessError, match="is empty"):
        given_token(empty, {})
