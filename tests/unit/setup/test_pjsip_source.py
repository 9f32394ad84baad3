from __future__ import annotations

import hashlib
import tarfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from deploy.setup import pjsip_source
from deploy.setup.checkout import Checkout
from deploy.setup.errors import SetupError
from deploy.setup.shell import Machine, Result
from tests.unit.setup.fakes import FakeShell, FakeStep

MIRROR = "http://mirror.example/debian/"
RIGHT = b"the component"
OTHER = b"a newer component"


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def log(checkout: Checkout) -> Path:
    return checkout.log("pjsip")


@pytest.fixture(autouse=True)
def _pin(checkout: Checkout) -> None:
    (checkout.recipe / "sources.sha256").write_text(f"# c\n\n{sha(RIGHT)} 13 component\n")


def archive(shell: FakeShell, content: bytes, arrives: bytes | None = None) -> None:
    """Let the shell be a machine whose Debian archive holds this component."""
    uris = (
        "Need to get 2 MB of source archives.\n"
        f"'{MIRROR}pool/a.orig.tar.xz' a.orig.tar.xz 9 SHA256:{sha(b'x')}\n"
        f"'{MIRROR}pool/a.orig-Xpjproject.tar.xz' a.orig-Xpjproject.tar.xz 13 "
        f"SHA256:{sha(content)}\n"
    )

    def download(argv: Sequence[str]) -> Result:
        assert argv[2:5] == [
            f"{MIRROR}pool/a.orig-Xpjproject.tar.xz",
            argv[3],
            f"SHA256:{sha(content)}",
        ]
        Path(argv[3]).write_bytes(content if arrives is None else arrives)
        return Result(0)

    shell.answers |= {
        "apt-get indextargets": Result(0, f"Debian|bookworm|{MIRROR}\n"),
        "apt-get update": Result(0),
        "apt-get source": Result(0, uris),
        "/usr/lib/apt/apt-helper download-file": download,
    }


def obtain(checkout: Checkout, shell: FakeShell, step: FakeStep, log: Path) -> Path:
    return pjsip_source.obtain(checkout, shell, step, log)


def test_the_committed_pins_are_checksums(checkout: Checkout) -> None:
    real = Path(__file__).resolve().parents[3] / "deploy" / "pjsip" / "sources.sha256"
    pins = pjsip_source.pins(real)
    assert pins
    assert all(len(pin) == 64 and set(pin) <= set("0123456789abcdef") for pin in pins)


def test_a_named_archive_is_taken_when_pinned(
    checkout: Checkout, shell: FakeShell, step: FakeStep, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = checkout.root / "mine.tar.gz"
    mine.write_bytes(RIGHT)
    monkeypatch.setenv("VERIDIAL_PJSIP_TARBALL", str(mine))
    assert obtain(checkout, shell, step, log) == mine
    assert shell.started == []


def test_a_named_archive_with_the_wrong_checksum_is_refused(
    checkout: Checkout, shell: FakeShell, step: FakeStep, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = checkout.root / "mine.tar.gz"
    mine.write_bytes(OTHER)
    monkeypatch.setenv("VERIDIAL_PJSIP_TARBALL", str(mine))
    with pytest.raises(SetupError, match="wrong checksum") as caught:
        obtain(checkout, shell, step, log)
    assert sha(OTHER) in caught.value.problem


def test_a_named_archive_that_is_not_there_is_refused(
    checkout: Checkout, shell: FakeShell, step: FakeStep, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VERIDIAL_PJSIP_TARBALL", "/nowhere/pjproject.tar.gz")
    with pytest.raises(SetupError, match="no such file"):
        obtain(checkout, shell, step, log)


def test_debians_component_is_fetched_verified_and_kept(
    checkout: Checkout, shell: FakeShell, step: FakeStep, log: Path
) -> None:
    archive(shell, RIGHT)
    got = obtain(checkout, shell, step, log)
    assert got.read_bytes() == RIGHT
    assert list(got.parent.iterdir()) == [got]
    shell.started.clear()
    assert obtain(checkout, shell, step, log) == got
    assert shell.started == []


def test_a_kept_archive_that_rotted_is_fetched_again(
    checkout: Checkout, shell: FakeShell, step: FakeStep, log: Path
) -> None:
    archive(shell, RIGHT)
    got = obtain(checkout, shell, step, log)
    got.write_bytes(b"rotten")
    assert obtain(checkout, shell, step, log).read_bytes() == RIGHT


def test_bytes_that_are_not_what_the_index_names_are_refused(
    checkout: Checkout, shell: FakeShell, step: FakeStep, log: Path
) -> None:
    archive(shell, RIGHT, arrives=b"the compon")
    with pytest.raises(SetupError, match="wrong checksum"):
        obtain(checkout, shell, step, log)
    assert list((checkout.cache / "downloads").iterdir()) == []


def test_a_broken_download_is_one_clear_message(
    checkout: Checkout, shell: FakeShell, step: FakeStep, log: Path
) -> None:
    archive(shell, RIGHT)
    shell.answers["/usr/lib/apt/apt-helper download-file"] = Result(
        100, "E: Failed to fetch: Hash Sum mismatch\n"
    )
    with pytest.raises(SetupError, match="broke off or was wrong") as caught:
        obtain(checkout, shell, step, log)
    assert "VERIDIAL_PJSIP_TARBALL" in caught.value.advice
    assert caught.value.log == log


def test_without_network_both_suites_are_tried_and_the_way_out_is_named(
    checkout: Checkout, shell: FakeShell, step: FakeStep, log: Path
) -> None:
    archive(shell, RIGHT)
    shell.answers["apt-get update"] = Result(100, "Err: could not connect\n")
    with pytest.raises(SetupError, match="could not be reached") as caught:
        obtain(checkout, shell, step, log)
    assert len(shell.started_with("apt-get update")) == len(pjsip_source.SUITES)
    assert "VERIDIAL_PJSIP_TARBALL" in caught.value.advice


def test_another_component_of_our_version_is_taken_and_said(
    checkout: Checkout, shell: FakeShell, step: FakeStep, log: Path
) -> None:
    archive(shell, OTHER)
    shell.answers["tar -xOf"] = Result(0, version_mak("2", "17"))
    assert obtain(checkout, shell, step, log).read_bytes() == OTHER
    assert len(step.said) == 1
    assert "not pinned" in step.said[0]


def test_another_version_is_refused(
    checkout: Checkout, shell: FakeShell, step: FakeStep, log: Path
) -> None:
    archive(shell, OTHER)
    shell.answers["tar -xOf"] = Result(0, version_mak("2", "18"))
    with pytest.raises(SetupError, match=r"gone on to PJSIP 2\.18") as caught:
        obtain(checkout, shell, step, log)
    assert "VERIDIAL_PJSIP_TARBALL" in caught.value.advice


def version_mak(major: str, minor: str, rev: str = "", suffix: str = "") -> str:
    return (
        "# parsed by others too\n"
        f"export PJ_VERSION_MAJOR  := {major}\nexport PJ_VERSION_MINOR  := {minor}\n"
        f"export PJ_VERSION_REV    :={rev}\nexport PJ_VERSION_SUFFIX := {suffix}\n\n"
        "export PJ_VERSION := $(PJ_VERSION_MAJOR).$(PJ_VERSION_MINOR)\n"
    )


@pytest.mark.parametrize(
    "told,version",
    [
        (version_mak("2", "17"), "2.17"),
        (version_mak("2", "17", "1"), "2.17.1"),
        (version_mak("2", "18", "", "-dev"), "2.18-dev"),
        ("", None),
        ("tar: not found in archive", None),
    ],
)
def test_the_version_is_read_from_version_mak(
    shell: FakeShell, told: str, version: str | None
) -> None:
    shell.answers["tar -xOf"] = Result(0, told)
    assert pjsip_source.version_of(Path("x.tar"), shell) == version


def test_the_version_is_found_in_a_real_archive(tmp_path: Path) -> None:
    folder = tmp_path / "pjproject-2.17"
    folder.mkdir()
    (folder / "version.mak").write_text(version_mak("2", "17"))
    packed = tmp_path / "x.tar.gz"
    with tarfile.open(packed, "w:gz") as out:
        out.add(folder, arcname=folder.name)
    assert pjsip_source.version_of(packed, Machine()) == "2.17"
