"""Plain keys are made of enough, and a library that loses them is found out."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from dialer.errors import VaultError
from dialer.vault.material import Secret, cipher_of


def test_a_library_that_does_not_keep_keys_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    class Borrowing:
        """It keeps a reference to the key, as some builds did."""

        def __init__(self, key: bytearray) -> None:
            self._key = key

        def encrypt(self, *arguments: bytes) -> bytes:
            return AESGCM(bytes(self._key)).encrypt(*arguments)

        def decrypt(self, *arguments: bytes) -> bytes:
            return AESGCM(bytes(self._key)).decrypt(*arguments)

    monkeypatch.setattr("dialer.vault.material.AESGCM", Borrowing)
    with pytest.raises(VaultError, match=r"does not keep keys.*requirements\.lock"):
        cipher_of(Secret.random())


def test_no_key_is_made_of_too_little(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "random"
    monkeypatch.setattr("dialer.vault.material._RANDOM", source)
    source.write_bytes(bytes(range(31)))
    with pytest.raises(VaultError, match="gave too little"):
        Secret.random()
    source.write_bytes(bytes(range(40)))
    assert bytes(Secret.random().held) == bytes(range(32))
