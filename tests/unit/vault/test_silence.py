"""No key and nothing that was sealed is told by a repr, a message, a traceback or a pickle."""

from __future__ import annotations

import copy
import io
import logging
import pickle
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest

from dialer.core.values.number import E164
from dialer.errors import VaultError
from dialer.testing import MemoryKeys
from dialer.vault import Masters, Vault, from_command, from_environment, from_file
from dialer.vault.material import Secret
from tests.support.vault import CARDS, TAPES, master, new_vault, plain_master

NUMBER = "+8613812345678"
NAME = "王小明"


def secrets_of(kept: MemoryKeys) -> list[bytes]:
    """Every plain key of that store, its master key's, and what was sealed."""
    with kept.transaction() as shelf:
        data = [bytes(master("first").unwrap(key).held) for key in shelf.everything()]
    return [*data, plain_master("first"), NUMBER.encode(), NUMBER[1:].encode(), NAME.encode()]


def tells(text: str, secrets: list[bytes]) -> bool:
    """Whether `text` has a secret in it: as text, in hexadecimal, as Python writes bytes."""
    forms = set()
    for secret in secrets:
        forms |= {secret.hex(), repr(secret)[2:-1], repr(bytearray(secret))[12:-2]}
        forms.add(secret.decode(errors="ignore") or "-" * 99)
    return any(form.lower() in text.lower() for form in forms)


@pytest.fixture
def kept() -> MemoryKeys:
    return MemoryKeys()


@pytest.fixture
def vault(kept: MemoryKeys) -> Vault:
    return new_vault(kept, CARDS, TAPES)


def holders(vault: Vault, kept: MemoryKeys) -> list[object]:
    keys = vault.keys(CARDS)
    sealed = io.BytesIO()
    with kept.transaction() as shelf:
        changes = vault.changes(shelf)
        changes.load(CARDS)
        return [
            *(
                vault,
                vault.lookup,
                vault._known,
                vault._masters,
                keys,
                changes,
                *shelf.everything(),
            ),
            *(keys.column("contact", "number"), keys.latest(), Secret(bytearray(NUMBER.encode()))),
            *(keys.stream_writer("recording", 1, sealed), master("first")),
            keys.stream_reader("recording", 1, sealed),
        ]


def test_nothing_shows_itself(vault: Vault, kept: MemoryKeys) -> None:
    secrets = secrets_of(kept)
    assert tells(f"x{NUMBER}x", secrets)
    assert tells(plain_master("first").hex(), secrets)
    for each in holders(vault, kept):
        for shown in (repr(each), str(each), f"{each}", repr([each]), f"{each!r}"):
            assert not tells(shown, secrets)
            assert len(shown) < 200


def test_nothing_that_holds_a_key_is_stored_or_copied(vault: Vault, kept: MemoryKeys) -> None:
    refused = 0
    for each in holders(vault, kept):
        if type(each).__name__ == "ShelvedKey":
            continue
        for take in (pickle.dumps, copy.copy, copy.deepcopy):
            with pytest.raises(TypeError, match="holds keys") as error:
                take(each)
            assert not tells(str(error.value), secrets_of(kept))
            refused += 1
    assert refused == 12 * 3


def failures(vault: Vault, kept: MemoryKeys, folder: Path) -> list[Callable[[], object]]:
    """Whatever can go wrong with a number and a name in hand."""
    column = vault.keys(CARDS).column("contact", "number")
    sealed = column.seal(1, NUMBER.encode())
    gone = new_vault(MemoryKeys(), CARDS)
    gone_column = gone.keys(CARDS).column("contact", "number")
    gone.keys(CARDS).forget()
    sink = io.BytesIO()
    with vault.keys(TAPES).stream_writer("recording", 1, sink) as ended:
        ended.write(NAME.encode())
    tape = bytearray(sink.getvalue())
    tape[-20] ^= 1
    path = folder / "key"
    path.write_text(plain_master("first").hex() + "0")
    path.chmod(0o600)
    closed = new_vault(MemoryKeys())
    closed.close()

    def wrong_master() -> object:
        with kept.transaction() as shelf:
            return Vault.open(Masters(master("second")), shelf)

    def changed_key() -> object:
        with kept.transaction() as shelf:
            key = shelf.everything()[0]
            return master("first").unwrap(type(key)(key.name, 9, key.master, key.wrapped))

    return [
        lambda: column.open(2, sealed),
        lambda: column.open(1, sealed[:-1]),
        lambda: column.open(1, b"\x01\x00\x09" + sealed[3:]),
        lambda: column.open(1, NUMBER.encode()),
        lambda: gone_column.seal(1, NUMBER.encode()),
        lambda: gone_column.seal_many([(1, NAME.encode())]),
        lambda: ended.write(NAME.encode()),
        lambda: list(vault.keys(TAPES).stream_reader("recording", 1, io.BytesIO(bytes(tape)))),
        lambda: list(vault.keys(TAPES).stream_reader("recording", 1, io.BytesIO(tape[:90]))),
        lambda: list(vault.keys(TAPES).stream_reader("recording", 2, io.BytesIO(tape))),
        lambda: closed.lookup.number(E164(NUMBER)),
        wrong_master,
        changed_key,
        lambda: from_file(path),
        lambda: from_environment("KEY", {"KEY": plain_master("first").hex()[1:]}),
        lambda: from_command(["cat", str(path)]),
        lambda: from_command(["sh", "-c", f"cat '{path}'; exit 3"]),
    ]


def test_no_failure_tells_what_it_was_about(
    vault: Vault, kept: MemoryKeys, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    secrets = secrets_of(kept)
    written = [plain_master("first").hex()[1:].encode()]
    caplog.set_level(logging.DEBUG)
    seen = set()
    for fail in failures(vault, kept, tmp_path):
        with pytest.raises(VaultError) as error:
            fail()
        seen.add(type(error.value))
        whole = "".join(traceback.format_exception(error.value))
        assert not tells(whole + repr(error.value) + repr(error.value.args), secrets + written)
        # No error of a library is dragged along, whatever that one tells.
        assert error.value.__context__ is None or error.value.__suppress_context__
        tells_keys = [*secrets[:4], *written]
        assert not tells(locals_of_the_vault(error.value), tells_keys)
    assert len(seen) == 6, "one of each kind of error"
    assert not tells(caplog.text, secrets + written)


def locals_of_the_vault(error: BaseException) -> str:
    """The local variables that a talkative traceback would show of our own frames."""
    whole = traceback.TracebackException.from_exception(error, capture_locals=True)
    shown = [repr(frame.locals) for frame in whole.stack if "/dialer/vault/" in frame.filename]
    assert shown
    return "\n".join(shown)
