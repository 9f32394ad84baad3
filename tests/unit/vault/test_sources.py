"""The master key is read, or refused with words that help; it is never told."""

from __future__ import annotations

import base64
import inspect
import os
import sys
import time
from contextlib import nullcontext
from pathlib import Path

import pytest

from dialer.errors import MasterKeyError
from dialer.vault import from_command, from_environment, from_file, sources
from tests.support.vault import master, plain_master

PLAIN = plain_master("sources")
HEX = PLAIN.hex()
ID = master("sources").id


def key_file(folder: Path, text: str, mode: int = 0o600) -> Path:
    path = folder / "master key"
    path.write_text(text)
    path.chmod(mode)
    return path


def printing(text: str, then: str = "") -> list[str]:
    return [sys.executable, "-c", f"import time, sys; print({text!r}, end='', flush=True); {then}"]


@pytest.mark.parametrize(
    "text",
    [HEX, HEX + "\n", f"\n  {HEX} \r\n", HEX.upper(), base64.b64encode(PLAIN).decode() + "\n"],
    ids=["hex", "line", "space", "upper", "base64"],
)
def test_a_key_is_read_as_it_is_written_by_common_tools(tmp_path: Path, text: str) -> None:
    assert from_file(key_file(tmp_path, text)).id == ID


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o640, 0o440])
def test_rights_that_keep_others_out_are_fine(tmp_path: Path, mode: int) -> None:
    assert from_file(key_file(tmp_path, HEX, mode)).id == ID


@pytest.mark.parametrize("mode", [0o644, 0o604, 0o602, 0o601, 0o660, 0o620, 0o610, 0o666])
def test_a_key_that_others_may_read_or_change_is_refused(tmp_path: Path, mode: int) -> None:
    with pytest.raises(MasterKeyError, match=r"run: chmod 600 '.*master key'"):
        from_file(key_file(tmp_path, HEX, mode))


def test_a_key_of_another_user_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = key_file(tmp_path, HEX)
    if os.geteuid() == 0:
        os.chown(path, 12345, -1)
    monkeypatch.setattr(os, "geteuid", lambda: 54321)
    with pytest.raises(MasterKeyError, match="belongs to another user"):
        from_file(path)


@pytest.mark.parametrize(
    "user,owner,is_fine",
    [
        (0, 1000, True),  # root may read it whoever's it is
        (1000, 1000, True),
        (1000, 0, True),  # root's own, as systemd hands it on
        (1000, 1001, False),
        (1, 1000, False),
        (1000, 1, False),
    ],
)
def test_whose_a_key_may_be(
    monkeypatch: pytest.MonkeyPatch, user: int, owner: int, *, is_fine: bool
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: user)
    status = os.stat_result((0o100600, 0, 0, 1, owner, 0, 64, 0, 0, 0))
    with nullcontext() if is_fine else pytest.raises(MasterKeyError, match="another user"):
        sources._must_be_private(status, "key")


def test_a_missing_key_tells_how_to_make_one(tmp_path: Path) -> None:
    path = tmp_path / "master"
    with pytest.raises(MasterKeyError, match="no master key at") as refused:
        from_file(path)
    command = str(refused.value).partition("make one with: ")[2]
    assert os.system(command) == 0
    assert len(from_file(path).id) == 16


def test_a_folder_a_pipe_and_a_device_are_refused_at_once(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe, 0o600)
    for path in (tmp_path, pipe, Path("/dev/null")):
        with pytest.raises(MasterKeyError, match="not a regular file"):
            from_file(path)


@pytest.mark.parametrize(
    "text, words",
    [
        ("", "is empty"),
        ("  \n ", "is empty"),
        (HEX[:-2], "62 characters are there"),
        (HEX + "00", "66 characters are there"),
        (HEX[:-1] + "g", "is no key"),
        (HEX + " " + HEX, "is no key"),
        (base64.b64encode(PLAIN[:31]).decode(), "is no key"),
        (base64.b64encode(PLAIN + b"x").decode(), "is no key"),
        ("x" * 5000, "1024 characters are there"),
        ("0" * 64, "not random"),
        ("0123456789abcdef" * 4, "not random"),
        ("\x00" * 32, "is no key"),
    ],
)
def test_what_is_no_good_key_is_refused(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(MasterKeyError, match=words) as refused:
        from_file(key_file(tmp_path, text))
    assert "openssl rand -hex 32" in str(refused.value)
    assert refused.value.exit_code == 2


def test_a_variable_is_read_and_taken_away() -> None:
    environ = {"KEY": HEX + "\n", "OTHER": "x"}
    assert from_environment("KEY", environ).id == ID
    assert environ == {"OTHER": "x"}
    with pytest.raises(MasterKeyError, match="variable KEY is not set"):
        from_environment("KEY", environ)
    with pytest.raises(MasterKeyError, match="variable OTHER is no key"):
        from_environment("OTHER", environ)


def test_programs_that_are_started_do_not_inherit_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VERIDIAL_TEST_MASTER", HEX)
    assert from_environment("VERIDIAL_TEST_MASTER").id == ID
    shown = [sys.executable, "-c", "import os; print(os.environ.get('VERIDIAL_TEST_MASTER'))"]
    with pytest.raises(MasterKeyError, match="4 characters are there"):
        from_command(shown)


def test_a_command_prints_the_key() -> None:
    assert from_command(printing(HEX + "\n")).id == ID


def test_no_shell_reads_the_command(tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    with pytest.raises(MasterKeyError):
        from_command(["echo", f"$(touch {marker})", ";", "touch", str(marker)])
    assert not marker.exists()


@pytest.mark.parametrize(
    "then, words",
    [("sys.exit(3)", "failed with code 3"), ("import os; os.abort()", "failed with code -6")],
)
def test_a_command_that_fails_gives_no_key(
    then: str, words: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(MasterKeyError, match=words):
        from_command(
            printing(HEX, f"sys.stderr.write('token expired'); sys.stderr.flush(); {then}")
        )
    assert "token expired" in capfd.readouterr().err


def test_a_command_that_is_not_there_is_named_without_its_arguments() -> None:
    with pytest.raises(MasterKeyError, match="/no/such/program cannot be started") as refused:
        from_command(["/no/such/program", "--token", "s3cr3t"])
    assert "s3cr3t" not in str(refused.value)


@pytest.mark.parametrize(
    "then",
    [
        "time.sleep(60)",
        "import os; os.close(1); time.sleep(60)",
        "import os; os.fork(); time.sleep(60)",
    ],
    ids=["hangs", "closes and hangs", "with a child"],
)
def test_a_command_that_hangs_is_ended(then: str) -> None:
    began = time.monotonic()
    with pytest.raises(MasterKeyError, match=r"has not ended within 0\.5 s"):
        from_command(printing(HEX, then), timeout=0.5)
    assert time.monotonic() - began < 30


def test_a_command_that_never_stops_printing_is_refused() -> None:
    with pytest.raises(MasterKeyError, match="prints much more than a key"):
        from_command([sys.executable, "-c", "while True: print('0123456789' * 1000)"])


@pytest.mark.parametrize("distinct,is_key", [(12, True), (11, False)])
def test_a_key_of_so_few_different_bytes_is_no_accident(
    tmp_path: Path, distinct: int, *, is_key: bool
) -> None:
    path = key_file(tmp_path, bytes(each % distinct for each in range(32)).hex())
    if is_key:
        assert len(from_file(path).id) == 16
    else:
        with pytest.raises(MasterKeyError, match="is not random"):
            from_file(path)


def test_a_program_has_ten_seconds() -> None:
    assert inspect.signature(from_command).parameters["timeout"].default == 10.0
