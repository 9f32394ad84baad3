"""Where the master key comes from: a file, an environment variable, or what a command prints.

It is written as 64 hexadecimal digits, or as base64 of its 32 bytes; space around it is forgiven.
Reading waits for disks and programs: do it before the event loop runs, or in a thread.
"""

from __future__ import annotations

import os
import re
import select
import shlex
import signal
import stat
import subprocess
import time
from collections.abc import MutableMapping, Sequence
from pathlib import Path
from typing import IO, Final

from dialer.credentials.key_files import open_to_others
from dialer.errors import MasterKeyError
from dialer.vault.master import MasterKey
from dialer.vault.material import KEY_BYTES, Secret

_HEX: Final = (b"0123456789abcdef", 4, re.compile(rb"[0-9a-f]{64}"))
_BASE64: Final = (
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
    6,
    re.compile(rb"[A-Za-z0-9+/]{43}"),
)
_TEXT_LIMIT: Final = 1024
_DISTINCT: Final = 12
"""Different bytes that 32 random ones have at least, but for one key in 10^15."""
_NEW_KEY: Final = "openssl rand -hex 32"


def from_file(path: Path) -> MasterKey:
    """The master key in the file at `path`. Raises MasterKeyError, saying what to do."""
    quoted = shlex.quote(str(path))
    make = f"for a new store make one with: (umask 077; {_NEW_KEY} > {quoted})"
    text = Secret(bytearray(_TEXT_LIMIT))
    try:
        # Not blocking, for a named pipe would keep us waiting before we see what it is.
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            # Rights and text of one and the same file, whatever is put in its place meanwhile.
            _must_be_private(os.fstat(handle), quoted)
            length = os.readv(handle, [text.held])
        finally:
            os.close(handle)
    except FileNotFoundError:
        raise MasterKeyError(
            f"there is no master key at {path}: restore it from where you keep its copy; {make}"
        ) from None
    except OSError as error:
        raise MasterKeyError(f"the master key {path} cannot be read: {error.strerror}") from None
    return _master(text, length, f"the master key {path}", make)


def from_environment(variable: str, environ: MutableMapping[str, str] = os.environ) -> MasterKey:
    """The master key in `variable`. Raises MasterKeyError, saying what to do.

    It is taken out of the environment: programs that we start do not inherit it.
    """
    make = f"for a new store make one with: {_NEW_KEY}"
    if variable not in environ:
        raise MasterKeyError(f"the master key's variable {variable} is not set; {make}")
    # Never a local variable here: tracebacks that show those would show it.
    text = Secret(bytearray(environ.pop(variable).encode(errors="replace")))
    return _master(text, len(text.held), f"the master key in the variable {variable}", make)


def from_command(argv: Sequence[str], timeout: float = 10.0) -> MasterKey:
    """The master key that a program prints: `argv` is it and its arguments, with no shell.

    What it says on stderr goes to ours. It has `timeout` seconds, and is killed with what it has
    started. Raises MasterKeyError, naming the program but no argument, for that may be a secret.
    """
    what = f"the master key's command {argv[0]}"
    try:
        process = subprocess.Popen(  # noqa: S603 -- the operator's own words, and no shell
            argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, start_new_session=True
        )
    except OSError as error:
        raise MasterKeyError(f"{what} cannot be started: {error.strerror}") from None
    text = Secret(bytearray(_TEXT_LIMIT))
    assert process.stdout is not None  # noqa: S101 -- it is a pipe, see above
    deadline = time.monotonic() + timeout
    try:
        length = _read(process.stdout, text, deadline)
        if length == _TEXT_LIMIT:
            text.wipe()
            raise MasterKeyError(f"{what} prints much more than a key")
        code = process.wait(max(0.0, deadline - time.monotonic()))
    except (TimeoutError, subprocess.TimeoutExpired):
        text.wipe()
        raise MasterKeyError(f"{what} has not ended within {timeout:g} s") from None
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        process.stdout.close()
    if code != 0:
        text.wipe()
        raise MasterKeyError(f"{what} failed with code {code}; what it says is on stderr")
    return _master(text, length, f"what {what} prints", "have it print the key and nothing else")


def _must_be_private(status: os.stat_result, quoted: str) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise MasterKeyError(f"the master key {quoted} is not a regular file")
    if open_to_others(status.st_mode):
        raise MasterKeyError(
            f"others may read or change the master key {quoted}; run: chmod 600 {quoted}"
        )
    if os.geteuid() not in {0, status.st_uid} and status.st_uid != 0:
        raise MasterKeyError(f"the master key {quoted} belongs to another user; chown it")


def _read(pipe: IO[bytes], text: Secret, deadline: float) -> int:
    """How many bytes came before the end, or before there was no room. Raises TimeoutError."""
    poll = select.poll()
    poll.register(pipe, select.POLLIN)
    room = memoryview(text.held)
    length = 0
    while length < len(room):
        left = deadline - time.monotonic()
        if left <= 0 or not poll.poll(left * 1000):
            raise TimeoutError
        count = os.readv(pipe.fileno(), [room[length:]])
        if count == 0:
            break
        length += count
    return length


def _master(text: Secret, length: int, what: str, advice: str) -> MasterKey:
    """The key written in the first `length` bytes of `text`, which is wiped."""
    del text.held[length:]
    with text, Secret(text.held.strip()) as written:
        if not written.held:
            raise MasterKeyError(f"{what} is empty; {advice}")
        plain = _decoded(written.held)
        if plain is None:
            raise MasterKeyError(
                f"{what} is no key: 64 hexadecimal digits are wanted (or base64 of 32 bytes), "
                f"and {len(written.held)} characters are there; {advice}"
            )
        if len(set(plain.held)) < _DISTINCT:
            plain.wipe()
            raise MasterKeyError(f"{what} is not random, so anybody may guess it; {advice}")
        return MasterKey(plain)


def _decoded(written: bytearray) -> Secret | None:
    """The key's bytes, by hand: whatever the library's decoders return cannot be overwritten."""
    for alphabet, bits, form in (_HEX, _BASE64):
        digits = written.lower() if bits == 4 else written.removesuffix(b"=")
        with Secret(digits):
            if form.fullmatch(digits) is None:
                continue
            plain = Secret(bytearray(KEY_BYTES))
            value = have = at = 0
            for digit in digits:
                value = value << bits & 0x3FFF | alphabet.index(digit)
                have += bits
                if have >= 8 and at < KEY_BYTES:
                    have -= 8
                    plain.held[at] = value >> have & 0xFF
                    at += 1
            return plain
    return None
