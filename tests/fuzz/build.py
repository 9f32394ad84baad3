"""Builds `replies.cpp`: with the PJSIP that runs, or with one that AddressSanitizer watches."""

from __future__ import annotations

import os
import subprocess
from functools import cache
from pathlib import Path
from typing import Final

from deploy.setup.stamps import key_of

_ROOT: Final = Path(__file__).resolve().parents[2]
_CACHE: Final = _ROOT / ".cache"
_RECIPE: Final = _ROOT / "deploy" / "pjsip"
_NATIVE: Final = _ROOT / "dialer" / "sip" / "native" / "unread"
_SOURCES: Final = (Path(__file__).with_name("replies.cpp"), _NATIVE / "unread.cpp")
_LIBRARIES: Final = (
    *("pjsua", "pjsip-ua", "pjsip-simple", "pjsip", "pjmedia-codec", "pjmedia-videodev"),
    *("pjmedia-audiodev", "pjmedia", "pjnath", "pjlib-util", "pj"),
)
_WATCHED: Final = "-O1 -g -fno-omit-frame-pointer -fsanitize=address -DPJ_POOL_DEBUG=1"
"""With PJ_POOL_DEBUG each allocation of PJSIP is one of its own, whose end is watched."""
_CONFIGURE: Final = [
    *("--enable-epoll", "--disable-sound", "--disable-video", "--with-external-srtp"),
    *("--enable-libsamplerate", "--disable-speex-codec", "--disable-speex-aec"),
    *("--disable-gsm-codec", "--disable-ilbc-codec", "--disable-g7221-codec"),
    *("--disable-libyuv", "--disable-libwebrtc", "--disable-opus"),
]


@cache
def plain(folder: Path) -> Path:
    """Against the PJSIP that the dialer runs with."""
    from dialer.sip import _unread  # noqa: PLC0415 - loads the library of which the path is wanted

    shown = Path("/proc/self/maps").read_text(encoding="utf-8").splitlines()
    library = next(line.split()[-1] for line in shown if "/libpjsua.so" in line)
    assert _unread.notes is not None
    prefix = Path(library).parents[1]
    libraries = [f"-L{prefix}/lib", f"-Wl,-rpath,{prefix}/lib", *(f"-l{n}" for n in _LIBRARIES)]
    return _compile(folder / "plain", [f"-I{prefix}/include"], libraries, ["-O1", "-g"])


@cache
def watched(folder: Path) -> Path:
    """Against a PJSIP of its own, kept below .cache; it takes minutes to make."""
    source = _watched_pjsip()
    parts = ("pjlib", "pjlib-util", "pjnath", "pjmedia", "pjsip")
    libraries = sorted(
        str(each)
        for part in parts
        for each in (source / part / "lib").glob("*.a")
        if "pjsua2" not in each.name
    )
    linked = ["-Wl,--start-group", *libraries, "-Wl,--end-group"]
    system = ["-lssl", "-lcrypto", "-lsrtp2", "-lsamplerate", "-luuid", "-lm", "-lpthread"]
    include = [f"-I{source / part / 'include'}" for part in parts]
    return _compile(folder / "watched", include, [*linked, *system], _WATCHED.split())


def _compile(result: Path, include: list[str], libraries: list[str], how: list[str]) -> Path:
    defined = ["-DPJ_AUTOCONF=1", "-DPJ_IS_BIG_ENDIAN=0", "-DPJ_IS_LITTLE_ENDIAN=1"]
    sources = [str(each) for each in _SOURCES]
    command = ["g++", "-std=c++17", "-w", *how, *defined, *include, f"-I{_NATIVE}", *sources]
    subprocess.run([*command, "-o", str(result), *libraries], check=True)
    return result


def _watched_pjsip() -> Path:
    archive = next((_CACHE / "downloads").glob("*.tar"))
    patches = sorted((_RECIPE / "patches").glob("*.patch"))
    key = key_of([archive, _RECIPE / "config_site.h", *patches], _WATCHED, " ".join(_CONFIGURE))
    folder = _CACHE / "pjsip-watched" / key
    if (folder / "built").exists():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["tar", "-xf", archive, "-C", folder, "--strip-components=1"], check=True)
    site = (_RECIPE / "config_site.h").read_text(encoding="utf-8")
    (folder / "pjlib/include/pj/config_site.h").write_text(site, encoding="utf-8")
    (folder / "pjmedia/src/pjmedia-audiodev/bdimad_dev.c").touch()
    for patch in patches:
        with patch.open("rb") as mend:
            command = ["patch", "-d", folder, "-p1", "--fuzz=0"]
            subprocess.run(command, stdin=mend, check=True, stdout=subprocess.DEVNULL)
    jobs = str(os.cpu_count() or 1)
    log = (folder / "build.log").open("wb")
    with log:
        for command in (
            ["./configure", *_CONFIGURE, f"CFLAGS={_WATCHED}"],
            ["make", "-j", jobs, "lib"],
        ):
            subprocess.run(command, cwd=folder, check=True, stdout=log, stderr=log)
    (folder / "built").touch()
    return folder
