from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from deploy.setup.stamps import Stamps, key_of, only_one, sha256_of


@given(st.lists(st.text()), st.lists(st.text()))
def test_different_words_have_different_keys(one: list[str], other: list[str]) -> None:
    assert (key_of([], *one) == key_of([], *other)) == (one == other)


def test_the_order_of_files_does_not_matter_but_name_and_content_do(tmp_path: Path) -> None:
    a, b = tmp_path / "a", tmp_path / "b"
    a.write_text("1")
    b.write_text("2")
    key = key_of([a, b])
    assert key_of([b, a]) == key
    b.write_text("3")
    assert key_of([a, b]) != key
    b.write_text("2")
    assert key_of([a, b]) == key
    assert key_of([a, b.rename(tmp_path / "c")]) != key


def test_sha256_is_that_of_the_bytes(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.touch()
    assert sha256_of(empty).startswith("e3b0c44298fc1c14")


def test_stamps_are_kept_and_dropped(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "stamps.json"
    stamps = Stamps(file)
    assert stamps.get("one") is None
    stamps.put("one", "1")
    stamps.put("two", "2")
    stamps.drop("one")
    stamps.drop("never there")
    assert (Stamps(file).get("one"), Stamps(file).get("two")) == (None, "2")


def test_a_broken_stamp_file_counts_as_nothing_done(tmp_path: Path) -> None:
    file = tmp_path / "stamps.json"
    for text in ("", "{", "[]", '{"one": 1}'):
        file.write_text(text)
        assert Stamps(file).get("one") is None
    file.write_text("{")
    Stamps(file).put("one", "1")
    assert Stamps(file).get("one") == "1"


def test_a_second_set_up_says_whom_it_waits_for_and_goes_on_after(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    program = (
        "import sys; from pathlib import Path; from deploy.setup.stamps import only_one\n"
        "with only_one(Path(sys.argv[1]), lambda text: print(text, flush=True)): print('mine')"
    )
    with only_one(lock, lambda text: None):
        second = subprocess.Popen(
            [sys.executable, "-c", program, str(lock)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).resolve().parents[3],
        )
        assert second.stdout is not None
        first_line = second.stdout.readline()
        assert "another set-up is running" in first_line
        assert str(os.getpid()) in first_line
        assert second.poll() is None
    rest, _ = second.communicate(timeout=30)
    assert (rest, second.returncode) == ("mine\n", 0)
