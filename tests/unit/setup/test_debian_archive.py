from __future__ import annotations

from pathlib import Path

import pytest

from deploy.setup.debian_archive import Archive, Remote
from deploy.setup.errors import SetupError
from deploy.setup.shell import Result
from tests.unit.setup.fakes import FakeShell

SUM = "ab" * 32
URIS = f"'http://m.example/d/a.tar.xz' a.tar.xz 12 SHA256:{SUM}\n"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log"


@pytest.fixture
def archive(tmp_path: Path, shell: FakeShell, log: Path) -> Archive:
    folder = tmp_path / "apt"
    folder.mkdir()
    shell.answers |= {"apt-get update": Result(0), "apt-get source": Result(0, URIS)}
    return Archive(folder, shell, log)


def test_debians_own_archive_is_found_among_others(
    archive: Archive, shell: FakeShell, tmp_path: Path
) -> None:
    shell.answers["apt-get indextargets"] = Result(
        0,
        "Node Source|nodistro|https://other.example/\n"
        "Debian|bookworm-security|http://m.example/debian-security/\n"
        "Debian|bookworm|http://m.example/debian/\n",
    )
    found = archive.locate("forky", "asterisk", r"a\.tar")
    assert found == Remote("http://m.example/d/a.tar.xz", "a.tar.xz", SUM)
    sources = (tmp_path / "apt" / "sources.list").read_text()
    assert sources.startswith("deb-src [signed-by=")
    assert sources.endswith("http://m.example/debian/ forky main\n")


def test_the_systems_apt_is_left_alone(archive: Archive, shell: FakeShell, tmp_path: Path) -> None:
    shell.answers["apt-get indextargets"] = Result(0, "Debian|bookworm|http://m.example/debian/\n")
    archive.locate("forky", "asterisk", "a")
    config = str(tmp_path / "apt" / "apt.conf")
    for argv in shell.started:
        if argv[1] != "indextargets":
            assert argv[-2:] == ["-c", config]
    assert f'Dir::State::lists "{tmp_path}/apt/lists";' in Path(config).read_text()


def test_a_machine_without_lists_fetches_them_into_our_folder(
    archive: Archive, shell: FakeShell, tmp_path: Path
) -> None:
    def targets(_: object) -> Result:
        known = bool(shell.started_with("apt-get update"))
        return Result(0, "Debian|bookworm|http://m.example/debian/\n" if known else "")

    shell.answers["apt-get indextargets"] = targets
    assert archive.locate("forky", "asterisk", r"a\.tar") is not None
    assert len(shell.started_with("apt-get update")) == 2


def test_a_machine_that_knows_no_debian_is_told_the_way_out(
    archive: Archive, shell: FakeShell
) -> None:
    shell.answers["apt-get indextargets"] = Result(0, "Ubuntu|jammy|http://u.example/\n")
    with pytest.raises(SetupError, match="knows no archive of Debian") as caught:
        archive.locate("forky", "asterisk", "a")
    assert "VERIDIAL_PJSIP_TARBALL" in caught.value.advice


@pytest.mark.parametrize("uris", ["", "E: Unable to find a source package\n", URIS])
def test_a_suite_without_the_file_is_none(archive: Archive, shell: FakeShell, uris: str) -> None:
    shell.answers["apt-get indextargets"] = Result(0, "Debian|bookworm|http://m.example/debian/\n")
    shell.answers["apt-get source"] = Result(0, uris)
    assert archive.locate("forky", "asterisk", r"orig-Xpjproject") is None


def test_a_download_that_left_a_part_is_removed(
    archive: Archive, shell: FakeShell, tmp_path: Path
) -> None:
    target = tmp_path / "part"
    target.write_bytes(b"half")
    shell.answers["/usr/lib/apt/apt-helper"] = Result(100, "E: broken\n")
    with pytest.raises(SetupError):
        archive.download(Remote("http://m.example/a", "a", SUM), target)
    assert not target.exists()
